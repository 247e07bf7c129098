#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "engine/base/job.h"

namespace dinoscope {

/// Runs jobs one after the other on a thread of its own, the engine thread: LibTorch's thread pools belong to
/// the thread that calls it, so all inference and training happen there. While a Long job runs, its poll()
/// lets queued Interactive jobs go first; a queued Long one that was cancelled ends there too.
class ThreadRunner : public JobRunner {
public:
    /// `threadStart` runs once on the new thread, before any job. `around` wraps each job that runs inside
    /// the poll() of another, and restores what it may have changed (grad mode, autocast, random state).
    explicit ThreadRunner(std::function<void()> threadStart = {},
                          std::function<void(const std::function<void()>&)> around = {});
    /// Cancels everything, waits for the running job's next poll() and tells every job's finished(). Not from
    /// a job.
    ~ThreadRunner() override;

    std::shared_ptr<JobControl> submit(Job job) override;

private:
    struct Entry {
        Job job;
        std::shared_ptr<JobControl> control;
    };

    /// What other threads may know of a job that was taken from its queue.
    struct Running {
        std::string slot;
        JobPriority priority;
        std::shared_ptr<JobControl> control;
    };

    void loop();
    std::optional<Entry> waitForNext();
    std::optional<Entry> takeFrom(std::deque<Entry>& queue);
    void runQueuedInteractive();
    std::optional<Entry> takeInteractive();
    void run(Entry entry);

    std::function<void()> threadStart_;
    std::function<void(const std::function<void()>&)> around_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Entry> interactive_;
    std::deque<Entry> long_;
    std::vector<Running> running_;  ///< innermost last
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace dinoscope
