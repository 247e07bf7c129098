#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/base/job.h"

namespace dinoscope::api {

/// Steps of metrics.jsonl that a replay keeps at most, evenly spread; epochs and probes are kept all.
inline constexpr std::int64_t kReplaySteps = 2000;

/// Writes what a run shows, without what it could go on from, into a new folder: run.toml, metrics.jsonl and
/// the attention over its probe images. Left out are weights, the log and pictures of the training set; of
/// paths the last name stays. Returns the bytes written. An Error where the run cannot be read, or the folder
/// is there and not empty; nothing is left then.
std::int64_t writeReplay(const std::filesystem::path& run, const std::filesystem::path& folder,
                         JobControl& control);

}  // namespace dinoscope::api
