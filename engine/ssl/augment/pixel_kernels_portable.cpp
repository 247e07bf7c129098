#include "engine/ssl/augment/pixel_kernels.inl"

namespace dinoscope {

PixelKernels portablePixelKernels() {
    return kKernels;
}

PixelKernels pixelKernels(CpuPath path) {
    return path >= CpuPath::Avx2 ? avx2PixelKernels() : portablePixelKernels();
}

}  // namespace dinoscope
