#pragma once

#include "engine/train/stepper.h"

namespace dinoscope {

/// A session of a run in a process that is not the first of those that share it: takes its part of each step,
/// and writes nothing. Process 0 is a Trainer.
class TrainingPeer {
public:
    /// Keeps a reference to the dataset; `place.processes` is not null.
    TrainingPeer(const OptionValues& options, const ImageDataset& dataset, const StepperPlace& place);

    /// From where process 0 begins to the last epoch. Throws Error where another process is gone, process 0
    /// after a step that is not finite among them, and Cancelled where one was cancelled. Returns the steps
    /// that it took.
    std::int64_t run(JobControl& control);

private:
    void takeStep(JobControl& control);
    void endEpoch();
    void letGoOfNumbers();

    OptionValues options_;
    Stepper stepper_;
    TrainingState state_;
    std::vector<BadImage> bad_;  ///< found in the epoch so far
    std::int64_t waiting_ = 0;   ///< steps whose numbers are still kept
};

}  // namespace dinoscope
