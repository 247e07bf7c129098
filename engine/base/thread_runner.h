#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "engine/base/job.h"

namespace dinoscope {

/// Runs jobs one after the other on a thread of its own, the engine thread: LibTorch's thread pools belong to
/// the thread that calls it, so all inference and training happen there. While a Long job runs, its poll()
/// lets queued Interactive jobs go first.
class ThreadRunner : public JobRunner {
public:
    /// `threadStart` runs once on the new thread, before any job. `around` wraps each job that runs inside
    /// the poll() of another, and restores what it may have changed (grad mode, autocast, random state).
    explicit ThreadRunner(std::function<void()> threadStart = {},
                          std::function<void(const std::function<void()>&)> around = {});
    /// Cancels everything and waits for the running job's next poll().
    ~ThreadRunner() override;

    std::shared_ptr<JobControl> submit(Job job) override;

private:
    struct Entry {
        Job job;
        std::shared_ptr<JobControl> control;
    };

    void loop();
    bool takeInteractive(Entry& entry);
    void runQueuedInteractive();
    void run(Entry& entry);

    std::function<void()> threadStart_;
    std::function<void(const std::function<void()>&)> around_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Entry> interactive_;
    std::deque<Entry> long_;
    std::vector<Entry> running_;  ///< innermost last; only name, slot and control are read by other threads
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace dinoscope
