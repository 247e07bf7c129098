#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <filesystem>
#include <memory>

#include "engine/api/run.h"
#include "ui/bridge/job_bridge.h"
#include "ui/bridge/runners.h"
#include "ui/train/run_curves.h"

namespace dinoscope {

/// Follows a run folder, whoever writes it: reads what is new on the files' thread, a few megabytes at a
/// time, and hands it to the window. No widgets. Belongs to the GUI's thread.
class RunWatch : public QObject {
    Q_OBJECT

public:
    RunWatch(Runners runners, MetricsFollower::Wanted wanted, QObject* parent = nullptr);

    /// An empty path: none. The same one again: it is looked at at once.
    void setRun(const std::filesystem::path& run);
    const std::filesystem::path& run() const { return run_; }
    /// While it is off nothing is read, but for what setRun() asks for.
    void setFollowing(bool on);
    /// All that was there when the run was set, or became longer, has been read.
    bool isSettled() const { return settled_; }
    /// Something of the run was read.
    bool isKnown() const { return known_; }
    /// The folder was a run's and is there no more; what was read of it stays.
    bool isGone() const { return gone_; }

    const api::RunSummary& summary() const { return summary_; }
    const RunCurves& curves() const { return curves_; }
    const api::ProbeHistory& probes() const { return probes_; }
    const api::RunScores& scores() const { return scores_; }

Q_SIGNALS:
    /// Another run, or the same one cut back: curves() and probes() are new objects.
    void restarted();
    /// Numbers were added; several times a second at most.
    void grown();
    void summaryChanged();
    /// The folder tells something else than when it was last looked at: further steps, another state.
    void changed();
    void settledChanged();
    void failed(const QString& sentence);

private:
    struct Reader;
    struct Found;

    void poll();
    void take(const Found& found);
    void noteGone();
    bool comesBack(const Found& found);
    void begin(const api::RunSummary& summary);
    void tell();
    void setSettled(bool settled);

    JobBridge jobs_;
    Runners runners_;
    MetricsFollower::Wanted wanted_;
    std::filesystem::path run_;
    std::shared_ptr<Reader> reader_;  ///< null without a run
    api::RunSummary summary_;
    RunCurves curves_;
    api::ProbeHistory probes_;
    api::RunScores scores_;
    QTimer timer_;
    QElapsedTimer toldAt_;
    bool reading_ = false;
    bool again_ = false;  ///< poll once more when the poll under way has come back
    bool following_ = true;
    bool known_ = false;
    bool gone_ = false;
    bool settled_ = true;
    bool untold_ = false;
    bool failing_ = false;
};

}  // namespace dinoscope
