#pragma once

#include "engine/train/stepper.h"

namespace dinoscope {

/// A session of a run in a process that is not the first of those that share it: takes its part of each step,
/// and writes nothing. Process 0 is a Trainer.
class TrainingPeer {
public:
    /// Keeps a reference to the dataset; `place.processes` is not null.
    TrainingPeer(const OptionValues& options, const ImageDataset& dataset, const StepperPlace& place);

    /// From where process 0 begins to the last epoch. Throws Error where a step is not finite or another
    /// process is gone, and Cancelled where one of them was cancelled. Returns the steps that it took.
    std::int64_t run(JobControl& control);

private:
    void takeStep(JobControl& control);
    void endEpoch();
    void fetchNumbers();

    OptionValues options_;
    Stepper stepper_;
    TrainingState state_;
    std::int64_t waiting_ = 0;  ///< steps whose numbers were not looked at
};

}  // namespace dinoscope
