#include "engine/ssl/device_crops/host_lists.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <mutex>
#include <string>

#include "engine/base/log.h"

namespace dinoscope {

namespace {

template <typename T>
at::Tensor copied(std::span<const T> values, at::ScalarType type, at::Device device) {
    const at::Tensor list = hostMemory(static_cast<std::int64_t>(values.size()), type, device);
    std::copy(values.begin(), values.end(), list.mutable_data_ptr<T>());
    return list.to(at::TensorOptions(device), /*non_blocking=*/true);
}

}  // namespace

at::Tensor hostMemory(std::int64_t count, at::ScalarType type, at::Device device) {
    if (device.is_cpu()) return at::empty({count}, type);
    try {
        return at::empty({count}, at::TensorOptions(type).pinned_memory(true));
    } catch (const c10::Error& error) {
        static std::once_flag told;
        std::call_once(told, [&] {
            log::warn(std::string("no page-locked memory for crops: ") + error.what_without_backtrace());
        });
        return at::empty({count}, type);
    }
}

at::Tensor onDevice(std::span<const std::int64_t> values, at::Device device) {
    return copied(values, at::kLong, device);
}

at::Tensor onDevice(std::span<const std::int32_t> values, at::Device device) {
    return copied(values, at::kInt, device);
}

at::Tensor onDevice(std::span<const float> values, at::Device device) {
    return copied(values, at::kFloat, device);
}

}  // namespace dinoscope
