#include "ui/recent.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QSettings>

#include "engine/api/images.h"

namespace dinoscope {

namespace {

constexpr int kKept = 12;

}  // namespace

Recent::Recent(QSettings& settings, QString key, QObject* parent)
    : QObject(parent), settings_(settings), key_(std::move(key)) {}

QStringList Recent::paths() const {
    QStringList there;
    for (const QString& path : settings_.value(key_).toStringList()) {
        if (QFileInfo::exists(path)) there << path;
    }
    return there;
}

void Recent::add(const QString& path) {
    QStringList all = settings_.value(key_).toStringList();
    const QString absolute = QFileInfo(path).absoluteFilePath();
    all.removeAll(absolute);
    all.prepend(absolute);
    settings_.setValue(key_, QStringList(all.mid(0, kKept)));
    Q_EMIT changed();
}

void Recent::clear() {
    settings_.remove(key_);
    Q_EMIT changed();
}

QStringList samplePictures() {
    const QDir program(QCoreApplication::applicationDirPath());
    const QString folders[] = {program.absoluteFilePath(QStringLiteral("../share/dinoscope/samples")),
                               QStringLiteral(SAMPLES_SOURCE_DIR)};
    for (const QString& folder : folders) {
        if (!QDir(folder).exists()) continue;
        QStringList files;
        try {
            for (const auto& file : listImages(folder.toStdString(), false)) {
                files << QString::fromStdString(file.string());
            }
        } catch (const Error&) {
            continue;  // not readable: as good as not there
        }
        if (!files.isEmpty()) return files;
    }
    return {};
}

}  // namespace dinoscope
