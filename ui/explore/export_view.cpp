#include "ui/explore/export_view.h"

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "ui/bridge/image_bridge.h"

namespace dinoscope {

QImage renderSeen(const SeenView& seen) {
    const QImage base = viewOf(seen.image).convertToFormat(QImage::Format_RGB32);
    QImage target(base.size(), QImage::Format_RGB32);
    OverlayComposer().compose(base, seen.overlay, target);
    return target;
}

std::string seenFileName(const api::AttentionView& view) {
    return std::filesystem::path(view.image).stem().string() + "-view.png";
}

std::vector<std::filesystem::path> exportView(const ExportRequest& request, JobControl& control) {
    std::vector<std::filesystem::path> files;
    makeFolder(request.folder);
    if (request.asSeen) {
        const std::filesystem::path file = request.folder / seenFileName(request.view);
        writePng(file, imageFrom(renderSeen(request.seen)));
        files.push_back(file);
        control.poll();
    }
    if (request.heads || request.raw) {
        const auto written = api::exportAttention(request.view, *request.seen.image, *request.field,
                                                  request.folder, request.heads, request.raw, control);
        files.insert(files.end(), written.begin(), written.end());
    }
    return files;
}

}  // namespace dinoscope
