#include "engine/base/job.h"

#include "engine/base/log.h"

namespace dinoscope {

void JobControl::cancel() {
    cancelled_.store(true, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    resumed_.notify_all();
}

void JobControl::pause() {
    paused_.store(true, std::memory_order_relaxed);
}

void JobControl::resume() {
    paused_.store(false, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    resumed_.notify_all();
}

void JobControl::poll() {
    if (whole_) whole_->poll();
    if (yield_) yield_();
    if (isPaused()) {
        std::unique_lock lock(mutex_);
        resumed_.wait(lock, [this] { return !isPaused() || isCancelled(); });
    }
    if (isCancelled()) throw Cancelled();
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
    if (doneAtFirst_ == 0) {
        doneAtFirst_ = done_;
        firstDoneAt_ = lastDoneAt_;
    }
}

Progress JobControl::progress() const {
    const std::lock_guard lock(mutex_);
    Progress progress{.done = done_, .total = total_, .unit = unit_, .rate = 0, .secondsLeft = {}};
    // The first unit often pays for warming up; it does not count towards the rate.
    const double seconds = std::chrono::duration<double>(lastDoneAt_ - firstDoneAt_).count();
    if (done_ > doneAtFirst_ && seconds > 0) {
        progress.rate = static_cast<double>(done_ - doneAtFirst_) / seconds;
        if (total_ > 0) progress.secondsLeft = static_cast<double>(total_ - done_) / progress.rate;
    }
    return progress;
}

void JobControl::note(const std::string& line) {
    std::function<void(const std::string&)> listener;
    {
        const std::lock_guard lock(mutex_);
        listener = listener_;
    }
    if (listener) listener(line);
    if (whole_) whole_->note(line);
}

void JobControl::setListener(std::function<void(const std::string&)> listener) {
    const std::lock_guard lock(mutex_);
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
