#pragma once

#include <ATen/core/Tensor.h>

#include "engine/explore/input_geometry.h"
#include "engine/image/image.h"

namespace dinoscope {

/// The network's input as the reference prepares it: antialiased bilinear resize of the 8-bit image as PIL's,
/// crop right and bottom, (x / 255 - mean) / deviation of ImageNet. Float32 [1, 3, inputHeight, inputWidth].
at::Tensor prepareInput(const Image& image, const InputGeometry& geometry);

}  // namespace dinoscope
