#pragma once

#include <cstdint>

#include "engine/api/runtime.h"

namespace dinoscope::api {

/// How fast this machine trains, from a short trial.
struct TrainSpeed {
    Placement placement;
    double operationsPerSecond = 0;
};

/// Some seconds of the training that `options` say, with noise for images. Decoding is left out: with as many
/// threads as cores it takes a tenth of the time or less. On the engine's thread.
TrainSpeed measureTrainSpeed(const OptionValues& options, JobControl& control);

/// What a run of `images` images will take, scaled by operations to what was tried: other shapes reach other
/// rates, so it is told as "about".
double secondsOfRun(const OptionValues& options, std::int64_t images, const TrainSpeed& speed);

}  // namespace dinoscope::api
