#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "engine/ssl/device_crops/crop_job.h"
#include "engine/ssl/device_crops/hue_tables.h"

namespace dinoscope {

/// Pillow's lumas [n, size, size] of crops [n, 3, size, size], all float32 and whole.
at::Tensor lumaOf(const at::Tensor& crops);

/// torchvision's ColorJitter on Pillow images: crops [jobs, 3, size, size] float32, whole numbers from 0 to
/// 255, in place, each by its own factors in its own order. Works on `pixels` pixels at a time.
void jitterCrops(at::Tensor& crops, std::span<const CropJob> jobs, const HueTables& hues,
                 std::int64_t pixels);

}  // namespace dinoscope
