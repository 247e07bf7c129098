#include "engine/base/thread_runner.h"

#include <algorithm>

namespace dinoscope {

ThreadRunner::ThreadRunner(std::function<void()> threadStart,
                           std::function<void(const std::function<void()>&)> around)
    : threadStart_(std::move(threadStart)), around_(std::move(around)), thread_([this] { loop(); }) {}

ThreadRunner::~ThreadRunner() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (auto* entries : {&interactive_, &long_}) {
            for (Entry& entry : *entries)
                entry.control->cancel();
        }
        for (const Running& running : running_)
            running.control->cancel();
    }
    wake_.notify_all();
    thread_.join();
}

std::shared_ptr<JobControl> ThreadRunner::submit(Job job) {
    auto control = std::make_shared<JobControl>();
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) control->cancel();
        if (!job.slot.empty()) {
            for (auto* entries : {&interactive_, &long_}) {
                for (Entry& entry : *entries) {
                    if (entry.job.slot == job.slot) entry.control->cancel();
                }
            }
            for (const Running& running : running_) {
                if (running.slot == job.slot) running.control->cancel();
            }
        }
        if (job.priority == JobPriority::Interactive) {
            interactive_.push_back({std::move(job), control});
            for (const Running& running : running_) {
                if (running.priority == JobPriority::Long) running.control->wake();
            }
        } else {
            long_.push_back({std::move(job), control});
        }
    }
    wake_.notify_all();
    return control;
}

void ThreadRunner::loop() {
    if (threadStart_) threadStart_();
    while (std::optional<Entry> entry = waitForNext()) {
        const std::shared_ptr<JobControl> control = entry->control;
        if (entry->job.priority == JobPriority::Long) control->setYield([this] { runQueuedInteractive(); });
        run(std::move(*entry));
        control->setYield({});  // whoever keeps the control may outlive this runner
    }
}

/// Empty once the runner is stopping and every cancelled job has been told.
std::optional<ThreadRunner::Entry> ThreadRunner::waitForNext() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !interactive_.empty() || !long_.empty(); });
    return takeFrom(interactive_.empty() ? long_ : interactive_);
}

/// With mutex_ held: at any instant a job is in a queue or among the running, so that cancelling reaches it.
std::optional<ThreadRunner::Entry> ThreadRunner::takeFrom(std::deque<Entry>& queue) {
    if (queue.empty()) return std::nullopt;
    Entry entry = std::move(queue.front());
    queue.pop_front();
    running_.push_back({entry.job.slot, entry.job.priority, entry.control});
    return entry;
}

/// What may run inside another job: nothing of a Long one that was cancelled is left to do but to tell so,
/// and whoever waits for that shall not wait for the job ahead of it.
std::optional<ThreadRunner::Entry> ThreadRunner::takeInteractive() {
    const std::lock_guard lock(mutex_);
    const auto cancelled = std::find_if(long_.begin(), long_.end(),
                                        [](const Entry& each) { return each.control->isCancelled(); });
    if (cancelled == long_.end()) return takeFrom(interactive_);
    std::rotate(long_.begin(), cancelled, cancelled + 1);
    return takeFrom(long_);
}

void ThreadRunner::runQueuedInteractive() {
    while (std::optional<Entry> entry = takeInteractive()) {
        if (around_) {
            around_([&] { run(std::move(*entry)); });
        } else {
            run(std::move(*entry));
        }
    }
}

/// The job and all it holds are gone before the next one starts.
void ThreadRunner::run(Entry entry) {
    runJob(entry.job, *entry.control);
    const std::lock_guard lock(mutex_);
    running_.pop_back();
}

}  // namespace dinoscope
