#pragma once

#include <cstdint>

#include "engine/image/image.h"
#include "engine/ssl/augment/apply_crop.h"

namespace dinoscope {

/// The view of an image that k-NN and probes see: no chance in it.
struct EvaluationOptions {
    int resize = 256;  ///< px, the shorter side; the longer is rounded down
    int crop = 224;    ///< px, both sides, about the centre

    /// Throws UsageError if the crop is empty or larger than the resized side.
    void check() const;
};

/// Resize (bicubic), CenterCrop, ToTensor and Normalize, equal to torchvision's on Pillow images to the last
/// bit. Writes [3, crop, crop] floats to `out`. A resized image beyond kMaxPixels is an Error.
void applyEvaluation(const Image& image, const EvaluationOptions& options, float* out,
                     CpuPath path = cpuPath());

/// Whether an image is so long that scaled as a whole it would take tens of megabytes, up to gigabytes. Of
/// these applyEvaluation() makes the crop alone, which is the same to rounding.
bool isVeryLong(const Image& image);
Image cropForEvaluation(const Image& image, const EvaluationOptions& options, CpuPath path = cpuPath());

/// The two steps that applyEvaluation() is made of. The image with its shorter side scaled to `shorter`:
Image resizeForEvaluation(const Image& image, int shorter, CpuPath path = cpuPath());
/// and a part of it, [3, height, width], normalised, or in bytes as they are.
struct PixelBox {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;
};
PixelBox centreBox(const Image& image, int crop);
void normaliseBox(const Image& image, const PixelBox& box, float* out, CpuPath path = cpuPath());
void splitBox(const Image& image, const PixelBox& box, std::uint8_t* out, CpuPath path = cpuPath());

}  // namespace dinoscope
