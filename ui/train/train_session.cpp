#include "ui/train/train_session.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/api/images.h"
#include "engine/api/run.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

TrainSession::TrainSession(const Runners& runners, const OptionValues& common, QObject* parent)
    : QObject(parent), runners_(runners), setup_(runners, common), driver_(runners, common) {
    connect(&driver_, &RunDriver::stateChanged, this, &TrainSession::followDriver);
    connect(&driver_, &RunDriver::written, this, &TrainSession::readFacts);
    connect(&driver_, &RunDriver::ended, this, &TrainSession::readFacts);
    connect(&setup_, &RunSetup::dataChanged, this, &TrainSession::stateChanged);
    connect(&setup_, &RunSetup::planChanged, this, &TrainSession::stateChanged);
    for (JobBridge* each : {&setup_.jobs(), &driver_.jobs(), &jobs_})
        connect(each, &JobBridge::pendingChanged, this, &TrainSession::activityChanged);
}

void TrainSession::start() {
    if (!controlsFor(state()).start) return;
    const OptionValues options = setup_.options();
    leastImages_ = setup_.leastImages();
    setup_.stopMeasuring();
    driver_.start(options, options.paths("probe"));
    show(options.text("output"));
}

/// The folder of a new run is there as soon as it trains: what can be done with it is known before its first
/// checkpoint.
void TrainSession::followDriver() {
    const RunPhase phase = driver_.state().phase;
    const bool another = std::exchange(phase_, phase) != phase;
    if (another && phase == RunPhase::Training) readFacts();
    if (another && phase != RunPhase::Starting) leaveOutput();
    Q_EMIT stateChanged();
}

/// However the run ended: were it proposed for the next one too, that could not start.
void TrainSession::leaveOutput() {
    if (api::isRun(driver_.folder())) setup_.leaveOutput(driver_.folder());
}

void TrainSession::goOn(std::optional<std::int64_t> epochs) {
    if (shown_.empty() || driver_.state().active()) return;
    OptionValues options(trainOptions());
    options.set("output", OptionValue(shown_.string()));
    options.set("resume", OptionValue(true));
    if (epochs) options.set("epochs", OptionValue(*epochs));
    if (driver_.folder() != shown_) leastImages_ = 0;
    setup_.stopMeasuring();
    driver_.start(options, facts_ ? facts_->record.options.paths("probe") : std::vector<std::string>());
    show(shown_);
}

void TrainSession::show(const std::filesystem::path& run) {
    if (run != shown_) facts_.reset();
    shown_ = run;
    Q_EMIT shownChanged(run);
    readFacts();
}

bool TrainSession::showsOwn() const {
    return driver_.state().active() && driver_.folder() == shown_;
}

/// A run that this window only just began may have no folder yet; one that could not begin never has.
void TrainSession::readFacts() {
    if (shown_.empty()) return;
    struct Found {
        std::optional<api::RunFacts> facts;
        bool broken = false;
    };
    auto found = std::make_shared<Found>();
    JobBridge::Task task;
    task.slot = "facts";
    task.run = [found, run = shown_](JobControl&) {
        found->facts = api::readRunFacts(run);
        found->broken = !std::isfinite(api::summarise(run).loss);
    };
    task.done = [this, found, run = shown_](const JobResult& result) {
        if (run != shown_ || result.outcome == JobOutcome::Cancelled) return;
        const bool vanished = facts_ && !pathExists(pathText(run));  // the pages about it say so
        facts_ = std::move(found->facts);
        broken_ = found->broken;
        const bool own = driver_.folder() == shown_;
        if (result.outcome == JobOutcome::Failed && !own && !vanished)
            Q_EMIT failed(sentenceOf(*result.error));
        Q_EMIT factsChanged();
        Q_EMIT stateChanged();
    };
    jobs_.submit(runners_.files, std::move(task));
}

bool TrainSession::setUpLikeShown(const std::optional<Change>& change, bool weights) {
    if (!facts_) return false;
    const RunRecord& record = facts_->record;
    setup_.adopt(record.options, tr("as %1").arg(pathText(shown_.filename())));
    setup_.setOutput({});
    const QString source = pathText(record.data.path);
    if (setup_.source() != source) setup_.setSource(source);
    if (weights) setup_.edit("init", OptionValue(shown_.string()));
    const OptionSpec* spec = change ? trainOptions().find(change->option) : nullptr;
    if (spec) {
        try {
            setup_.edit(spec->key, parseOptionValue(*spec, change->value));
        } catch (const Error& error) {
            Q_EMIT failed(sentenceOf(error));
        }
    }
    return true;
}

std::vector<std::string> TrainSession::probesOfShown() const {
    if (driver_.state().running() && driver_.folder() == shown_) return driver_.probes();
    return facts_ ? facts_->record.options.paths("probe") : std::vector<std::string>();
}

std::vector<std::string> TrainSession::probes() const {
    return driver_.state().running() ? driver_.probes() : setup_.options().paths("probe");
}

void TrainSession::pin(const std::vector<std::string>& files) {
    std::vector<std::string> added;
    for (const std::string& file : files) {
        if (std::ranges::find(driver_.probes(), file) == driver_.probes().end()) added.push_back(file);
    }
    struct Found {
        std::vector<std::string> sound;
        std::optional<Error> error;
    };
    auto found = std::make_shared<Found>();
    JobBridge::Task task;
    task.run = [found, added](JobControl& control) {
        for (const std::string& file : added) {
            control.poll();
            try {
                decodeImage(file);
                found->sound.push_back(file);
            } catch (const Error& error) {
                found->error = error;
            }
        }
    };
    task.done = [this, found](const JobResult& result) {
        if (result.error) Q_EMIT failed(sentenceOf(*result.error));
        if (found->error) Q_EMIT failed(sentenceOf(*found->error));
        if (result.outcome != JobOutcome::Done || found->sound.empty() || !driver_.state().running()) return;
        driver_.pin(found->sound);
        Q_EMIT pinned();
    };
    jobs_.submit(runners_.files, std::move(task));
}

void TrainSession::measureSpeed() {
    if (!driver_.state().active()) setup_.measureSpeed();
}

TrainState TrainSession::state() const {
    TrainState state;
    state.run = driver_.state();
    state.scanning = setup_.isScanning();
    state.images = setup_.data().has_value();
    state.valid = !setup_.problem() && setup_.outputProblem().isEmpty();
    state.fits = setup_.fits();
    state.shown = facts_.has_value() || showsOwn();
    state.driven = driver_.folder() == shown_;
    state.own = showsOwn();
    state.known = facts_.has_value();
    state.elsewhere = facts_ && !facts_->writer.empty() && !facts_->ownWriter;
    state.checkpoint = facts_ && facts_->checkpoint;
    state.recorded = facts_ && facts_->recorded;
    state.finished = facts_ && facts_->finished;
    state.broken = facts_ && broken_;
    return state;
}

int TrainSession::pending() const {
    return setup_.jobs().pending() + driver_.jobs().pending() + jobs_.pending();
}

bool TrainSession::isSettled() const {
    return pending() == 0;
}

}  // namespace dinoscope
