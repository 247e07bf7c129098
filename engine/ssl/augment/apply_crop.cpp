#include "engine/ssl/augment/apply_crop.h"

#include <array>
#include <cstring>

#include "engine/ssl/augment/gaussian_blur.h"

namespace dinoscope {

namespace {

constexpr int kSolarizeFrom = 128;

using NormalTable = std::array<std::array<float, 256>, Image::kChannels>;

/// What each 8-bit sample of each channel becomes.
NormalTable normalTable(bool solarize) {
    NormalTable table;
    for (std::size_t channel = 0; channel < table.size(); ++channel) {
        for (int sample = 0; sample < 256; ++sample) {
            const int shown = solarize && sample >= kSolarizeFrom ? 255 - sample : sample;
            const float part = static_cast<float>(shown) / 255.0F;
            table[channel][static_cast<std::size_t>(sample)] =
                (part - kChannelMean[channel]) / kChannelDeviation[channel];
        }
    }
    return table;
}

/// The box alone.
Image cut(const Image& image, const CropBox& box) {
    box.checkWithin(image.width, image.height);
    Image part(box.width, box.height);
    for (int y = 0; y < box.height; ++y) {
        std::memcpy(part.row(y), image.at(box.left, box.top + y), part.rowBytes());
    }
    return part;
}

}  // namespace

Image resizedCrop(const Image& image, const CropBox& box, int size, Filter filter, CpuPath path) {
    const Image part = cut(image, box);
    const SourceBox whole{0, 0, static_cast<float>(part.width), static_cast<float>(part.height)};
    return resize(part, size, size, filter, whole, path);
}

void normalisePlanes(const Planes& planes, int width, int height, bool flip, bool solarize,
                     const PixelKernels& kernels, float* out) {
    static const NormalTable kPlain = normalTable(false);
    static const NormalTable kSolarized = normalTable(true);
    const NormalTable& table = solarize ? kSolarized : kPlain;
    const auto columns = static_cast<std::size_t>(width);
    const std::uint8_t* rows[] = {planes.red, planes.green, planes.blue};
    for (std::size_t channel = 0; channel < table.size(); ++channel) {
        const std::uint8_t* row = rows[channel];
        for (int y = 0; y < height; ++y, row += columns, out += columns) {
            kernels.map(row, columns, table[channel].data(), flip, out);
        }
    }
}

CropMaker::CropMaker(CpuPath path, Filter filter)
    : path_(path), filter_(filter), kernels_(pixelKernels(path)) {}

Planes CropMaker::split(const Image& image) {
    const auto area = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    planes_.resize(image.pixels.size());
    const Planes planes{planes_.data(), planes_.data() + area, planes_.data() + 2 * area};
    kernels_.split(image.pixels.data(), area, planes);
    return planes;
}

void CropMaker::jitter(const Planes& planes, std::size_t count, const ColourJitter& jitter) {
    for (const JitterStep step : jitter.order) {
        switch (step) {
            case JitterStep::Brightness:
                kernels_.blend(planes.red, 3 * count, 0, jitter.brightness);
                break;
            case JitterStep::Contrast: {
                const double sum = static_cast<double>(kernels_.sumLuma(planes, count));
                const int mean = static_cast<int>(sum / static_cast<double>(count) + 0.5);
                kernels_.blend(planes.red, 3 * count, mean, jitter.contrast);
                break;
            }
            case JitterStep::Saturation:
                kernels_.blendWithLuma(planes, count, jitter.saturation);
                break;
            case JitterStep::Hue:
                kernels_.shiftHue(planes, count, jitter.hueShift());
                break;
        }
    }
}

void CropMaker::blur(const Planes& planes, int size, float radius) {
    const BoxWeights weights = gaussianBox(radius);
    for (std::uint8_t* plane : {planes.red, planes.green, planes.blue}) {
        gaussianBlur(plane, size, size, weights, kernels_, scratch_);
    }
}

void CropMaker::make(const Image& image, const CropPlan& plan, int size, float* out) {
    const Planes planes = split(resizedCrop(image, plan.box, size, filter_, path_));
    const auto count = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
    // The flip waits: nothing until the end knows left from right.
    if (plan.jitter) jitter(planes, count, *plan.jitter);
    if (plan.gray) kernels_.toGray(planes, count);
    if (plan.blurRadius > 0) blur(planes, size, plan.blurRadius);
    normalisePlanes(planes, size, size, plan.flip, plan.solarize, kernels_, out);
}

}  // namespace dinoscope
