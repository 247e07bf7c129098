#include "engine/base/job.h"

#include <algorithm>

#include "engine/base/log.h"

namespace dinoscope {

namespace {

constexpr std::chrono::milliseconds kOneBatch{50};

}  // namespace

void JobControl::cancel() {
    cancelled_.store(true, std::memory_order_relaxed);
    notify();
}

void JobControl::pause() {
    paused_.store(true, std::memory_order_relaxed);
}

void JobControl::resume() {
    paused_.store(false, std::memory_order_relaxed);
    notify();
}

void JobControl::wake() {
    JobControl& top = root();
    {
        const std::lock_guard lock(top.pauseMutex_);
        top.awake_ = true;
    }
    top.changed_.notify_all();
}

void JobControl::notify() {
    JobControl& top = root();
    // Whoever waits has either not yet looked at what changed, or hears this.
    { const std::lock_guard lock(top.pauseMutex_); }
    top.changed_.notify_all();
}

void JobControl::yield() {
    if (yield_) yield_();
}

void JobControl::poll() {
    comply();
}

/// Returns how long the job waited in pauses.
JobControl::Clock::duration JobControl::comply() {
    Clock::duration waited{};
    if (whole_) waited = whole_->comply();
    yield();
    if (isPaused()) {
        const Clock::time_point start = Clock::now();
        waitWhilePaused();
        waited += Clock::now() - start;
    }
    if (waited > Clock::duration::zero()) {
        // A pause does not count towards the rate.
        const std::lock_guard lock(mutex_);
        pausedFor_ += waited;
        firstDoneAt_ += waited;
        lastDoneAt_ += waited;
    }
    if (isCancelled()) throw Cancelled();
    return waited;
}

double JobControl::pausedSeconds() const {
    const std::lock_guard lock(mutex_);
    return std::chrono::duration<double>(pausedFor_).count();
}

void JobControl::waitWhilePaused() {
    JobControl& top = root();
    if (top.pauseHook_) top.pauseHook_(true);
    std::unique_lock lock(top.pauseMutex_);
    while (isPaused() && !isCancelled()) {
        if (top.awake_) {
            top.awake_ = false;
            lock.unlock();
            top.yield();
            lock.lock();
        } else {
            top.changed_.wait(lock);
        }
    }
    lock.unlock();
    if (top.pauseHook_) top.pauseHook_(false);
}

void JobControl::setTotal(std::int64_t total, std::string unit) {
    const std::lock_guard lock(mutex_);
    total_ = total;
    unit_ = std::move(unit);
    done_ = 0;
    doneAtFirst_ = 0;
}

void JobControl::advance(std::int64_t units) {
    const std::lock_guard lock(mutex_);
    lastDoneAt_ = Clock::now();
    done_ += units;
    if (doneAtFirst_ == 0) firstDoneAt_ = lastDoneAt_;
    // What is finished together is told together: the rest of a batch does not follow its first in no time.
    if (lastDoneAt_ - firstDoneAt_ < kOneBatch) doneAtFirst_ = done_;
}

void JobControl::setStatus(std::string status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
}

Progress JobControl::progress() const {
    const std::lock_guard lock(mutex_);
    Progress progress{.done = done_, .total = total_, .unit = unit_, .status = status_};
    // The first unit often pays for warming up; it does not count towards the rate.
    const double seconds = std::chrono::duration<double>(lastDoneAt_ - firstDoneAt_).count();
    if (done_ > doneAtFirst_ && seconds > 0) {
        progress.rate = static_cast<double>(done_ - doneAtFirst_) / seconds;
        const auto left = static_cast<double>(std::max<std::int64_t>(0, total_ - done_));
        if (total_ > 0) progress.secondsLeft = left / progress.rate;
    }
    return progress;
}

void JobControl::note(const std::string& line) {
    {
        const std::lock_guard lock(listenerMutex_);
        if (listener_) listener_(line);
    }
    if (whole_) whole_->note(line);
}

void JobControl::setListener(std::function<void(const std::string&)> listener) {
    const std::lock_guard lock(listenerMutex_);
    listener_ = std::move(listener);
}

JobResult runJob(const Job& job, JobControl& control) {
    JobResult result;
    try {
        control.poll();
        job.run(control);
    } catch (const Cancelled&) {
        result.outcome = JobOutcome::Cancelled;
    } catch (const UsageError& error) {
        result.outcome = JobOutcome::Failed;
        result.error = error;
        result.isWrongUsage = true;
    } catch (...) {
        result.outcome = JobOutcome::Failed;
        result.error = currentError();
    }
    if (result.error) log::warn(job.name + " failed: " + result.error->what());
    if (job.finished) job.finished(result);
    return result;
}

}  // namespace dinoscope
