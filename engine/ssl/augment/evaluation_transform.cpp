#include "engine/ssl/augment/evaluation_transform.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "engine/base/error.h"
#include "engine/image/resample.h"

namespace dinoscope {

namespace {

int longerSide(int longer, int shorter, int resize) {
    const std::int64_t side = std::int64_t{resize} * longer / shorter;
    return static_cast<int>(std::min<std::int64_t>(side, kMaxPixels));
}

/// Half to even, as Python's round().
int centred(int side, int crop) {
    return static_cast<int>(std::nearbyint((side - crop) / 2.0));
}

}  // namespace

void EvaluationOptions::check() const {
    if (crop >= 1 && crop <= resize) return;
    throw UsageError(
        "a crop of " + std::to_string(crop) + " px does not fit a side of " + std::to_string(resize) + " px",
        "--crop", "give 1 or more, and at most --resize");
}

Image resizeForEvaluation(const Image& image, int shorter, CpuPath path) {
    const bool upright = image.width <= image.height;
    const int width = upright ? shorter : longerSide(image.width, image.height, shorter);
    const int height = upright ? longerSide(image.height, image.width, shorter) : shorter;
    const SourceBox whole{0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
    return resize(image, width, height, Filter::Bicubic, whole, path);
}

PixelBox centreBox(const Image& image, int crop) {
    return {centred(image.width, crop), centred(image.height, crop), crop, crop};
}

void normaliseBox(const Image& image, const PixelBox& box, float* out, CpuPath path) {
    const auto width = static_cast<std::size_t>(box.width);
    const auto height = static_cast<std::size_t>(box.height);
    const PixelKernels kernels = pixelKernels(path);
    std::vector<std::uint8_t> samples(width * height * Image::kChannels);
    const Planes planes{samples.data(), samples.data() + width * height, samples.data() + 2 * width * height};
    for (std::size_t row = 0; row < height; ++row) {
        kernels.split(image.at(box.left, box.top + static_cast<int>(row)), width,
                      {planes.red + row * width, planes.green + row * width, planes.blue + row * width});
    }
    normalisePlanes(planes, box.width, box.height, false, false, kernels, out);
}

void applyEvaluation(const Image& image, const EvaluationOptions& options, float* out, CpuPath path) {
    const Image whole = resizeForEvaluation(image, options.resize, path);
    normaliseBox(whole, centreBox(whole, options.crop), out, path);
}

}  // namespace dinoscope
