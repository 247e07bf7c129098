#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <span>

namespace dinoscope {

/// Memory of the processor for `count` numbers that `device` reads while the processor goes on: page-locked
/// for a card, ordinary where pages cannot be locked (logged once).
at::Tensor hostMemory(std::int64_t count, at::ScalarType type, at::Device device);

// Lists that the processor knows, [n] on the device. Nothing waits for their copying.
at::Tensor onDevice(std::span<const std::int64_t> values, at::Device device);
at::Tensor onDevice(std::span<const std::int32_t> values, at::Device device);
at::Tensor onDevice(std::span<const float> values, at::Device device);

}  // namespace dinoscope
