#include "ui/train/train_session.h"

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

TrainSession::TrainSession(const Runners& runners, const OptionValues& common, QObject* parent)
    : QObject(parent), runners_(runners), setup_(runners, common), driver_(runners, common) {
    connect(&driver_, &RunDriver::stateChanged, this, &TrainSession::stateChanged);
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
    setup_.stopMeasuring();
    driver_.start(options);
    show(options.text("output"));
}

void TrainSession::goOn(std::optional<std::int64_t> epochs) {
    if (shown_.empty() || driver_.state().active()) return;
    OptionValues options(trainOptions());
    options.set("output", OptionValue(shown_.string()));
    options.set("resume", OptionValue(true));
    if (epochs) options.set("epochs", OptionValue(*epochs));
    setup_.stopMeasuring();
    driver_.start(options);
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
    auto found = std::make_shared<std::optional<api::RunFacts>>();
    JobBridge::Task task;
    task.slot = "facts";
    task.run = [found, run = shown_](JobControl&) { *found = api::readRunFacts(run); };
    task.done = [this, found, run = shown_](const JobResult& result) {
        if (run != shown_ || result.outcome == JobOutcome::Cancelled) return;
        facts_ = std::move(*found);
        const bool own = driver_.folder() == shown_;
        if (result.outcome == JobOutcome::Failed && !own) Q_EMIT failed(sentenceOf(*result.error));
        Q_EMIT factsChanged();
        Q_EMIT stateChanged();
    };
    jobs_.submit(runners_.files, std::move(task));
}

void TrainSession::setUpLikeShown(const std::optional<Change>& change, bool weights) {
    if (!facts_) return;
    const RunRecord& record = facts_->record;
    setup_.adopt(record.options, tr("as %1").arg(pathText(shown_.filename())));
    setup_.setOutput({});
    const QString source = pathText(record.data.path);
    if (setup_.source() != source) setup_.setSource(source);
    if (weights) setup_.edit("init", OptionValue(shown_.string()));
    if (!change) return;
    if (const OptionSpec* spec = trainOptions().find(change->option)) {
        try {
            setup_.edit(spec->key, parseOptionValue(*spec, change->value));
        } catch (const Error& error) {
            Q_EMIT failed(sentenceOf(error));
        }
    }
}

std::vector<std::string> TrainSession::probes() const {
    if (!driver_.state().running()) return setup_.options().paths("probe");
    if (driver_.pinned()) return *driver_.pinned();
    if (showsOwn() && facts_) return facts_->record.options.paths("probe");
    return {};
}

TrainState TrainSession::state() const {
    TrainState state;
    state.run = driver_.state();
    state.scanning = setup_.isScanning();
    state.images = setup_.data().has_value();
    state.valid = !setup_.problem();
    state.fits = setup_.fits();
    state.shown = facts_.has_value() || showsOwn();
    state.own = showsOwn();
    state.elsewhere = facts_ && !facts_->writer.empty() && !facts_->ownWriter;
    state.checkpoint = facts_ && facts_->checkpoint;
    state.finished = facts_ && facts_->finished;
    return state;
}

int TrainSession::pending() const {
    return setup_.jobs().pending() + driver_.jobs().pending() + jobs_.pending();
}

bool TrainSession::isSettled() const {
    return pending() == 0;
}

}  // namespace dinoscope
