#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "engine/ssl/device_crops/crop_job.h"

namespace dinoscope {

/// Pillow's ImageFilter.GaussianBlur, to its bytes: crops [jobs, 3, size, size] float32, whole numbers from 0
/// to 255, in place, each with its own radius; without one it stays. Works on `pixels` pixels at a time.
void blurCrops(at::Tensor& crops, std::span<const CropJob> jobs, std::int64_t pixels);

}  // namespace dinoscope
