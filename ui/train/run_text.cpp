#include "ui/train/run_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <cmath>

namespace dinoscope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("RunText", text);
}

}  // namespace

QString stateText(api::RunState state) {
    switch (state) {
        case api::RunState::Live:
            return tr("live");
        case api::RunState::Finished:
            return tr("finished");
        case api::RunState::Stopped:
            return tr("stopped");
        case api::RunState::Unreadable:
            break;
    }
    return tr("unreadable");
}

QString stateText(api::RunState state, const RunState& own) {
    if (state == api::RunState::Unreadable) return stateText(state);
    if (own.paused) return tr("paused");
    switch (own.phase) {
        case RunPhase::Starting:
            return tr("starting");
        case RunPhase::Training:
            return own.saving ? tr("saving") : stateText(api::RunState::Live);
        case RunPhase::Stopping:
            return tr("stopping");
        case RunPhase::Failed:
            // Another process may have gone on with it since.
            return state == api::RunState::Stopped ? tr("failed") : stateText(state);
        default:
            return stateText(state);
    }
}

QString epochsText(const api::RunSummary& run) {
    if (run.state == api::RunState::Unreadable) return {};
    const double done = run.epochsDone();
    const bool whole = std::abs(done - std::round(done)) < 1e-9;
    // Rounded down: an epoch that is not over is not told as one.
    const QString shown = whole ? QString::number(std::llround(done))
                                : QLocale::c().toString(std::floor(done * 10) / 10, 'f', 1);
    return tr("%1 of %2").arg(shown).arg(run.epochs());
}

QString lossText(double loss) {
    if (loss == kNotMeasured) return {};
    return std::isfinite(loss) ? QLocale::c().toString(loss, 'f', 3) : tr("not a number");
}

QString emptyEpochsText(const api::RunSummary& run) {
    if (run.state == api::RunState::Unreadable) return {};
    const std::int64_t every = run.record.options.integer("knn-every");
    if (every == 0) return tr("this run measures none");
    const std::int64_t first = std::min(every, run.epochs());
    return run.epochsDone() <= double(first) ? tr("first after epoch %1").arg(first) : tr("not measured");
}

QString percentOf(double percent) {
    return percent < 0 ? QString() : tr("%1 %").arg(QLocale::c().toString(percent, 'f', 1));
}

QString networkText(const api::RunSummary& run) {
    if (run.state == api::RunState::Unreadable) return {};
    const OptionValues& options = run.record.options;
    const QString arch = QString::fromStdString(options.text("arch"));
    return options.text("arch").starts_with("vit_")
               ? arch + QLatin1Char('/') + QString::number(options.integer("patch-size"))
               : arch;
}

QString durationText(double seconds) {
    if (!(seconds >= 0)) return {};
    const auto minutes = std::llround(seconds / 60);
    if (seconds < 60) return tr("%1 s").arg(std::llround(seconds));
    if (minutes < 60) return tr("%1 min").arg(minutes);
    if (minutes < 48 * 60) return tr("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
    return tr("%1 days %2 h").arg(minutes / 1440).arg(minutes / 60 % 24);
}

QString optionTitle(const std::string& key) {
    const OptionSpec* spec = trainOptions().find(key);
    QString title = QString::fromStdString(spec && !spec->label.empty() ? spec->label : key);
    if (!title.isEmpty()) title[0] = title[0].toUpper();
    return title;
}

}  // namespace dinoscope
