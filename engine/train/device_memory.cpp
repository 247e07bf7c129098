#include "engine/train/device_memory.h"

#include <c10/core/CachingDeviceAllocator.h>

#include "engine/base/memory.h"

namespace dinoscope {

namespace {

constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);

}  // namespace

std::int64_t peakMemory(c10::Device device) {
    if (device.is_cpu()) return peakResidentMemory();
    const auto index = static_cast<c10::DeviceIndex>(device.has_index() ? device.index() : 0);
    return c10::getDeviceAllocator(device.type())->getDeviceStats(index).allocated_bytes[kAll].peak;
}

std::int64_t freeMemory(c10::Device device) {
    if (device.is_cpu()) return availableMemory();
    const auto index = static_cast<c10::DeviceIndex>(device.has_index() ? device.index() : 0);
    return static_cast<std::int64_t>(c10::getDeviceAllocator(device.type())->getMemoryInfo(index).first);
}

}  // namespace dinoscope
