#pragma once

#include <cstdint>
#include <vector>

#include "engine/ssl/augment/pixel_kernels.h"

namespace dinoscope {

/// The passes that stand for a Gaussian of standard deviation `radius` > 0 (Gwosdek et al. 2011, as Pillow
/// has it: each of the three passes runs along rows, then each along columns).
BoxWeights gaussianBox(float radius);

/// Pillow's ImageFilter.GaussianBlur of a plane [height, width], in place. `scratch` is only there to be used
/// again.
void gaussianBlur(std::uint8_t* plane, int width, int height, const BoxWeights& weights,
                  const PixelKernels& kernels, std::vector<std::uint8_t>& scratch);

}  // namespace dinoscope
