#include "engine/base/thread_runner.h"

#include <algorithm>

namespace dinoscope {

namespace {

/// Turns are as long as the host's last units, which may take seconds; but whoever stops the host waits for
/// the guest's.
constexpr int kLongestTurn = 4;

}  // namespace

ThreadRunner::ThreadRunner(std::function<void()> threadStart,
                           std::function<void(const std::function<void()>&)> around,
                           std::chrono::milliseconds turn)
    : threadStart_(std::move(threadStart)),
      around_(std::move(around)),
      turn_(turn),
      thread_([this] { loop(); }) {}

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
        auto& queue = job.priority == JobPriority::Interactive ? interactive_ : long_;
        queue.push_back({std::move(job), control});
        wakePaused();
    }
    wake_.notify_all();
    return control;
}

/// With mutex_ held: a job that waits in a pause lets others run. A guest that is paused is in nobody's way.
void ThreadRunner::wakePaused() {
    for (const Running& running : running_) {
        if (running.priority == JobPriority::Long && !running.isGuest) running.control->wake();
    }
}

void ThreadRunner::loop() {
    if (threadStart_) threadStart_();
    while (true) {
        if (std::optional<Entry> entry = waitForNext()) {
            if (entry->job.priority == JobPriority::Long) {
                runAsHost(std::move(*entry));
            } else {
                run(std::move(*entry));
            }
        } else if (guest_) {
            // Its host has ended.
            runQueuedInteractive();
            if (guest_->wantsTurn()) giveTurn(Clock::time_point::max());
        } else {
            return;
        }
    }
}

/// With mutex_ held.
bool ThreadRunner::hasWork() const {
    if (!interactive_.empty()) return true;
    return guest_ ? guest_->wantsTurn() : stopping_ || !long_.empty();
}

/// Empty while there is a guest, and once the runner is stopping and every cancelled job has been told.
std::optional<ThreadRunner::Entry> ThreadRunner::waitForNext() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return hasWork(); });
    if (guest_) return std::nullopt;
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
    std::erase_if(running_, [&entry](const Running& each) { return each.control == entry.control; });
}

void ThreadRunner::runAsHost(Entry entry) {
    const std::shared_ptr<JobControl> control = entry.control;
    control->setYield(
        [this, host = control.get(), sharesTime = entry.job.sharesTime] { letOthersRun(*host, sharesTime); });
    hostSince_ = Clock::now();
    run(std::move(entry));
    control->setYield({});  // whoever keeps the control may outlive this runner
}

void ThreadRunner::letOthersRun(const JobControl& host, bool sharesTime) {
    runQueuedInteractive();
    if (!sharesTime) return;
    while (const std::optional<Clock::duration> length = dueTurn(host)) {
        giveTurn(Clock::now() + *length);
        runQueuedInteractive();  // for which the guest gave its turn back
        if (!host.isPaused()) return;
    }
}

/// How long the guest may have the processor, if it is its turn: as long as the host had it.
std::optional<ThreadRunner::Clock::duration> ThreadRunner::dueTurn(const JobControl& host) {
    const Clock::duration had = Clock::now() - hostSince_;
    if (host.isCancelled() || (had < turn_ && !host.isPaused())) return std::nullopt;
    if (!guest_) startGuest();
    if (!guest_ || !guest_->wantsTurn()) return std::nullopt;
    return std::clamp<Clock::duration>(had, turn_, kLongestTurn * turn_);
}

/// Of the Long job that comes next, if it is one that can be a guest.
void ThreadRunner::startGuest() {
    std::shared_ptr<Entry> taken;
    {
        const std::lock_guard lock(mutex_);
        if (long_.empty() || long_.front().job.sharesTime) return;
        taken = std::make_shared<Entry>(*takeFrom(long_));
        running_.back().isGuest = true;
    }
    const auto wanted = [this] {
        {
            const std::lock_guard lock(mutex_);
            wakePaused();
        }
        wake_.notify_all();
    };
    guest_ = std::make_unique<SideThread>([this, taken] { runAsGuest(std::move(*taken)); }, wanted);
}

/// Its thread has grad mode and the like of its own: there is nothing to be restored.
void ThreadRunner::runAsGuest(Entry entry) {
    if (threadStart_) threadStart_();
    const std::shared_ptr<JobControl> control = entry.control;
    control->setYield([this] {
        if (isTurnOver()) guest_->yield();
    });
    control->setPauseHook([this](bool waits) {
        if (waits) {
            guest_->leave();
        } else {
            guest_->enter();
        }
    });
    run(std::move(entry));
    control->setYield({});
    control->setPauseHook({});
}

void ThreadRunner::giveTurn(Clock::time_point end) {
    turnEnds_ = end;
    guest_->giveTurn();
    if (guest_->hasEnded()) guest_.reset();
    hostSince_ = Clock::now();
}

/// For the guest: who waits for an answer goes first.
bool ThreadRunner::isTurnOver() {
    if (Clock::now() >= turnEnds_) return true;
    const std::lock_guard lock(mutex_);
    return !interactive_.empty();
}

}  // namespace dinoscope
