#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "engine/ssl/device_crops/crop_job.h"

namespace dinoscope {

/// Resizes the boxes of views of one size as Pillow does, to its bytes: products of matrices along one side,
/// then along the other, rounded to 8 bits after each. `bytes` [n] uint8 are those of a ByteStore. Returns
/// [jobs, 3, size, size] float32, whole numbers from 0 to 255.
///
/// An image and a weight of 22 bits have products beyond the 24 bits of float32. Weights therefore come in
/// two parts of up to 12 bits, whose sums are exact, in whatever order, and in TF32 too.
///
/// Takes about `workspace` bytes beside the result, or what one crop needs.
at::Tensor resampleCrops(const at::Tensor& bytes, std::span<const CropJob> jobs, std::int64_t workspace);

/// What resampleCrops() takes beside the result for one crop of a box first x second, in bytes.
std::int64_t resampleBytes(std::int64_t first, std::int64_t second, std::int64_t size);

}  // namespace dinoscope
