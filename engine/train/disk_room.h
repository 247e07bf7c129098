#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "engine/train/run/run_directory.h"

namespace dinoscope {

/// Bytes that can still be written where `folder` is or will be made; nothing where that cannot be told.
std::optional<std::int64_t> freeSpace(std::filesystem::path folder);

/// A sentence where a run's checkpoints (`kept`, and the one being written) will not all find `free` bytes;
/// empty where they do. Those that are there already have theirs.
std::string tightDisk(const RunPaths& run, std::int64_t checkpointBytes, std::int64_t kept,
                      std::int64_t free);

}  // namespace dinoscope
