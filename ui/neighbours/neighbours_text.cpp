#include "ui/neighbours/neighbours_text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <cmath>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Neighbours", text);
}

}  // namespace

QString picturesText(std::int64_t count) {
    return count == 1 ? tr("1 picture") : tr("%1 pictures").arg(countText(count));
}

QString featureText(const GalleryTerms& terms) {
    QString kind = terms.model.ends_with("(resnet50)") ? tr("mean of the last map") : tr("[CLS]");
    if (terms.kind == FeatureKind::Concat) kind = tr("[CLS] of %1 layers, mean of patches").arg(terms.layers);
    if (terms.kind == FeatureKind::Gem) kind = tr("generalised mean of patches");
    QString text = tr("%1, %2 numbers").arg(kind).arg(terms.dim);
    if (terms.whitened) text += tr(", whitened");
    return text;
}

QString inputText(const GalleryTerms& terms) {
    if (terms.crop == 0) return tr("shorter side %1 px").arg(terms.resize);
    return tr("%1 px, middle %2 × %2").arg(terms.resize).arg(terms.crop);
}

QString storageText(const GalleryTerms& terms) {
    const std::int64_t bytes = terms.dim * bytesOf(terms.storage);
    return tr("%1, %2 bytes a picture").arg(QString::fromStdString(name(terms.storage)), countText(bytes));
}

QString galleryTitle(const api::GalleryInfo& info) {
    const QString folder = QFileInfo(pathText(info.folder)).fileName();
    QString text = QStringLiteral("%1   %2").arg(folder, picturesText(info.items));
    if (info.labels.size() == 1) text += tr(", 1 class");
    if (info.labels.size() > 1) text += tr(", %1 classes").arg(countText(std::int64_t(info.labels.size())));
    return text;
}

QString queryName(const NeighbourQuery& query, const api::Gallery* gallery) {
    if (query.item && gallery) {
        return QFileInfo(pathText(gallery->item(*query.item).name)).fileName();
    }
    if (!query.picture) return {};
    if (query.picture->mask) return tr("the mask in %1").arg(query.picture->name);
    if (query.picture->region) return tr("a part of %1").arg(query.picture->name);
    return query.picture->name;
}

QString reportText(const api::IndexReport& report) {
    QStringList parts;
    const auto add = [&parts](std::int64_t count, const QString& text) {
        if (count > 0) parts << text.arg(countText(count));
    };
    add(report.added, tr("%1 added"));
    add(report.updated, tr("%1 computed anew"));
    add(report.removed, tr("%1 vanished"));
    add(report.recovered, tr("%1 recovered"));
    add(report.forgotten, tr("%1 forgotten"));
    add(std::int64_t(report.skipped.size()), tr("%1 could not be read"));
    if (parts.isEmpty()) return tr("The gallery is up to date: %1.").arg(picturesText(report.items));
    QString text = tr("The gallery holds %1: %2").arg(picturesText(report.items), parts.join(tr(", ")));
    if (report.imagesPerSecond > 0) {
        text += tr("; %1 pictures a second").arg(report.imagesPerSecond, 0, 'f', 1);
    }
    return text + QLatin1Char('.');
}

QString sheetText(const QString& file, std::int64_t drawn, std::int64_t results) {
    const QString wrote = tr("Wrote %1").arg(file);
    if (drawn >= results) return wrote;
    return tr("%1 with the %2 most similar of %3 results: a sheet holds no more.")
        .arg(wrote, countText(drawn), countText(results));
}

QString groupsText(std::int64_t groups, std::int64_t pictures, bool cut) {
    if (groups == 0) return tr("No near duplicates");
    if (groups == 1) return tr("1 group of near duplicates, %1").arg(picturesText(pictures));
    const QString text = cut ? tr("The %1 largest groups of near duplicates, %2; there are more of them")
                             : tr("%1 groups of near duplicates, %2");
    return text.arg(countText(groups), picturesText(pictures));
}

namespace {

/// What the engine calls images are pictures here; blocks and tensors keep their names.
QString doneText(const Progress& progress) {
    if (progress.unit == "images" || progress.unit == "items") {
        return tr("%1 of %2").arg(countText(progress.done), picturesText(progress.total));
    }
    return tr("%1 of %2 %3")
        .arg(countText(progress.done), countText(progress.total), QString::fromStdString(progress.unit));
}

}  // namespace

QString waitingText() {
    return tr("waits for its turn");
}

QString progressText(const Progress& progress, bool paused) {
    QString text = tr("looking through the folder");
    if (progress.total > 0) {
        text = doneText(progress);
    } else if (progress.done > 0) {
        text += tr(", %1 so far").arg(picturesText(progress.done));
    }
    if (paused) return text + tr(", paused");
    if (progress.rate > 0) {
        text += tr(", %1 a second").arg(progress.rate, 0, 'f', progress.rate < 10 ? 1 : 0);
    }
    if (progress.secondsLeft && *progress.secondsLeft >= 1) {
        text += tr(", %1 left").arg(secondsText(*progress.secondsLeft));
    }
    return text;
}

}  // namespace dinoscope
