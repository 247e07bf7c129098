// Compiled with -mavx2.
#include "engine/ssl/augment/pixel_kernels.inl"

namespace dinoscope {

PixelKernels avx2PixelKernels() {
    return kKernels;
}

}  // namespace dinoscope
