#pragma once

#include <functional>
#include <latch>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include "engine/base/thread_runner.h"

namespace dinoscope {

using Semaphore = std::counting_semaphore<>;

/// What happened, in order, told from any thread.
class Record {
public:
    void add(const std::string& event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(event);
    }
    std::vector<std::string> events() const {
        const std::lock_guard lock(mutex_);
        return events_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> events_;
};

inline std::string outcomeName(const JobResult& result) {
    return result.outcome == JobOutcome::Done ? "done" : result.error ? "failed" : "cancelled";
}

/// A job that records its name as it runs and its outcome as it ends.
inline Job recorded(Record& record, const std::string& name, JobPriority priority = JobPriority::Interactive,
                    const std::string& slot = {}) {
    return {.name = name,
            .run = [&record, name](JobControl&) { record.add(name); },
            .finished = [&record,
                         name](const JobResult& result) { record.add(name + " " + outcomeName(result)); },
            .priority = priority,
            .slot = slot};
}

/// Releases `started`, then waits in poll() until it is cancelled.
inline std::function<void(JobControl&)> untilCancelled(Semaphore& started) {
    return [&started](JobControl& control) {
        started.release();
        control.pause();
        control.poll();
        throw Error("this job went on without having been cancelled");
    };
}

/// Waits until the runner has run everything that was submitted before, interactive or long.
inline void drain(JobRunner& runner) {
    std::latch ended(1);
    runner.submit(
        {.name = "drain", .run = [&](JobControl&) { ended.count_down(); }, .priority = JobPriority::Long});
    ended.wait();
}

}  // namespace dinoscope
