#pragma once

#include <cstdint>
#include <vector>

#include "engine/image/image.h"
#include "engine/image/resample.h"
#include "engine/ssl/augment/crop_plan.h"
#include "engine/ssl/augment/pixel_kernels.h"

namespace dinoscope {

/// Mean and deviation of ImageNet's channels, for samples between 0 and 1.
inline constexpr float kChannelMean[3] = {0.485F, 0.456F, 0.406F};
inline constexpr float kChannelDeviation[3] = {0.229F, 0.224F, 0.225F};

/// The box of an image alone, resized to size x size: unlike with resize()'s own box, no pixel around it is
/// seen. An Error if the box is empty or leaves the image.
Image resizedCrop(const Image& image, const CropBox& box, int size, Filter filter, CpuPath path);

/// Makes views of images. Holds only memory to be used again: one a thread.
class CropMaker {
public:
    /// `filter` resizes: bicubic in pretraining, bilinear in eval_linear.py.
    explicit CropMaker(CpuPath path = cpuPath(), Filter filter = Filter::Bicubic);

    /// Carries `plan` out: crop, resize to size x size, flip, jitter, grayscale, blur, solarization,
    /// each rounded to 8 bits as Pillow rounds it, then ToTensor and Normalize. Writes size * size * 3 floats
    /// to `out`: [3, size, size], equal to those of torchvision on Pillow images to the last bit, on every
    /// path of the processor. An Error if the box is empty or leaves the image.
    void make(const Image& image, const CropPlan& plan, int size, float* out);

private:
    Planes split(const Image& image);
    void jitter(const Planes& planes, std::size_t count, const ColourJitter& jitter);
    void blur(const Planes& planes, int size, float radius);

    CpuPath path_;
    Filter filter_;
    PixelKernels kernels_;
    std::vector<std::uint8_t> planes_;
    std::vector<std::uint8_t> scratch_;
};

/// ToTensor and Normalize of whole planes [3, height, width]; `flip` mirrors them.
void normalisePlanes(const Planes& planes, int width, int height, bool flip, bool solarize,
                     const PixelKernels& kernels, float* out);

}  // namespace dinoscope
