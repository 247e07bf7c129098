#pragma once

#include <cstdint>
#include <filesystem>

namespace dinoscope {

/// Bytes that new allocations can take, as /proc/meminfo, the cgroups' limits and `ulimit -v` tell; page
/// cache that gives way counts as free.
std::int64_t availableMemory();

/// What the memory limits of this process's cgroup and of those around it leave, of version 1 or 2; INT64_MAX
/// where none is set. `root` holds proc/ and sys/.
std::int64_t cgroupMemoryLeft(const std::filesystem::path& root = "/");

/// Bytes of main memory that this process holds, and the most it ever held.
std::int64_t residentMemory();
std::int64_t peakResidentMemory();

/// Whether the exception that is being handled tells of memory that ran out. Call only inside a catch block.
bool isOutOfMemory();

}  // namespace dinoscope
