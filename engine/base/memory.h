#pragma once

#include <cstdint>

namespace dinoscope {

/// Bytes that new allocations can take, as /proc/meminfo, the cgroup's limit and `ulimit -v` tell; page cache
/// that gives way counts as free.
std::int64_t availableMemory();

/// Bytes of main memory that this process holds, and the most it ever held.
std::int64_t residentMemory();
std::int64_t peakResidentMemory();

}  // namespace dinoscope
