#include "ui/input_kind.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QMimeData>
#include <QStringList>
#include <QUrl>
#include <algorithm>

#include "engine/api/gallery.h"
#include "engine/api/run.h"
#include "ui/bridge/paths.h"

namespace dinoscope {

namespace {

const QStringList kWeights{QStringLiteral("pth"),
                           QStringLiteral("pt"),
                           QStringLiteral("bin"),
                           QStringLiteral("safetensors"),
                           QStringLiteral("safetensors.index.json"),
                           QStringLiteral("ckpt"),
                           QStringLiteral("tar")};

}  // namespace

InputKind inputKind(const QString& path) {
    const QFileInfo info(path);
    if (isFolder(path)) {
        if (api::isGallery(filePath(path))) return InputKind::Gallery;
        return api::isRun(filePath(path)) ? InputKind::Run : InputKind::Folder;
    }
    const auto endsLikeWeights = [&path](const QString& ending) {
        return path.endsWith(QLatin1Char('.') + ending, Qt::CaseInsensitive);
    };
    return std::any_of(kWeights.begin(), kWeights.end(), endsLikeWeights) ? InputKind::Weights
                                                                          : InputKind::Picture;
}

QStringList weightsFilters() {
    const QString patterns = QStringLiteral("*.") + kWeights.join(QStringLiteral(" *."));
    return {QCoreApplication::translate("Dialogs", "Weights (%1)").arg(patterns),
            QCoreApplication::translate("Dialogs", "All files (*)")};
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
