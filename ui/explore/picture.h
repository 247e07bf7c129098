#pragma once

#include <QString>
#include <QStringList>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "ui/widgets/image_pyramid.h"

class QImage;

namespace dinoscope {

/// What tells that a file was written anew.
struct FileStamp {
    std::uintmax_t bytes = 0;
    std::filesystem::file_time_type written{};
    bool operator==(const FileStamp&) const = default;
};

/// A picture as the window keeps it.
struct Picture {
    std::shared_ptr<const Image> image;
    ImagePyramid pyramid;
    QString file;  ///< empty for one from the clipboard
    QString name;
    std::optional<FileStamp> stamp{};
    std::uint64_t id = 0;  ///< of its content, within one session: attention is kept by it
};

/// Decodes a file, upright. Any thread; throws Error with the file's name.
Picture readPicture(const QString& file, JobControl& control);
Picture pictureOf(const QImage& pixels, const QString& name, JobControl& control);

/// The pictures given and those in folders and below, each once. Throws Error where there is none.
QStringList listPictures(const QStringList& folders, const QStringList& pictures, JobControl& control);

}  // namespace dinoscope
