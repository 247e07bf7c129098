#include "ui/bridge/job_bridge.h"

#include <QCoreApplication>
#include <algorithm>
#include <chrono>

namespace dinoscope {

namespace {

using namespace std::chrono_literals;

constexpr auto kProgressInterval = 50ms;
constexpr qint64 kShownAfterMs = 200;

/// Bridges are made on the GUI's thread only.
std::string nextScope() {
    static int bridges = 0;
    return std::to_string(++bridges) + "/";
}

}  // namespace

JobBridge::JobBridge(QObject* parent)
    : QObject(parent), scope_(nextScope()), alive_(std::make_shared<int>(0)) {
    progressTimer_.setInterval(kProgressInterval);
    connect(&progressTimer_, &QTimer::timeout, this, &JobBridge::tellProgress);
}

JobBridge::~JobBridge() {
    for (auto& [id, entry] : entries_) {
        if (entry.control) entry.control->cancel();
    }
}

std::shared_ptr<JobControl> JobBridge::submit(JobRunner& runner, Task task) {
    const std::uint64_t id = nextId_++;
    Job job;
    job.name = task.title.isEmpty() ? task.slot : task.title.toStdString();
    if (!task.slot.empty()) job.slot = scope_ + task.slot;
    auto begun = std::make_shared<std::atomic<bool>>(false);
    job.run = [begun, run = std::move(task.run)](JobControl& control) {
        begun->store(true, std::memory_order_relaxed);
        run(control);
    };
    job.priority = task.priority;
    job.sharesTime = task.sharesTime;
    // The result travels through the application object, which outlives every runner; whether this bridge
    // still lives is asked on the GUI's thread, where it cannot die meanwhile.
    job.finished = [this, id, guard = std::weak_ptr<int>(alive_)](const JobResult& result) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [this, id, guard, result] {
                if (guard.lock()) finish(id, result);
            },
            Qt::QueuedConnection);
    };
    Entry& entry = entries_[id];
    entry.task = std::move(task);
    entry.age.start();
    entry.runner = &runner;
    entry.begun = std::move(begun);
    entry.control = runner.submit(std::move(job));
    if (!entry.task.title.isEmpty() && !progressTimer_.isActive()) progressTimer_.start();
    const std::shared_ptr<JobControl> control = entry.control;
    Q_EMIT pendingChanged(pending());
    return control;
}

void JobBridge::finish(std::uint64_t id, const JobResult& result) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    const auto done = std::move(found->second.task.done);
    entries_.erase(found);
    // done() may submit what follows: pending() must not look idle in between.
    if (done) done(result);
    tellProgress();
    Q_EMIT pendingChanged(pending());
}

void JobBridge::cancelShown() {
    for (auto& [id, entry] : entries_) {
        if (!entry.task.title.isEmpty()) cancel(entry);
    }
}

bool JobBridge::Entry::isWaiting() const {
    return !begun->load(std::memory_order_relaxed) && age.elapsed() >= kShownAfterMs;
}

/// The job that a queued one waits for may be paused, and then hears of nothing but of other jobs.
void JobBridge::cancel(const Entry& entry) {
    entry.control->cancel();
    if (!entry.begun->load(std::memory_order_relaxed))
        entry.runner->submit({.name = "cancel " + entry.task.slot, .run = [](JobControl&) {}});
}

bool JobBridge::isWaiting(const std::string& slot) const {
    return std::any_of(entries_.begin(), entries_.end(), [&slot](const auto& each) {
        return each.second.task.slot == slot && each.second.isWaiting();
    });
}

void JobBridge::cancelSlot(const std::string& slot) {
    for (auto& [id, entry] : entries_) {
        if (entry.task.slot == slot) cancel(entry);
    }
}

void JobBridge::tellProgress() {
    bool titled = false;
    for (const auto& [id, entry] : entries_) {
        if (entry.task.title.isEmpty()) continue;
        titled = true;
        if (entry.age.elapsed() < kShownAfterMs || entry.control->isCancelled()) continue;
        progressShown_ = true;
        Q_EMIT progressChanged({entry.task.title, entry.control->progress(), entry.isWaiting()});
        return;
    }
    if (!titled) progressTimer_.stop();
    if (progressShown_) Q_EMIT progressChanged({});
    progressShown_ = false;
}

}  // namespace dinoscope
