// The loops themselves, written for the compiler to vectorise. Included by one file an instruction set, with
// its flags. Nothing here may be an inline function that other files share (std::min is one): the linker
// could keep the copy of a better processor for all.
#include <cstddef>
#include <cstdint>

#include "engine/ssl/augment/pixel_kernels.h"

namespace dinoscope {

namespace {

constexpr std::size_t kBlock = 64;  // pixels that go through all stages of a loop together

int larger(int a, int b) {
    return a > b ? a : b;
}
int smaller(int a, int b) {
    return a < b ? a : b;
}
int luma(int red, int green, int blue) {
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/// Pillow's ImagingBlend() of one sample: single precision, then cut off.
std::uint8_t blended(int base, int sample, float factor) {
    const float value = static_cast<float>(base) + factor * static_cast<float>(sample - base);
    const int whole = static_cast<int>(value);
    return static_cast<std::uint8_t>(smaller(larger(whole, 0), 255));
}

void split(const std::uint8_t* __restrict rgb, std::size_t count, Planes planes) {
    std::uint8_t* __restrict red = planes.red;
    std::uint8_t* __restrict green = planes.green;
    std::uint8_t* __restrict blue = planes.blue;
    for (std::size_t i = 0; i < count; ++i) {
        red[i] = rgb[3 * i];
        green[i] = rgb[3 * i + 1];
        blue[i] = rgb[3 * i + 2];
    }
}

void blend(std::uint8_t* samples, std::size_t count, int base, float factor) {
    for (std::size_t i = 0; i < count; ++i) {
        samples[i] = blended(base, samples[i], factor);
    }
}

void blendWithLuma(Planes planes, std::size_t count, float factor) {
    std::uint8_t* __restrict red = planes.red;
    std::uint8_t* __restrict green = planes.green;
    std::uint8_t* __restrict blue = planes.blue;
    for (std::size_t i = 0; i < count; ++i) {
        const int gray = luma(red[i], green[i], blue[i]);
        red[i] = blended(gray, red[i], factor);
        green[i] = blended(gray, green[i], factor);
        blue[i] = blended(gray, blue[i], factor);
    }
}

std::uint64_t sumLuma(Planes planes, std::size_t count) {
    constexpr std::size_t kPart = 1 << 20;  // whose sum fits 32 bits
    std::uint64_t total = 0;
    for (std::size_t begin = 0; begin < count; begin += kPart) {
        const std::size_t end = count - begin < kPart ? count : begin + kPart;
        std::uint32_t sum = 0;
        for (std::size_t i = begin; i < end; ++i) {
            sum += static_cast<std::uint32_t>(luma(planes.red[i], planes.green[i], planes.blue[i]));
        }
        total += sum;
    }
    return total;
}

void toGray(Planes planes, std::size_t count) {
    std::uint8_t* __restrict red = planes.red;
    std::uint8_t* __restrict green = planes.green;
    std::uint8_t* __restrict blue = planes.blue;
    for (std::size_t i = 0; i < count; ++i) {
        const auto gray = static_cast<std::uint8_t>(luma(red[i], green[i], blue[i]));
        red[i] = gray;
        green[i] = gray;
        blue[i] = gray;
    }
}

}  // namespace

}  // namespace dinoscope

#include "engine/ssl/augment/hue_kernels.inl"

namespace dinoscope {

namespace {

constexpr std::uint32_t kHalf = 1U << 23;

void box3(const std::uint8_t* const* rows, const BoxWeights& weights, std::size_t count,
          std::uint8_t* __restrict out) {
    const std::uint8_t* __restrict a = rows[0];
    const std::uint8_t* __restrict b = rows[1];
    const std::uint8_t* __restrict c = rows[2];
    const std::uint32_t inner = weights.inner;
    const std::uint32_t outer = weights.outer;
    for (std::size_t i = 0; i < count; ++i) {
        const auto far = static_cast<std::uint32_t>(a[i] + c[i]);
        out[i] = static_cast<std::uint8_t>((b[i] * inner + far * outer + kHalf) >> 24);
    }
}

void box5(const std::uint8_t* const* rows, const BoxWeights& weights, std::size_t count,
          std::uint8_t* __restrict out) {
    const std::uint8_t* __restrict a = rows[0];
    const std::uint8_t* __restrict b = rows[1];
    const std::uint8_t* __restrict c = rows[2];
    const std::uint8_t* __restrict d = rows[3];
    const std::uint8_t* __restrict e = rows[4];
    const std::uint32_t inner = weights.inner;
    const std::uint32_t outer = weights.outer;
    for (std::size_t i = 0; i < count; ++i) {
        const auto near = static_cast<std::uint32_t>(b[i] + c[i] + d[i]);
        const auto far = static_cast<std::uint32_t>(a[i] + e[i]);
        out[i] = static_cast<std::uint8_t>((near * inner + far * outer + kHalf) >> 24);
    }
}

void boxN(const std::uint8_t* const* rows, const BoxWeights& weights, std::size_t count,
          std::uint8_t* __restrict out) {
    std::uint32_t near[kBlock];
    for (std::size_t begin = 0; begin < count; begin += kBlock) {
        const std::size_t size = count - begin < kBlock ? count - begin : kBlock;
        for (std::size_t i = 0; i < size; ++i)
            near[i] = 0;
        for (int tap = 1; tap + 1 < weights.taps; ++tap) {
            const std::uint8_t* row = rows[tap] + begin;
            for (std::size_t i = 0; i < size; ++i)
                near[i] += row[i];
        }
        const std::uint8_t* first = rows[0] + begin;
        const std::uint8_t* last = rows[weights.taps - 1] + begin;
        for (std::size_t i = 0; i < size; ++i) {
            const auto far = static_cast<std::uint32_t>(first[i] + last[i]);
            out[begin + i] =
                static_cast<std::uint8_t>((near[i] * weights.inner + far * weights.outer + kHalf) >> 24);
        }
    }
}

void box(const std::uint8_t* const* rows, const BoxWeights& weights, std::size_t count, std::uint8_t* out) {
    if (weights.taps == 3) return box3(rows, weights, count, out);
    if (weights.taps == 5) return box5(rows, weights, count, out);
    boxN(rows, weights, count, out);
}

void map(const std::uint8_t* __restrict row, std::size_t count, const float* __restrict table, bool flip,
         float* __restrict out) {
    if (flip) {
        for (std::size_t i = 0; i < count; ++i)
            out[i] = table[row[count - 1 - i]];
    } else {
        for (std::size_t i = 0; i < count; ++i)
            out[i] = table[row[i]];
    }
}

constexpr PixelKernels kKernels{split,    blend, blendWithLuma, sumLuma, toGray,
                                shiftHue, toHsv, toRgb,         box,     map};

}  // namespace

}  // namespace dinoscope
