#include "ui/train/train_text.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>

#include "ui/bridge/texts.h"

namespace dinoscope {

namespace {

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
/// Before that many steps their times say little: memory is still being taken, files are read for the first
/// time.
constexpr std::int64_t kLeastSteps = 3;
/// Of ln K. Runs that learn end at some four fifths of it.
constexpr double kStaysAtUniform = 0.97;

QString tr(const char* text) {
    return QCoreApplication::translate("Train", text);
}

QString roundedText(double seconds) {
    if (seconds < 90) return tr("%1 s").arg(std::max(1, int(std::lround(seconds))));
    if (seconds < 90 * kMinute) return tr("%1 min").arg(int(std::lround(seconds / kMinute)));
    if (seconds < 10 * kHour) {
        const int minutes = 10 * int(std::lround(seconds / kMinute / 10));
        return minutes % 60 == 0 ? tr("%1 h").arg(minutes / 60)
                                 : tr("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
    }
    if (seconds < 2 * kDay) return tr("%1 hours").arg(int(std::lround(seconds / kHour)));
    return tr("%1 days").arg(countText(std::llround(seconds / kDay)));
}

}  // namespace

QString aboutText(double seconds) {
    return tr("about %1").arg(roundedText(seconds));
}

QString runTimeText(double seconds) {
    return seconds > 0 ? aboutText(seconds) : tr("too few images for one batch");
}

QString dataText(const api::DataSummary& data) {
    const QString images = data.images == 1 ? tr("1 image") : tr("%1 images").arg(countText(data.images));
    if (data.classes.empty()) return images;
    return tr("%1 in %2 classes").arg(images, countText(std::int64_t(data.classes.size())));
}

QString fewImagesText(std::int64_t images, std::int64_t steps, std::int64_t least) {
    if (images >= least) return {};
    const QString end = tr("nothing will be learnt below about %1").arg(countText(least));
    const QString counted = images == 1 ? tr("1 image") : tr("%1 images").arg(countText(images));
    if (steps == 0) return tr("%1: fewer than a step takes; %2.").arg(counted, end);
    const QString made = steps == 1 ? tr("1 step") : tr("%1 steps").arg(countText(steps));
    return images == 1 ? tr("%1 makes %2: %3.").arg(counted, made, end)
                       : tr("%1 make %2: %3.").arg(counted, made, end);
}

bool learntNothing(double loss, double uniform) {
    return uniform > 0 && loss > kStaysAtUniform * uniform;
}

QString sidesText(const api::DataSummary& data) {
    if (data.smallestSide == data.largestSide) return tr("%1 px each side").arg(data.smallestSide);
    return tr("sides from %1 to %2 px, shorter one mostly %3")
        .arg(countText(data.smallestSide), countText(data.largestSide), countText(data.medianShorterSide));
}

namespace {

/// An option as the window calls it: by the label of its field, or what stands instead of one.
QString optionInWords(const QString& flag) {
    if (flag == QLatin1String("-o") || flag == QLatin1String("--output")) return tr("“Kept in”");
    if (flag == QLatin1String("--resume")) return tr("“Continue the run”");
    if (flag == QLatin1String("--force")) return tr("“Start although memory will not suffice”");
    const OptionSpec* spec = trainOptions().find(flag.mid(2).toStdString());
    const QString label = spec ? QString::fromStdString(spec->label) : QString();
    return label.isEmpty() ? flag : label.left(1).toLower() + label.mid(1);
}

}  // namespace

QString inWords(const QString& sentence) {
    static const QRegularExpression kOption(
        QStringLiteral("(?<![\\w/-])(?:--[a-z][a-z0-9-]*[a-z0-9]|-o(?![\\w/-]))"));
    QString text;
    qsizetype behind = 0;
    for (auto found = kOption.globalMatch(sentence); found.hasNext();) {
        const QRegularExpressionMatch match = found.next();
        text += sentence.mid(behind, match.capturedStart() - behind);
        text += optionInWords(match.captured());
        behind = match.capturedEnd();
    }
    text += sentence.mid(behind);
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

QString phaseText(const RunState& state) {
    if (state.paused) return tr("Paused");
    switch (state.phase) {
        case RunPhase::Idle:
            return {};
        case RunPhase::Starting:
            return tr("Starting");
        case RunPhase::Training:
            return state.saving ? tr("Saving") : tr("Training");
        case RunPhase::Stopping:
            return tr("Stopping: a checkpoint is written");
        case RunPhase::Completed:
            return tr("Finished");
        case RunPhase::Stopped:
            return tr("Stopped");
        case RunPhase::Failed:
            return tr("Failed");
    }
    return {};
}

QString timeLeftText(const RunState& state, const Progress& progress, std::int64_t sessionSteps) {
    if (state.phase != RunPhase::Training || state.paused || progress.total == 0) return {};
    if (!progress.secondsLeft || progress.rate <= 0) return tr("time left not known yet");
    const double steps = double(progress.total - progress.done);
    if (steps <= 0) return {};
    if (sessionSteps < kLeastSteps) return tr("time left not known yet");
    return tr("%1 left").arg(aboutText(*progress.secondsLeft));
}

QString brokenText(const QString& name) {
    return tr("%1 was stopped: its loss is not a number. A new run like it needs a smaller learning rate.")
        .arg(name);
}

QString stoppedText(const QString& name, bool checkpoint, bool folder) {
    if (checkpoint) return tr("%1 was stopped. It goes on from its checkpoint whenever you like.").arg(name);
    if (folder) return tr("%1 was stopped before its first step. Continued, it begins anew.").arg(name);
    return tr("%1 was stopped before it began: nothing of it is kept.").arg(name);
}

}  // namespace dinoscope
