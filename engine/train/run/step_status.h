#pragma once

#include <string>

#include "engine/train/run/metrics.h"

namespace dinoscope {

/// What a live line tells of a step, what matters most first, so that it can be cut at any ", ": "epoch 3,
/// loss 5.113 (entropy 3.021 + KL 2.092), k-NN 36.7 %, lr 0.0015, …". `lastKnn` is in percent, kNotMeasured
/// for none.
std::string stepStatus(const StepMetrics& step, double lastKnn);

}  // namespace dinoscope
