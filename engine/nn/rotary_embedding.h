#pragma once

#include <ATen/core/Tensor.h>

namespace dinoscope {

/// Rotary position embedding over a grid of patches (DINOv3, Siméoni et al. 2025;
/// layers/rope_position_encoding.py). Coordinates are the middles of the patches in -1 to 1 along each axis,
/// whatever the number of patches.
struct RotaryTable {
    at::Tensor cosines;  ///< float32 [patches, 1, headDim]
    at::Tensor sines;    ///< the same
};

/// 100^(4i / headDim), i = 0 to headDim / 4 - 1: float32 [headDim / 4].
at::Tensor defaultRotaryPeriods(int headDim);

/// `periods` is float32 [headDim / 4].
RotaryTable rotaryTable(const at::Tensor& periods, int rows, int columns);

/// Rotates queries or keys of patches in place: [..., patches, heads, headDim], of any floating-point type.
void rotate(at::Tensor x, const RotaryTable& table);

}  // namespace dinoscope
