#include "ui/explore/picture.h"

#include <QDir>
#include <QFileInfo>
#include <QSet>

#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"

namespace dinoscope {

namespace {

std::optional<FileStamp> stampOf(const std::filesystem::path& file) {
    std::error_code failed;
    FileStamp stamp;
    stamp.bytes = std::filesystem::file_size(file, failed);
    if (failed) return std::nullopt;
    stamp.written = std::filesystem::last_write_time(file, failed);
    if (failed) return std::nullopt;
    return stamp;
}

void finish(Picture& picture, JobControl& control) {
    control.poll();
    picture.pyramid = ImagePyramid(viewOf(picture.image));
    control.poll();  // a job that ends is done: what was cancelled meanwhile must not open
}

/// A folder may lie in another one that was named, and a picture too. Each is stepped to once.
QStringList withoutDoubles(const QStringList& files) {
    QSet<QString> known;
    QStringList each;
    for (const QString& file : files) {
        const QString whole = QDir::cleanPath(QFileInfo(file).absoluteFilePath());
        if (known.contains(whole)) continue;
        known.insert(whole);
        each << file;
    }
    return each;
}

}  // namespace

Picture readPicture(const QString& file, JobControl& control) {
    Picture picture;
    picture.file = file;
    picture.name = QFileInfo(file).fileName();
    picture.stamp = stampOf(filePath(file));  // before it is read: a change is not missed
    picture.image = std::make_shared<const Image>(decodeImage(filePath(file)));
    finish(picture, control);
    return picture;
}

Picture pictureOf(const QImage& pixels, const QString& name, JobControl& control) {
    Picture picture;
    picture.name = name;
    picture.image = std::make_shared<const Image>(imageFrom(pixels));
    finish(picture, control);
    return picture;
}

QStringList listPictures(const QStringList& folders, const QStringList& pictures, JobControl& control) {
    QStringList files = pictures;
    for (const QString& folder : folders) {
        const std::filesystem::path root = filePath(folder);
        visitImages(root, true, control,
                    [&](const std::string& name) { files.push_back(pathText(root / name)); });
    }
    control.poll();
    if (files.isEmpty()) {
        throw Error(folders.size() == 1 ? "there is no picture in this folder"
                                        : "there is no picture in any of these folders",
                    filePath(folders.front()).string(), "choose one with JPEG, PNG or other image files");
    }
    return withoutDoubles(files);
}

}  // namespace dinoscope
