#include "engine/base/thread_runner.h"

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
        for (Entry& entry : running_)
            entry.control->cancel();
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
            const auto cancelSameSlot = [&job](auto& entries) {
                for (Entry& entry : entries) {
                    if (entry.job.slot == job.slot) entry.control->cancel();
                }
            };
            cancelSameSlot(interactive_);
            cancelSameSlot(long_);
            cancelSameSlot(running_);
        }
        auto& queue = job.priority == JobPriority::Interactive ? interactive_ : long_;
        queue.push_back({std::move(job), control});
    }
    wake_.notify_all();
    return control;
}

void ThreadRunner::loop() {
    if (threadStart_) threadStart_();
    while (true) {
        Entry entry;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !interactive_.empty() || !long_.empty(); });
            auto& queue = interactive_.empty() ? long_ : interactive_;
            if (queue.empty()) return;  // stopping, and every cancelled job has been told
            entry = std::move(queue.front());
            queue.pop_front();
        }
        if (entry.job.priority == JobPriority::Long) {
            entry.control->setYield([this] { runQueuedInteractive(); });
        }
        run(entry);
    }
}

bool ThreadRunner::takeInteractive(Entry& entry) {
    const std::lock_guard lock(mutex_);
    if (interactive_.empty()) return false;
    entry = std::move(interactive_.front());
    interactive_.pop_front();
    return true;
}

void ThreadRunner::runQueuedInteractive() {
    for (Entry entry; takeInteractive(entry);) {
        if (around_) {
            around_([&] { run(entry); });
        } else {
            run(entry);
        }
    }
}

void ThreadRunner::run(Entry& entry) {
    {
        const std::lock_guard lock(mutex_);
        running_.push_back({Job{entry.job.name, {}, {}, entry.job.priority, entry.job.slot}, entry.control});
    }
    runJob(entry.job, *entry.control);
    const std::lock_guard lock(mutex_);
    running_.pop_back();
}

}  // namespace dinoscope
