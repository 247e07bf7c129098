#include "ui/train/run_driver.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include "ui/bridge/paths.h"
#include "ui/bridge/runtime_start.h"
#include "ui/bridge/texts.h"
#include "ui/train/train_text.h"

namespace dinoscope {

namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 100ms;

}  // namespace

/// What the thread that trains leaves for the window.
struct RunDriver::Box {
    struct Content {
        std::vector<RunEvent> events;
        std::optional<StepMetrics> step;
        std::vector<std::string> notes;
        bool written = false;
    };

    void add(RunEvent event) {
        const std::lock_guard lock(mutex);
        content.events.push_back(event);
        if (event == RunEvent::SaveEnded) content.written = true;
    }
    Content take() {
        const std::lock_guard lock(mutex);
        return std::exchange(content, {});
    }

    std::mutex mutex;
    Content content;
};

RunDriver::RunDriver(const Runners& runners, OptionValues common, QObject* parent)
    : QObject(parent), runners_(runners), common_(std::move(common)) {
    timer_.setInterval(kInterval);
    connect(&timer_, &QTimer::timeout, this, &RunDriver::empty);
}

RunDriver::~RunDriver() = default;

void RunDriver::start(const OptionValues& options, std::vector<std::string> probes) {
    if (state_.active()) return;
    folder_ = options.text("output");
    box_ = std::make_shared<Box>();
    requests_ = std::make_shared<TrainRequests>();
    probes_ = std::move(probes);
    firstStep_.reset();
    if (!options.flag("resume")) firstStep_ = 0;
    lastStep_.reset();
    report_.reset();
    sentence_.clear();
    api::TrainWatcher watcher;
    watcher.requests = requests_;
    watcher.began = [box = box_] { box->add(RunEvent::Began); };
    watcher.saving = [box = box_] { box->add(RunEvent::SaveBegan); };
    watcher.saved = [box = box_](const std::filesystem::path&) { box->add(RunEvent::SaveEnded); };
    watcher.step = [box = box_](const StepMetrics& step) {
        const std::lock_guard lock(box->mutex);
        box->content.step = step;
    };
    auto report = std::make_shared<std::optional<api::TrainReport>>();
    JobBridge::Task task;
    task.slot = "train";
    task.priority = JobPriority::Long;
    task.sharesTime = true;
    task.run = [report, options, watcher, box = box_, common = common_](JobControl& control) {
        startRuntimeOnce(common);
        control.setListener([box](const std::string& line) {
            const std::lock_guard lock(box->mutex);
            box->content.notes.push_back(line);
        });
        *report = api::train(options, watcher, control);
    };
    task.done = [this, report](const JobResult& result) { finish(result, *report); };
    apply(RunEvent::Start);
    control_ = jobs_.submit(runners_.engine, std::move(task));
    timer_.start();
}

void RunDriver::finish(const JobResult& result, const std::optional<api::TrainReport>& report) {
    empty();
    timer_.stop();
    report_ = report;
    if (result.error) sentence_ = inWords(sentenceOf(*result.error));
    switch (result.outcome) {
        case JobOutcome::Done:
            apply(RunEvent::Finished);
            break;
        case JobOutcome::Cancelled:
            apply(RunEvent::Interrupted);
            break;
        case JobOutcome::Failed:
            apply(RunEvent::Failure);
            break;
    }
}

/// What has to be done follows from how the state changed, and is done nowhere else.
void RunDriver::apply(RunEvent event) {
    const RunState before = std::exchange(state_, afterEvent(state_, event));
    if (before == state_) return;
    if (control_ && before.active()) {
        if (!before.paused && state_.paused) control_->pause();
        if (before.paused && !state_.paused) control_->resume();
        if (before.phase != RunPhase::Stopping && state_.phase == RunPhase::Stopping)
            jobs_.cancelSlot("train");
    }
    Q_EMIT stateChanged();
    if (before.active() && !state_.active()) Q_EMIT ended();
    if (!before.asking && state_.asking) Q_EMIT closeQuestion();
    if (state_.closing && !state_.active()) Q_EMIT closeReady();
}

void RunDriver::empty() {
    if (!box_) return;
    const Box::Content content = box_->take();
    for (const RunEvent event : content.events)
        apply(event);
    for (const std::string& note : content.notes)
        Q_EMIT noted(pathText(note));
    if (content.step) lastStep_ = content.step;
    noteFirstStep();
    if (content.written) Q_EMIT written();
    Q_EMIT progressed();
}

/// A run that goes on begins to count at the steps of its checkpoint.
void RunDriver::noteFirstStep() {
    if (firstStep_) return;
    const Progress now = progress();
    if (now.unit == "steps" && now.done > 0) firstStep_ = now.done;
}

std::int64_t RunDriver::sessionSteps() const {
    const Progress now = progress();
    if (!firstStep_ || now.unit != "steps") return 0;
    return std::max<std::int64_t>(0, now.done - *firstStep_);
}

void RunDriver::pause() {
    apply(RunEvent::AskPause);
}

void RunDriver::resume() {
    apply(RunEvent::AskResume);
}

void RunDriver::stop() {
    apply(RunEvent::AskStop);
}

void RunDriver::save() {
    if (requests_ && state_.running()) requests_->save();
}

void RunDriver::pin(const std::vector<std::string>& files) {
    if (!requests_ || !state_.running()) return;
    for (const std::string& file : files) {
        if (std::ranges::find(probes_, file) == probes_.end()) probes_.push_back(file);
    }
    requests_->pin(probes_);
}

void RunDriver::askClose() {
    apply(RunEvent::AskClose);
}

void RunDriver::answerClose(bool stopAndClose) {
    apply(stopAndClose ? RunEvent::AcceptClose : RunEvent::DeclineClose);
}

Progress RunDriver::progress() const {
    return control_ ? control_->progress() : Progress{};
}

}  // namespace dinoscope
