// The loops of colours that turn, a part of pixel_kernels.inl.

namespace dinoscope {

namespace {

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

/// Runs `block(from, to)` on pixels kBlock at a time, the last, partial block in copies.
template <typename Block>
void throughBlocks(Planes from, std::size_t count, Planes to, const Block& block) {
    std::size_t i = 0;
    for (; i + kBlock <= count; i += kBlock) {
        block(Planes{from.red + i, from.green + i, from.blue + i},
              Planes{to.red + i, to.green + i, to.blue + i});
    }
    if (i == count) return;
    std::uint8_t samples[3][kBlock] = {};
    for (std::size_t k = 0; k < count - i; ++k) {
        samples[0][k] = from.red[i + k];
        samples[1][k] = from.green[i + k];
        samples[2][k] = from.blue[i + k];
    }
    const Planes rest{samples[0], samples[1], samples[2]};
    block(rest, rest);
    for (std::size_t k = 0; k < count - i; ++k) {
        to.red[i + k] = samples[0][k];
        to.green[i + k] = samples[1][k];
        to.blue[i + k] = samples[2][k];
    }
}

void shiftHue(Planes planes, std::size_t count, std::uint8_t shift) {
    HueBlock block;
    throughBlocks(planes, count, planes, [&](Planes from, Planes to) {
        readHues(from.red, from.green, from.blue, block);
        roundHues(block);
        spreadHues(block, shift);
        writeHues(block, to.red, to.green, to.blue);
    });
}

void toHsv(Planes rgb, std::size_t count, Planes hsv) {
    HueBlock block;
    throughBlocks(rgb, count, hsv, [&](Planes from, Planes to) {
        readHues(from.red, from.green, from.blue, block);
        roundHues(block);
        for (std::size_t i = 0; i < kBlock; ++i) {
            to.red[i] = static_cast<std::uint8_t>(block.hue[i]);
            to.green[i] = static_cast<std::uint8_t>(block.chroma[i]);
            to.blue[i] = static_cast<std::uint8_t>(block.value[i]);
        }
    });
}

void toRgb(Planes hsv, std::size_t count, Planes rgb) {
    HueBlock block;
    throughBlocks(hsv, count, rgb, [&](Planes from, Planes to) {
        for (std::size_t i = 0; i < kBlock; ++i) {
            block.hue[i] = from.red[i];
            block.chroma[i] = from.green[i];
            block.value[i] = from.blue[i];
        }
        spreadHues(block, 0);
        writeHues(block, to.red, to.green, to.blue);
    });
}

}  // namespace

}  // namespace dinoscope
