#include "ui/explore/explore_text.h"

#include <QCoreApplication>

namespace dinoscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Explore", text);
}

}  // namespace

QString headTitle(const HeadChoice& choice) {
    switch (choice.kind) {
        case HeadChoice::Kind::Mean:
            return tr("Mean of all heads");
        case HeadChoice::Kind::All:
            return tr("All heads, a hue each");
        case HeadChoice::Kind::One:
            break;
    }
    return tr("Head %1").arg(choice.head);
}

QString costText(const api::Cost& cost) {
    return tr("about %1 and %2").arg(secondsText(cost.seconds), bytesText(cost.bytes));
}

QString geometryText(const InputGeometry& geometry, bool energy) {
    return (energy ? tr("%1 × %2 px, %3 × %4 cells") : tr("%1 × %2 px, %3 × %4 patches"))
        .arg(geometry.inputWidth)
        .arg(geometry.inputHeight)
        .arg(geometry.columns)
        .arg(geometry.rows);
}

QString readingText(PatchPosition patch, const PatchReading& reading, const HeadChoice& choice, int heads) {
    QString text = tr("Row %1, column %2   %3   %4 % of the mass")
                       .arg(patch.row)
                       .arg(patch.column)
                       .arg(valueText(reading.value), valueText(reading.share * 100));
    if (heads > 1 && choice.kind != HeadChoice::Kind::One)
        text += tr("   strongest: head %1").arg(reading.strongestHead);
    return text;
}

QString queryText(const Query& query) {
    if (!query.patch) return tr("[CLS]");
    return tr("patch in row %1, column %2").arg(query.patch->row).arg(query.patch->column);
}

}  // namespace dinoscope
