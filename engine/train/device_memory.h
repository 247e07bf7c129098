#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace dinoscope {

/// The most bytes that this process held so far: resident memory on a CPU, that of tensors on a GPU.
std::int64_t peakMemory(c10::Device device);

/// Bytes that can still be taken; on a CPU the machine's free memory or what the cgroup leaves, whichever is
/// less.
std::int64_t freeMemory(c10::Device device);

}  // namespace dinoscope
