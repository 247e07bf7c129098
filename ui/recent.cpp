#include "ui/recent.h"

#include <QFileInfo>
#include <QSettings>
#include <QUrl>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "ui/bridge/paths.h"

namespace dinoscope {

namespace {

constexpr int kKept = 12;

/// Settings hold text only: a name that is none is kept as its address.
QString keptForm(const QString& path) {
    return path.isValidUtf16() ? path : fileAddress(path).toString(QUrl::FullyEncoded);
}

QString pathOfKept(const QString& kept) {
    return kept.startsWith(QLatin1String("file://")) ? pathText(QUrl(kept)) : kept;
}

}  // namespace

Recent::Recent(QSettings& settings, QString key, QObject* parent)
    : QObject(parent), settings_(settings), key_(std::move(key)) {}

QStringList Recent::paths() const {
    QStringList there;
    for (const QString& kept : settings_.value(key_).toStringList()) {
        const QString path = pathOfKept(kept);
        if (pathExists(path)) there << path;
    }
    return there;
}

void Recent::add(const QString& path) {
    QStringList all = settings_.value(key_).toStringList();
    const QString absolute = keptForm(QFileInfo(path).absoluteFilePath());
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
    QStringList files;
    try {
        for (const auto& file : listImages(shippedFolder("resources/samples"), false))
            files << pathText(file);
    } catch (const Error&) {
        return {};  // not readable: as good as not there
    }
    return files;
}

}  // namespace dinoscope
