#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/data/image_dataset.h"
#include "engine/train/online_evaluation.h"
#include "engine/train/probes.h"
#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_directory.h"
#include "engine/train/run/train_requests.h"
#include "engine/train/step_clock.h"
#include "engine/train/stepper.h"

namespace dinoscope {

/// What a watcher hears of a run, on the thread that trains. Each may be empty.
struct TrainEvents {
    std::function<void(const StepMetrics&)> step;  ///< some steps late: numbers are fetched together
    std::function<void(const EpochMetrics&)> epoch;
    std::function<void()> saving;  ///< a checkpoint is being written
    std::function<void(const CheckpointFile&)> saved;
    std::function<void(const std::string&)> note;                 ///< a sentence for the person who watches
    std::function<void(const std::vector<std::string>&)> pinned;  ///< other probe images were asked for
    std::shared_ptr<TrainRequests> requests;                      ///< what that person asks, or null
};

/// How a session ended.
struct TrainOutcome {
    RunPosition position;
    std::int64_t steps = 0;        ///< in this session
    bool alreadyFinished = false;  ///< there was nothing left to do
    double lastLoss = kNotMeasured;
    double lastKnn = kNotMeasured;
};

/// One session of a run: from its last checkpoint, or its start, to its last epoch.
///
/// Every draw derives from (seed, epoch, image) and the like, and a checkpoint holds all else, so that a
/// session that was killed and one that was not give the same numbers. Metrics are on the disk before the
/// checkpoint that has their steps.
class Trainer {
public:
    /// Keeps references to the dataset and the run. `options` are settled and checked. Where processes share
    /// the steps this is the first of them, and the others are TrainingPeers.
    Trainer(const OptionValues& options, const ImageDataset& dataset, RunDirectory& run,
            const StepperPlace& place, TrainEvents events = {});

    /// Weights to begin with, for a run that has no checkpoint yet.
    void initialise(const std::filesystem::path& file, const std::string& checkpointKey, JobControl& control);
    /// Continues from the newest checkpoint and cuts the metrics back to it; from an older one only where a
    /// newer one is damaged. Checkpoints that are not to be kept any more are removed. False where there is
    /// none yet: the run is at its start, with weights drawn anew. Throws Error, with nothing changed, for a
    /// checkpoint that must not be read, and for a run that has epochs behind it and no checkpoint.
    bool restore(JobControl& control);

    /// Trains to the end. Cancelled, or where the images or the memory fail: writes a checkpoint first. Polls
    /// in every micro-batch, at least three times. Throws Error where a step is not finite, naming it and its
    /// images.
    TrainOutcome run(JobControl& control);

private:
    Learner& learner() { return stepper_.learner(); }
    bool loadNewest(JobControl& control);
    void takeUpMetrics(JobControl& control);
    void refuseLostCheckpoints() const;
    void trainAll(JobControl& control);
    void alone(const std::function<void()>& part);
    void takeStep(JobControl& control);
    void trainStep(JobControl& control);
    void endEpoch(JobControl& control);
    std::vector<std::int64_t> knownToBeBad() const;
    void hearOfBadImages(JobControl& control);
    void leaveOutPauses(const JobControl& control);
    void noteSkipped(const std::vector<BadImage>& images, JobControl& control);
    void fetchNumbers();
    [[noreturn]] void refuseStep(const StepNumbers& numbers);
    EpochMetrics meansOfEpoch() const;
    void finishEpoch(JobControl& whole);
    void noteLeftOut(std::int64_t images, std::int64_t epochs, JobControl& control);
    std::vector<ProbeMetrics> recordProbes(std::int64_t epochs, std::int64_t step,
                                           const SampleFeatures& sample, JobControl& control);
    std::vector<ProbeNeighbours> probeNeighbours(const SampleFeatures& sample);
    void hearRequests(JobControl& control);
    void pin(const std::vector<std::string>& files);
    StateDict teacherWeights();
    void save();
    void rescue() noexcept;
    void note(JobControl& control, const std::string& text) const;

    OptionValues options_;
    const ImageDataset& dataset_;
    RunDirectory& run_;
    at::Device device_;
    TrainEvents events_;
    Stepper stepper_;
    std::optional<double> uniformLoss_;  ///< of an answer that knows nothing
    OnlineEvaluation evaluation_;
    std::int64_t leftOut_ = 0;  ///< images of the last evaluation
    std::optional<Probes> probes_;
    std::unique_ptr<MetricsWriter> metrics_;
    TrainingState state_;
    std::set<std::int64_t> badElsewhere_;  ///< images that other processes could not read
    std::set<std::int64_t> missing_;       ///< images that could not be read in the epoch so far
    StepClock clock_;
    double paused_ = 0;                 ///< seconds of pauses that the clock knows of
    std::vector<StepMetrics> waiting_;  ///< of steps whose numbers are still on the device
    std::vector<StepMetrics> ofEpoch_;  ///< steps of the epoch so far
    std::vector<std::vector<std::int64_t>> imagesOfWaiting_;
    std::chrono::steady_clock::time_point savedAt_;
    bool unsaved_ = false;  ///< steps were taken since the last checkpoint
    bool whole_ = true;  ///< the learner is as the last step left it: not half through an update, nor refused
    TrainOutcome outcome_;
};

}  // namespace dinoscope
