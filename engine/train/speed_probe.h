#pragma once

#include <c10/core/Device.h>

#include "engine/base/job.h"
#include "engine/base/option.h"

namespace dinoscope {

/// Seconds that this machine computes for an image of a training as `options` say: by three micro-batches of
/// noise through the training step itself, the first of which warms up; the faster of the others counts.
/// Takes the memory of the training. Polls as Learner::accumulate().
double measureSecondsPerImage(const OptionValues& options, c10::Device device, bool bf16, int threads,
                              JobControl& control);

/// Operations of one image in a whole step: the student's forward and backward pass, the teacher's pass, both
/// heads. What takes r times as many takes about r times as long.
double stepOperations(const OptionValues& options);

}  // namespace dinoscope
