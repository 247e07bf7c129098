#include "ui/input_kind.h"

#include <QFileInfo>
#include <QMimeData>
#include <QStringList>
#include <QUrl>

#include "engine/api/gallery.h"
#include "engine/api/run.h"
#include "ui/bridge/paths.h"

namespace dinoscope {

InputKind inputKind(const QString& path) {
    const QFileInfo info(path);
    if (isFolder(path)) {
        if (api::isGallery(filePath(path))) return InputKind::Gallery;
        return api::isRun(filePath(path)) ? InputKind::Run : InputKind::Folder;
    }
    static const QStringList kWeights{QStringLiteral("pth"),         QStringLiteral("pt"),
                                      QStringLiteral("safetensors"), QStringLiteral("bin"),
                                      QStringLiteral("ckpt"),        QStringLiteral("tar")};
    if (path.endsWith(QLatin1String(".safetensors.index.json"))) return InputKind::Weights;
    return kWeights.contains(info.suffix().toLower()) ? InputKind::Weights : InputKind::Picture;
}

Incoming incomingFrom(const QMimeData& data, bool withText) {
    Incoming incoming;
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile()) {
            incoming.paths << pathText(url);
        } else {
            incoming.remote = true;
        }
    }
    incoming.picture = data.hasImage();
    if (incoming.isEmpty() && withText && data.hasText()) {
        QString text = data.text().trimmed();
        if (text.size() > 1 && text.startsWith(QLatin1Char('"')) && text.endsWith(QLatin1Char('"'))) {
            text = text.mid(1, text.size() - 2);
        }
        if (text.startsWith(QLatin1String("file://"))) text = pathText(QUrl(text));
        if (!text.isEmpty() && !text.contains(QLatin1Char('\n')) && pathExists(text)) incoming.paths << text;
    }
    return incoming;
}

}  // namespace dinoscope
