#include "ui/bridge/texts.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>
#include <cmath>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"

namespace dinoscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Texts", text);
}

}  // namespace

QString sentenceOf(const Error& error) {
    QString text = pathText(std::string(error.what()));
    if (!text.isEmpty() && !text.endsWith(QLatin1Char('.'))) text += QLatin1Char('.');
    return text;
}

QString valueText(double value) {
    if (value == 0) return QStringLiteral("0");
    const double size = std::abs(value);
    if (size >= 1e4 && size < 1e9) return countText(std::llround(value));  // an energy's
    if (size >= 1e-6 && size < 1e6) {
        const int digits = size < 0.001 ? 1 : 2;  // after the first that counts
        const int decimals = std::max(0, digits - int(std::floor(std::log10(size))));
        return QLocale::c().toString(value, 'f', decimals);
    }
    return QLocale::c().toString(value, 'e', 1);
}

QString countText(std::int64_t count) {
    return QLocale(QLocale::English, QLocale::UnitedKingdom).toString(qlonglong(count));
}

QString bytesText(std::int64_t bytes) {
    if (bytes >= 1'000'000'000) return tr("%1 GB").arg(double(bytes) / 1e9, 0, 'f', 1);
    if (bytes >= 1'000'000) return tr("%1 MB").arg(bytes / 1'000'000);
    return tr("%1 kB").arg(std::max<std::int64_t>(1, bytes / 1000));
}

QString secondsText(double seconds) {
    if (seconds < 0.1) return tr("%1 ms").arg(std::max(1, int(std::lround(seconds * 1000))));
    if (seconds < 10) return tr("%1 s").arg(seconds, 0, 'f', 1);
    if (seconds < 120) return tr("%1 s").arg(int(std::lround(seconds)));
    return tr("%1 min").arg(int(std::lround(seconds / 60)));
}

QString architectureTitle(const api::ModelInfo& info) {
    // The architecture is what the engine calls it, "vit_small"; people write ViT-S.
    QString architecture = QString::fromStdString(info.architecture);
    const std::pair<const char*, const char*> short_names[] = {
        {"vit_tiny", "ViT-Ti"}, {"vit_small", "ViT-S"}, {"vit_base", "ViT-B"}, {"vit_large", "ViT-L"}};
    for (const auto& [key, title] : short_names) {
        if (info.architecture == key) architecture = QLatin1String(title);
    }
    if (info.architecture == "resnet50") architecture = QStringLiteral("ResNet-50");
    if (!info.convolutional) architecture += QStringLiteral("/%1").arg(info.patchSize);
    return architecture;
}

QString modelTitle(const api::ModelInfo& info) {
    const QString architecture = architectureTitle(info);
    if (info.untrained()) return tr("Untrained %1").arg(architecture);
    if (info.catalogueName == api::kBundled) return tr("Bundled %1").arg(architecture);
    return QStringLiteral("%1 · %2").arg(QString::fromStdString(api::shownWeights(info.file)), architecture);
}

QString liveTeacherText(const QString& run) {
    return tr("Teacher in training: %1").arg(pathText(filePath(run).filename()));
}

QString withoutMnemonic(QString text) {
    return text.replace(QLatin1Char('&'), QLatin1String("&&"));
}

QString exportStoppedText() {
    return tr("The export was stopped. Nothing half-written is left.");
}

QString placementText(const api::Placement& placement) {
    const QString device = placement.device == "cpu" ? tr("CPU") : QString::fromStdString(placement.device);
    return QStringLiteral("%1 · %2").arg(device, QString::fromStdString(api::name(placement.precision)));
}

}  // namespace dinoscope
