#pragma once

#include <c10/core/Device.h>

#include "engine/base/job.h"
#include "engine/base/option.h"

namespace dinoscope {

/// Seconds that this machine computes for an image of a training as `options` say: by steps of one and of two
/// micro-batches of noise, the fastest of up to three each, after one to warm up. What the second micro-batch
/// adds is an image's; the rest is shared by the images of a step. Takes the memory of the training. Polls as
/// Learner::accumulate().
double measureSecondsPerImage(const OptionValues& options, c10::Device device, bool bf16, int threads,
                              JobControl& control);

/// Operations of one image in a whole step: the student's forward and backward pass, the teacher's pass, both
/// heads. What takes r times as many takes about r times as long.
double stepOperations(const OptionValues& options);

}  // namespace dinoscope
