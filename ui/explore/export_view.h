#pragma once

#include <QImage>
#include <QString>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/api/attend.h"
#include "ui/widgets/overlay_composer.h"

namespace dinoscope {

/// What "as seen" means: picture, overlay and the outline of a mask, apart from zoom. `overlay.covered` is in
/// picture pixels.
struct SeenView {
    std::shared_ptr<const Image> image;
    GridOverlay overlay;
};

/// The whole picture at its own size under its overlay, the cells that the mask keeps outlined. Not on the
/// GUI thread: a photograph takes 0.1 s.
QImage renderSeen(const SeenView& seen);

struct ExportRequest {
    std::filesystem::path folder;
    bool asSeen = true;
    bool heads = true;
    bool raw = false;
    SeenView seen;
    api::AttentionView view;
    std::shared_ptr<const api::AttentionField> field;
};

/// "<stem>-view.png"
std::string seenFileName(const api::AttentionView& view);

/// Writes what is asked for and returns the files. Polls between files; each file is whole or not there.
std::vector<std::filesystem::path> exportView(const ExportRequest& request, JobControl& control);

}  // namespace dinoscope
