#pragma once

#include <atomic>

#include "engine/api/core.h"

namespace dinoscope {

/// A thread that counts how often its jobs poll, and cancels them at the poll that was asked for.
class CountingRunner : public JobRunner {
public:
    std::shared_ptr<JobControl> submit(Job job) override {
        job.run = [this, run = std::move(job.run)](JobControl& control) {
            polls_ = 0;
            control.setYield([this, &control] {
                if (++polls_ == cancelAt_) control.cancel();
            });
            run(control);
        };
        return thread_.submit(std::move(job));
    }

    /// From 1; 0 for never.
    void cancelAt(int poll) { cancelAt_ = poll; }
    /// Of the job that ran last.
    int polls() const { return polls_; }

private:
    std::atomic<int> polls_{0};
    std::atomic<int> cancelAt_{0};
    ThreadRunner thread_;  // ends before what its jobs use
};

}  // namespace dinoscope
