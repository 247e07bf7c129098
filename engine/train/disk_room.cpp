#include "engine/train/disk_room.h"

#include <algorithm>
#include <system_error>

#include "engine/train/memory_plan.h"

namespace dinoscope {

namespace fs = std::filesystem;

std::optional<std::int64_t> freeSpace(fs::path folder) {
    std::error_code code;
    folder = fs::absolute(folder, code);
    while (!fs::exists(folder, code) && folder.has_relative_path())
        folder = folder.parent_path();
    const fs::space_info space = fs::space(folder, code);
    if (code) return std::nullopt;
    return static_cast<std::int64_t>(space.available);
}

std::string tightDisk(const RunPaths& run, std::int64_t checkpointBytes, std::int64_t kept,
                      std::int64_t free) {
    const std::int64_t there = std::min<std::int64_t>(std::ssize(run.listCheckpoints()), kept);
    const std::int64_t toCome = kept + 1 - there;
    if (toCome * checkpointBytes <= free) return {};
    return formatBytes(free) + " are free in " + run.folder().string() + ", too little for " +
           std::to_string(toCome) + (toCome == 1 ? " checkpoint" : " checkpoints") + " of " +
           formatBytes(checkpointBytes) +
           ", those of --keep-last and one more while it is written: make room, or keep fewer";
}

}  // namespace dinoscope
