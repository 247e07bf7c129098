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

Image resized(const Image& image, int shorter, CpuPath path) {
    const bool upright = image.width <= image.height;
    const int width = upright ? shorter : longerSide(image.width, image.height, shorter);
    const int height = upright ? longerSide(image.height, image.width, shorter) : shorter;
    const SourceBox whole{0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
    return resize(image, width, height, Filter::Bicubic, whole, path);
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

void applyEvaluation(const Image& image, const EvaluationOptions& options, float* out, CpuPath path) {
    const Image whole = resized(image, options.resize, path);
    const int left = centred(whole.width, options.crop);
    const int top = centred(whole.height, options.crop);
    const auto side = static_cast<std::size_t>(options.crop);
    const PixelKernels kernels = pixelKernels(path);
    std::vector<std::uint8_t> samples(side * side * Image::kChannels);
    const Planes planes{samples.data(), samples.data() + side * side, samples.data() + 2 * side * side};
    for (std::size_t row = 0; row < side; ++row) {
        kernels.split(whole.at(left, top + static_cast<int>(row)), side,
                      {planes.red + row * side, planes.green + row * side, planes.blue + row * side});
    }
    normalisePlanes(planes, options.crop, options.crop, false, false, kernels, out);
}

}  // namespace dinoscope
