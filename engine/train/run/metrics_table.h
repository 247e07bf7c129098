#pragma once

#include <string>

#include "engine/train/run/metrics.h"

namespace dinoscope {

/// All steps as comma-separated values (RFC 4180) under the names of metrics.jsonl, a step a line; those that
/// end an epoch have its k-NN accuracy or effective rank, where it was measured. What is not finite is "nan",
/// "inf" or "-inf".
std::string metricsTable(const Metrics& metrics);

}  // namespace dinoscope
