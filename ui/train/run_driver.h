#pragma once

#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/train.h"
#include "ui/bridge/job_bridge.h"
#include "ui/bridge/runners.h"
#include "ui/train/run_state.h"

namespace dinoscope {

/// Drives the one run that this window trains. The thread that trains leaves what happened in a box, which a
/// timer empties: neither waits for the other.
class RunDriver : public QObject {
    Q_OBJECT

public:
    /// `common` holds --device and what else the runtime starts with.
    RunDriver(const Runners& runners, OptionValues common, QObject* parent = nullptr);
    ~RunDriver() override;

    /// A new run, or with --resume the one in --output; `options` of trainOptions(). `probes` are the images
    /// that it looks at to begin with. One at a time.
    void start(const OptionValues& options, std::vector<std::string> probes);
    void pause();
    void resume();
    void stop();
    /// A checkpoint, now.
    void save();
    /// These probe images too, from the next time on.
    void pin(const std::vector<std::string>& files);
    /// The probe images, those that pin() asked for included.
    const std::vector<std::string>& probes() const { return probes_; }

    /// The window wants to close: closeReady() follows at once, or closeQuestion().
    void askClose();
    void answerClose(bool stopAndClose);

    const RunState& state() const { return state_; }
    /// Empty before the first.
    const std::filesystem::path& folder() const { return folder_; }
    Progress progress() const;
    /// How many this session was seen to finish; those before its start, of a run that goes on, aside.
    std::int64_t sessionSteps() const;
    /// It has not begun: something else is computed on its thread.
    bool isWaiting() const { return state_.phase == RunPhase::Starting && jobs_.isWaiting("train"); }
    const std::optional<StepMetrics>& lastStep() const { return lastStep_; }
    /// Why it failed.
    const QString& sentence() const { return sentence_; }
    const std::optional<api::TrainReport>& report() const { return report_; }
    JobBridge& jobs() { return jobs_; }
    const JobBridge& jobs() const { return jobs_; }

Q_SIGNALS:
    void stateChanged();
    /// Some steps later; no more often than ten times a second.
    void progressed();
    /// The run folder holds something new: a checkpoint, or an epoch's numbers.
    void written();
    void noted(const QString& sentence);
    /// It is Completed, Stopped or Failed.
    void ended();
    void closeQuestion();
    void closeReady();

private:
    struct Box;

    void apply(RunEvent event);
    void empty();
    void noteFirstStep();
    void finish(const JobResult& result, const std::optional<api::TrainReport>& report);

    Runners runners_;
    OptionValues common_;
    RunState state_;
    std::filesystem::path folder_;
    std::shared_ptr<JobControl> control_;
    std::shared_ptr<Box> box_;
    std::shared_ptr<TrainRequests> requests_;
    std::vector<std::string> probes_;
    std::optional<std::int64_t> firstStep_;  ///< of this session; empty until it is known
    std::optional<StepMetrics> lastStep_;
    std::optional<api::TrainReport> report_;
    QString sentence_;
    QTimer timer_;
    JobBridge jobs_;
};

}  // namespace dinoscope
