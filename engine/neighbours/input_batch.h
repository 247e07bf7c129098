#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "engine/neighbours/image_input.h"

namespace dinoscope {

/// Inputs of one size as a batch on the device, float32 [n, 3, height, width]: ToTensor and Normalize. To a
/// card they travel as bytes, a quarter of the numbers, and behind the processor.
at::Tensor toBatch(std::span<const NetworkInput* const> inputs, at::Device device = at::kCPU);

/// How a card does it, from uint8 [n, 3, height, width]: equal within rounding on any device.
at::Tensor normaliseBytes(const at::Tensor& bytes);

}  // namespace dinoscope
