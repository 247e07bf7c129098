#pragma once

#include <cstdint>
#include <vector>

#include "engine/api/runtime.h"

namespace dinoscope::api {

/// How fast this machine trains, from short trials.
struct TrainSpeed {
    struct Trial {
        double operations = 0;  ///< of one image
        double operationsPerSecond = 0;
    };
    std::vector<Trial> trials;  ///< one or more
};

/// Some micro-batches each of the trainings that `trials` say, with noise for images.
/// Decoding is left out: with as many threads as cores it takes a tenth of the time or less. On the engine's
/// thread.
TrainSpeed measureTrainSpeed(const std::vector<OptionValues>& trials, JobControl& control);

/// What a run of `images` images will take, scaled by operations from the trial whose images cost most alike:
/// other shapes reach other rates, so it is told as "about".
double secondsOfRun(const OptionValues& options, std::int64_t images, const TrainSpeed& speed);

}  // namespace dinoscope::api
