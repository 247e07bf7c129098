#include "engine/ssl/augment/evaluation_transform.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/image/resample.h"

namespace dinoscope {

namespace {

int longerSide(int longer, int shorter, int resize) {
    const std::int64_t side = std::int64_t{resize} * longer / shorter;
    return static_cast<int>(std::min<std::int64_t>(side, kMaxPixels));
}

std::pair<int, int> scaledSize(const Image& image, int shorter) {
    if (image.width <= image.height) return {shorter, longerSide(image.height, image.width, shorter)};
    return {longerSide(image.width, image.height, shorter), shorter};
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

bool isVeryLong(const Image& image) {
    constexpr int kVeryLong = 64;
    return std::max(image.width, image.height) / kVeryLong >= std::min(image.width, image.height);
}

Image cropForEvaluation(const Image& image, const EvaluationOptions& options, CpuPath path) {
    const auto [width, height] = scaledSize(image, options.resize);
    const float scaleX = static_cast<float>(image.width) / static_cast<float>(width);
    const float scaleY = static_cast<float>(image.height) / static_cast<float>(height);
    const auto left = static_cast<float>(centred(width, options.crop));
    const auto top = static_cast<float>(centred(height, options.crop));
    const auto crop = static_cast<float>(options.crop);
    const SourceBox box{left * scaleX, top * scaleY, (left + crop) * scaleX, (top + crop) * scaleY};
    return resize(image, options.crop, options.crop, Filter::Bicubic, box, path);
}

Image resizeForEvaluation(const Image& image, int shorter, CpuPath path) {
    const auto [width, height] = scaledSize(image, shorter);
    const SourceBox whole{0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
    return resize(image, width, height, Filter::Bicubic, whole, path);
}

PixelBox centreBox(const Image& image, int crop) {
    return {centred(image.width, crop), centred(image.height, crop), crop, crop};
}

void splitBox(const Image& image, const PixelBox& box, std::uint8_t* out, CpuPath path) {
    const auto width = static_cast<std::size_t>(box.width);
    const std::size_t area = width * static_cast<std::size_t>(box.height);
    const PixelKernels kernels = pixelKernels(path);
    for (int row = 0; row < box.height; ++row, out += width)
        kernels.split(image.at(box.left, box.top + row), width, {out, out + area, out + 2 * area});
}

void normaliseBox(const Image& image, const PixelBox& box, float* out, CpuPath path) {
    const std::size_t area = static_cast<std::size_t>(box.width) * static_cast<std::size_t>(box.height);
    std::vector<std::uint8_t> samples(area * Image::kChannels);
    splitBox(image, box, samples.data(), path);
    normalisePlanes({samples.data(), samples.data() + area, samples.data() + 2 * area}, box.width, box.height,
                    false, false, pixelKernels(path), out);
}

void applyEvaluation(const Image& image, const EvaluationOptions& options, float* out, CpuPath path) {
    if (isVeryLong(image)) {
        normaliseBox(cropForEvaluation(image, options, path), {0, 0, options.crop, options.crop}, out, path);
        return;
    }
    const Image whole = resizeForEvaluation(image, options.resize, path);
    normaliseBox(whole, centreBox(whole, options.crop), out, path);
}

}  // namespace dinoscope
