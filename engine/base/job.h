#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/error.h"

namespace dinoscope {

/// How far a job is. `total` is 0 while it is unknown.
struct Progress {
    std::int64_t done = 0;
    std::int64_t total = 0;
    std::string unit{};  ///< plural noun: "images", "blocks"
    double rate = 0;     ///< units a second since the first one was finished, 0 while unknown
    std::optional<double> secondsLeft{};  ///< empty while it cannot be told
    std::string status{};                 ///< what else there is to see, short: "loss 8.21, epoch 3"
};

/// What a running job and its watchers share. A job calls poll() between its smallest uninterruptible units
/// and reports progress; any other thread may cancel, pause and read. All members but setYield() and
/// setPauseHook() are thread-safe.
class JobControl {
public:
    JobControl() = default;
    /// Of a part of another job, which must outlive it: paused and cancelled with it, with progress of its
    /// own.
    explicit JobControl(JobControl& whole) : whole_(&whole) {}
    JobControl(const JobControl&) = delete;
    JobControl& operator=(const JobControl&) = delete;

    void cancel();
    void pause();
    void resume();
    bool isCancelled() const {
        return cancelled_.load(std::memory_order_relaxed) || (whole_ && whole_->isCancelled());
    }
    bool isPaused() const { return paused_.load(std::memory_order_relaxed); }
    /// Seconds that poll() has waited in pauses so far.
    double pausedSeconds() const;

    /// Throws Cancelled once cancel() was called; waits while paused; lets interactive jobs run first where
    /// the runner allows it, while paused too.
    void poll();

    /// Starts counting anew: `total` units called `unit`.
    void setTotal(std::int64_t total, std::string unit);
    void advance(std::int64_t units = 1);
    void setStatus(std::string status);
    Progress progress() const;

    /// A line for the person who watches ("skipped x.jpg: …"). Goes to the listener, if there is one, and to
    /// that of the whole.
    void note(const std::string& line);
    /// Once this returned, the listener before is not running and never will. A listener must not call
    /// note() or setListener() of the same control.
    void setListener(std::function<void(const std::string&)> listener);

    /// What poll() runs before it returns. For the runner, on the job's own thread, where it is called too.
    void setYield(std::function<void()> yield) { yield_ = std::move(yield); }
    /// What poll() runs as it begins (true) and ends (false) to wait in a pause. For a runner whose others
    /// run meanwhile, on the job's own thread.
    void setPauseHook(std::function<void(bool waits)> hook) { pauseHook_ = std::move(hook); }
    /// Makes poll() run it again if it waits in a pause. For the runner, when there is something to run.
    void wake();

private:
    using Clock = std::chrono::steady_clock;

    JobControl& root() { return whole_ ? whole_->root() : *this; }
    void notify();
    void yield();
    Clock::duration comply();
    void waitWhilePaused();

    JobControl* whole_ = nullptr;
    std::atomic<bool> cancelled_{false};
    std::atomic<bool> paused_{false};
    std::function<void()> yield_;
    std::function<void(bool)> pauseHook_;
    std::mutex pauseMutex_;            ///< of the root: a change anywhere wakes all its parts
    std::condition_variable changed_;  ///< likewise
    bool awake_ = false;               ///< likewise: yield_ has something to run
    std::mutex listenerMutex_;         ///< held while the listener runs
    std::function<void(const std::string&)> listener_;
    mutable std::mutex mutex_;  ///< of what follows
    std::int64_t done_ = 0;
    std::int64_t total_ = 0;
    std::string unit_;
    std::string status_;
    Clock::duration pausedFor_{};
    Clock::time_point firstDoneAt_;
    Clock::time_point lastDoneAt_;
    std::int64_t doneAtFirst_ = 0;
};

enum class JobOutcome { Done, Cancelled, Failed };

struct JobResult {
    JobOutcome outcome = JobOutcome::Done;
    std::optional<Error> error;  ///< set when outcome is Failed
    bool isWrongUsage = false;   ///< the error was a UsageError
};

/// Interactive jobs (a hovered patch, a new image) run between the units of a Long one (training, indexing).
enum class JobPriority { Interactive, Long };

struct Job {
    std::string name{};  ///< for the log: "attention of dog.jpg"
    std::function<void(JobControl&)> run{};
    /// Called on the runner's thread after run() ended, however it ended. May be empty. Must not throw.
    std::function<void(const JobResult&)> finished{};
    JobPriority priority = JobPriority::Interactive;
    /// Jobs of one non-empty slot replace each other: a new one cancels the one before ("latest wins").
    std::string slot{};
    /// Of a Long one that lasts for hours (training): another Long one may run beside it, in turns with it.
    bool sharesTime = false;
};

/// Runs one job here and now, translating what it throws. The job boundary of the whole engine.
JobResult runJob(const Job& job, JobControl& control);

/// Runs jobs in the order given, interactive ones first.
class JobRunner {
public:
    virtual ~JobRunner() = default;
    virtual std::shared_ptr<JobControl> submit(Job job) = 0;
};

}  // namespace dinoscope
