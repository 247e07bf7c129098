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

/// A block's colours on their way through Pillow's convert("HSV").
struct HueBlock {
    float start[kBlock];  ///< where the sextant of the colour circle begins or ends, in sixths
    float sign[kBlock];   ///< which of the two
    float ratio[kBlock];  ///< of the middle channel
    float saturation[kBlock];
    int hue[kBlock];
    int chroma[kBlock];  ///< saturation, 0 to 255
    int value[kBlock];
    double odd[kBlock];  ///< 1 where the sextant is, else 0
    double least[kBlock];
    double falling[kBlock];
    double rising[kBlock];
    int low[kBlock];
    int middle[kBlock];
};

void readHues(const std::uint8_t* __restrict red, const std::uint8_t* __restrict green,
              const std::uint8_t* __restrict blue, HueBlock& block) {
    for (std::size_t i = 0; i < kBlock; ++i) {
        const int r = red[i];
        const int g = green[i];
        const int b = blue[i];
        const int high = larger(r, larger(g, b));
        const int low = smaller(r, smaller(g, b));
        const int notRed = g == high ? 2 : 4;
        const int start = r == high ? 0 : notRed;
        const int nextUnlessRed = g == high ? r : g;
        const int next = r == high ? b : nextUnlessRed;
        // (high - channel) / (high - low) is 1 for the lowest channel: only the middle one's is computed. A
        // gray pixel gets a hue that is never seen, since its saturation is 0.
        const int middle = r + g + b - high - low;
        const int sign = next == low ? 1 : -1;
        block.sign[i] = static_cast<float>(sign);
        block.start[i] = static_cast<float>(start + sign);
        block.ratio[i] = static_cast<float>(high - middle) / static_cast<float>(larger(high - low, 1));
        block.saturation[i] = static_cast<float>(high - low) / static_cast<float>(larger(high, 1));
        block.value[i] = high;
    }
}

/// Double and single precision alternate as they do in Pillow: its results on the border of two numbers hang
/// on it. (A factor of 1 / 6 in place of its division changes none of the 2^24 colours.)
void roundHues(HueBlock& block) {
    for (std::size_t i = 0; i < kBlock; ++i) {
        const double sixths = static_cast<double>(block.start[i]) -
                              static_cast<double>(block.sign[i]) * static_cast<double>(block.ratio[i]);
        const double turn = static_cast<double>(static_cast<float>(sixths)) * (1.0 / 6.0) + 1.0;
        const double part = turn >= 1.0 ? turn - 1.0 : turn;
        block.hue[i] = static_cast<int>(static_cast<double>(static_cast<float>(part)) * 255.0);
        block.chroma[i] = static_cast<int>(static_cast<double>(block.saturation[i]) * 255.0);
    }
}

/// Turns the hues, and finds the two other numbers that a pixel's channels have besides its value: the least,
/// and one that falls (odd sextants) or rises (even ones) with the hue.
void spreadHues(HueBlock& block, int shift) {
    for (std::size_t i = 0; i < kBlock; ++i) {
        const int hue = (block.hue[i] + shift) & 255;
        const int sextant = (2 * hue * 772) >> 16;  // hue * 6 / 255; 6 is the first again
        const float part = static_cast<float>(6 * hue - 255 * sextant) / 255.0F;
        const float chroma = static_cast<float>(block.chroma[i]) / 255.0F;
        block.hue[i] = sextant;
        block.odd[i] = static_cast<double>(sextant & 1);
        block.least[i] = static_cast<double>(chroma);
        block.falling[i] = static_cast<double>(chroma * part);
        block.rising[i] = static_cast<double>(chroma) * (1.0 - static_cast<double>(part));
    }
    for (std::size_t i = 0; i < kBlock; ++i) {
        const double value = static_cast<double>(block.value[i]);
        const double taken = block.odd[i] > 0 ? block.falling[i] : block.rising[i];
        block.low[i] = static_cast<int>(value * (1.0 - block.least[i]) + 0.5);
        block.middle[i] = static_cast<int>(value * (1.0 - taken) + 0.5);
    }
}

// In which sextants (0 to 6, a bit each) a channel is the middle one or the lowest.
constexpr int kRedMiddle = 0b0010010;
constexpr int kRedLow = 0b0001100;
constexpr int kGreenMiddle = 0b1001001;
constexpr int kGreenLow = 0b0110000;
constexpr int kBlueMiddle = 0b0100100;
constexpr int kBlueLow = 0b1000011;

/// `value` in the sextants whose bit is set, else 0: without a branch.
int chosen(int sextants, int sextant, int value) {
    return value & -(sextants >> sextant & 1);
}

/// Pillow's convert("RGB") of HSV.
void writeHues(const HueBlock& block, std::uint8_t* __restrict red, std::uint8_t* __restrict green,
               std::uint8_t* __restrict blue) {
    for (std::size_t i = 0; i < kBlock; ++i) {
        const int sextant = block.hue[i];
        const int high = block.value[i];
        const int mid = block.middle[i];
        const int low = block.low[i];
        const int r = high + chosen(kRedMiddle, sextant, mid - high) + chosen(kRedLow, sextant, low - high);
        const int g =
            high + chosen(kGreenMiddle, sextant, mid - high) + chosen(kGreenLow, sextant, low - high);
        const int b = high + chosen(kBlueMiddle, sextant, mid - high) + chosen(kBlueLow, sextant, low - high);
        red[i] = static_cast<std::uint8_t>(r);
        green[i] = static_cast<std::uint8_t>(g);
        blue[i] = static_cast<std::uint8_t>(b);
    }
}

void shiftHue(Planes planes, std::size_t count, std::uint8_t shift) {
    HueBlock block;
    const auto run = [&](std::uint8_t* red, std::uint8_t* green, std::uint8_t* blue) {
        readHues(red, green, blue, block);
        roundHues(block);
        spreadHues(block, shift);
        writeHues(block, red, green, blue);
    };
    std::size_t i = 0;
    for (; i + kBlock <= count; i += kBlock) {
        run(planes.red + i, planes.green + i, planes.blue + i);
    }
    if (i == count) return;
    std::uint8_t red[kBlock] = {};
    std::uint8_t green[kBlock] = {};
    std::uint8_t blue[kBlock] = {};
    for (std::size_t k = 0; k < count - i; ++k) {
        red[k] = planes.red[i + k];
        green[k] = planes.green[i + k];
        blue[k] = planes.blue[i + k];
    }
    run(red, green, blue);
    for (std::size_t k = 0; k < count - i; ++k) {
        planes.red[i + k] = red[k];
        planes.green[i + k] = green[k];
        planes.blue[i + k] = blue[k];
    }
}

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

constexpr PixelKernels kKernels{split, blend, blendWithLuma, sumLuma, toGray, shiftHue, box, map};

}  // namespace

}  // namespace dinoscope
