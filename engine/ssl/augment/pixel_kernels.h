#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/cpu_features.h"

namespace dinoscope {

/// The samples of some pixels, a channel after the other.
struct Planes {
    std::uint8_t* red;
    std::uint8_t* green;
    std::uint8_t* blue;
};

/// One pass of a box filter: every result is `inner` times the sum of all taps but the outermost two, plus
/// `outer` times those two, in units of 2^-24, rounded.
struct BoxWeights {
    int taps = 1;  ///< odd, 3 or more
    std::uint32_t inner = 0;
    std::uint32_t outer = 0;
};

/// The inner loops of augmentation on one path of the processor. All give Pillow's bytes on each path.
struct PixelKernels {
    /// Interleaved RGB to planes.
    void (*split)(const std::uint8_t* rgb, std::size_t count, Planes planes);
    /// sample = base + factor * (sample - base), cut off to 8 bits (ImageEnhance.Brightness and Contrast).
    void (*blend)(std::uint8_t* samples, std::size_t count, int base, float factor);
    /// The same with each pixel's luma as base (ImageEnhance.Color).
    void (*blendWithLuma)(Planes planes, std::size_t count, float factor);
    /// Sum of the lumas (convert("L")).
    std::uint64_t (*sumLuma)(Planes planes, std::size_t count);
    /// Each pixel becomes its luma (to_grayscale).
    void (*toGray)(Planes planes, std::size_t count);
    /// Turns the colours by shift / 255 of the circle, through 8-bit HSV (adjust_hue).
    void (*shiftHue)(Planes planes, std::size_t count, std::uint8_t shift);
    /// Its two halves: to hue, saturation and value, a plane each, and back. `to` may be `from`.
    void (*toHsv)(Planes from, std::size_t count, Planes to);
    void (*toRgb)(Planes from, std::size_t count, Planes to);
    /// out[i] from rows[0][i] … rows[taps - 1][i]. `out` is none of the rows.
    void (*box)(const std::uint8_t* const* rows, const BoxWeights& weights, std::size_t count,
                std::uint8_t* out);
    /// out[i] = table[row[i]], or backwards: of 256 entries.
    void (*map)(const std::uint8_t* row, std::size_t count, const float* table, bool flip, float* out);
};

/// For `path` or, where there is none of its own, the best below it.
PixelKernels pixelKernels(CpuPath path);

PixelKernels portablePixelKernels();
/// Only for processors with AVX2.
PixelKernels avx2PixelKernels();

}  // namespace dinoscope
