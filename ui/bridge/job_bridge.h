#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/api/core.h"

namespace dinoscope {

/// Runs engine jobs for the window: work on a runner's thread, results on the GUI's. A bridge that dies
/// cancels its jobs, and their results go nowhere. Belongs to the GUI's thread; so do the calls of `done`.
class JobBridge : public QObject {
    Q_OBJECT

public:
    struct Task {
        QString title;     ///< for people, "Computing attention"; empty: never shown as progress
        std::string slot;  ///< as Job's, of this bridge alone: a new one cancels the one before
        std::function<void(JobControl&)> run;        ///< on the runner's thread; must not touch the window
        std::function<void(const JobResult&)> done;  ///< on the GUI's thread, however run() ended
        JobPriority priority = JobPriority::Interactive;
        bool sharesTime = false;  ///< as Job's: another Long one may run beside it
    };

    /// What a progress display tells.
    struct Shown {
        QString title;
        Progress progress;
        bool waiting = false;  ///< for the jobs ahead of it on its runner
    };

    explicit JobBridge(QObject* parent = nullptr);
    ~JobBridge() override;

    /// What it returns pauses, resumes and tells how far it is; the task may already have ended.
    std::shared_ptr<JobControl> submit(JobRunner& runner, Task task);
    int pending() const { return int(entries_.size()); }
    /// Cancels everything that has a title.
    void cancelShown();
    void cancelSlot(const std::string& slot);
    /// Whether a task of that slot has waited for jobs ahead of it long enough to be told.
    bool isWaiting(const std::string& slot) const;

Q_SIGNALS:
    void pendingChanged(int pending);
    /// Sent every 50 ms while a titled job has run for more than 200 ms, and once with an empty title when
    /// none is left.
    void progressChanged(const dinoscope::JobBridge::Shown& shown);

private:
    struct Entry {
        Task task;
        std::shared_ptr<JobControl> control;
        QElapsedTimer age;
        JobRunner* runner = nullptr;
        std::shared_ptr<std::atomic<bool>> begun;  ///< set on the runner's thread

        bool isWaiting() const;
    };

    static void cancel(const Entry& entry);

    void finish(std::uint64_t id, const JobResult& result);
    void tellProgress();

    std::string scope_;                       ///< what sets its slots apart from other bridges'
    std::map<std::uint64_t, Entry> entries_;  ///< by id, oldest first
    std::uint64_t nextId_ = 1;
    std::shared_ptr<int> alive_;  ///< held by this object only: a result that cannot lock it is dropped
    QTimer progressTimer_;
    bool progressShown_ = false;
};

}  // namespace dinoscope
