#include "engine/ssl/augment/gaussian_blur.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dinoscope {

namespace {

constexpr int kPasses = 3;

/// The part of a box's radius that is whole, and the rest. In the mix of precisions of Pillow.
float boxRadius(float radius) {
    const float variance = radius * radius / static_cast<float>(kPasses);
    const float length = static_cast<float>(std::sqrt(12.0 * static_cast<double>(variance) + 1.0));
    const float whole = static_cast<float>(std::floor((static_cast<double>(length) - 1.0) / 2.0));
    float rest = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
    rest /= 6 * (variance - (whole + 1) * (whole + 1));
    return whole + rest;
}

/// One row with `reach` copies of its end samples on each side.
void blurRow(std::uint8_t* row, int width, const BoxWeights& weights, const PixelKernels& kernels,
             std::vector<const std::uint8_t*>& taps, std::uint8_t* padded) {
    const int reach = weights.taps / 2;
    const auto count = static_cast<std::size_t>(width);
    const auto side = static_cast<std::size_t>(reach);
    for (std::size_t tap = 0; tap < taps.size(); ++tap) {
        taps[tap] = padded + tap;
    }
    for (int pass = 0; pass < kPasses; ++pass) {
        std::memset(padded, row[0], side);
        std::memcpy(padded + side, row, count);
        std::memset(padded + side + count, row[count - 1], side);
        kernels.box(taps.data(), weights, count, row);
    }
}

void blurColumns(const std::uint8_t* from, int width, int height, const BoxWeights& weights,
                 const PixelKernels& kernels, std::vector<const std::uint8_t*>& taps, std::uint8_t* to) {
    const int reach = weights.taps / 2;
    const auto rowBytes = static_cast<std::size_t>(width);
    for (int y = 0; y < height; ++y) {
        for (int tap = 0; tap < weights.taps; ++tap) {
            const int row = std::clamp(y + tap - reach, 0, height - 1);
            taps[static_cast<std::size_t>(tap)] = from + static_cast<std::size_t>(row) * rowBytes;
        }
        kernels.box(taps.data(), weights, rowBytes, to + static_cast<std::size_t>(y) * rowBytes);
    }
}

}  // namespace

BoxWeights gaussianBox(float radius) {
    constexpr std::uint32_t kOne = 1U << 24;
    const float reach = boxRadius(radius);
    const int whole = static_cast<int>(reach);
    BoxWeights weights;
    weights.taps = 2 * whole + 3;
    weights.inner = static_cast<std::uint32_t>(static_cast<float>(kOne) / (reach * 2 + 1));
    weights.outer = (kOne - static_cast<std::uint32_t>(whole * 2 + 1) * weights.inner) / 2;
    return weights;
}

void gaussianBlur(std::uint8_t* plane, int width, int height, const BoxWeights& weights,
                  const PixelKernels& kernels, std::vector<std::uint8_t>& scratch) {
    const auto area = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    scratch.resize(std::max(area, static_cast<std::size_t>(width + weights.taps)));
    std::vector<const std::uint8_t*> taps(static_cast<std::size_t>(weights.taps));
    for (int y = 0; y < height; ++y) {
        blurRow(plane + static_cast<std::size_t>(y) * static_cast<std::size_t>(width), width, weights,
                kernels, taps, scratch.data());
    }
    blurColumns(plane, width, height, weights, kernels, taps, scratch.data());
    blurColumns(scratch.data(), width, height, weights, kernels, taps, plane);
    blurColumns(plane, width, height, weights, kernels, taps, scratch.data());
    std::memcpy(plane, scratch.data(), area);
}

}  // namespace dinoscope
