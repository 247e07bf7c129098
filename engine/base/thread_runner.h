#pragma once

#include <chrono>
#include <deque>
#include <thread>
#include <vector>

#include "engine/base/job.h"
#include "engine/base/side_thread.h"

namespace dinoscope {

/// Runs jobs one after the other on a thread of its own, the engine thread: LibTorch's thread pools belong to
/// the thread that calls it, so all inference and training happen there. While a Long job runs, its poll()
/// lets queued Interactive jobs go first; a queued Long one that was cancelled ends there too.
///
/// Beside a Long job that shares its time, the next Long one runs as its guest, on a thread of its own: at
/// any time one of the two runs, between the other's units. Each has half of the time, and all of it while
/// the other is paused. The guest goes on alone when its host has ended, and what is Long and comes later
/// waits.
class ThreadRunner : public JobRunner {
public:
    static constexpr std::chrono::milliseconds kTurn{250};

    /// `threadStart` runs once on each new thread, before any job. `around` wraps each job that runs inside
    /// the poll() of another, and restores what it may have changed (grad mode, autocast, random state).
    /// `turn` is the shortest time for which host and guest have the processor.
    explicit ThreadRunner(std::function<void()> threadStart = {},
                          std::function<void(const std::function<void()>&)> around = {},
                          std::chrono::milliseconds turn = kTurn);
    /// Cancels everything, waits for the running job's next poll() and tells every job's finished(). Not from
    /// a job.
    ~ThreadRunner() override;

    std::shared_ptr<JobControl> submit(Job job) override;

private:
    using Clock = std::chrono::steady_clock;

    struct Entry {
        Job job;
        std::shared_ptr<JobControl> control;
    };

    /// What other threads may know of a job that was taken from its queue.
    struct Running {
        std::string slot;
        JobPriority priority;
        std::shared_ptr<JobControl> control;
        bool isGuest = false;
    };

    void loop();
    bool hasWork() const;
    std::optional<Entry> waitForNext();
    std::optional<Entry> takeFrom(std::deque<Entry>& queue);
    void runQueuedInteractive();
    std::optional<Entry> takeInteractive();
    void run(Entry entry);
    void wakePaused();

    void runAsHost(Entry entry);
    void letOthersRun(const JobControl& host, bool sharesTime);
    std::optional<Clock::duration> dueTurn(const JobControl& host);
    void startGuest();
    void runAsGuest(Entry entry);
    void giveTurn(Clock::time_point end);
    bool isTurnOver();

    std::function<void()> threadStart_;
    std::function<void(const std::function<void()>&)> around_;
    const Clock::duration turn_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Entry> interactive_;
    std::deque<Entry> long_;
    std::vector<Running> running_;
    bool stopping_ = false;
    std::unique_ptr<SideThread> guest_;  ///< made and ended by thread_
    Clock::time_point turnEnds_;         ///< of the guest, who gets it with the turn
    Clock::time_point hostSince_;        ///< the host has the processor
    std::thread thread_;
};

}  // namespace dinoscope
