#include "engine/ssl/device_crops/hue_tables.h"

#include <ATen/ATen.h>

#include <cstring>
#include <vector>

#include "engine/base/parallel.h"
#include "engine/ssl/augment/pixel_kernels.h"

namespace dinoscope {

namespace {

constexpr int kHueBits = 16;  // below the highest of three bytes
constexpr std::int64_t kLeast = 1;

/// Calls `write(triple, a, b, c)` with what `turn` makes of every triple of bytes.
template <typename Turn, typename Write>
void turnAll(const Turn& turn, const Write& write) {
    constexpr std::size_t kPlane = 1 << kHueBits;  // triples with the same first byte
    parallelFor(0, 256, kLeast, [&](std::int64_t from, std::int64_t to) {
        std::vector<std::uint8_t> samples(6 * kPlane);
        const auto planes = [&](std::size_t at) {
            return Planes{samples.data() + at * kPlane, samples.data() + (at + 1) * kPlane,
                          samples.data() + (at + 2) * kPlane};
        };
        const Planes triples = planes(0);
        const Planes turned = planes(3);
        for (std::size_t i = 0; i < kPlane; ++i) {
            triples.green[i] = static_cast<std::uint8_t>(i >> 8);
            triples.blue[i] = static_cast<std::uint8_t>(i & 255);
        }
        for (std::int64_t first = from; first < to; ++first) {
            std::memset(triples.red, static_cast<int>(first), kPlane);
            turn(triples, kPlane, turned);
            for (std::size_t i = 0; i < kPlane; ++i) {
                write((static_cast<std::size_t>(first) << kHueBits) + i, turned.red[i], turned.green[i],
                      turned.blue[i]);
            }
        }
    });
}

}  // namespace

HueTables::HueTables(at::Device device) {
    const PixelKernels kernels = pixelKernels(cpuPath());
    const at::Tensor toHsv = at::empty({kColours}, at::kInt);
    auto* hsv = toHsv.mutable_data_ptr<std::int32_t>();
    turnAll(kernels.toHsv, [hsv](std::size_t triple, int hue, int saturation, int value) {
        hsv[triple] = hue << kHueBits | saturation << 8 | value;
    });
    const at::Tensor toRgb = at::empty({kColours, 3}, at::kByte);
    auto* rgb = toRgb.mutable_data_ptr<std::uint8_t>();
    turnAll(kernels.toRgb,
            [rgb](std::size_t triple, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
                rgb[3 * triple] = red;
                rgb[3 * triple + 1] = green;
                rgb[3 * triple + 2] = blue;
            });
    toHsv_ = toHsv.to(device);
    toRgb_ = toRgb.to(device);
}

void HueTables::shift(at::Tensor& crops, const at::Tensor& shifts) const {
    // Below 2^24, which float32 holds.
    const at::Tensor colours =
        crops.select(1, 0).mul(256).add_(crops.select(1, 1)).mul_(256).add_(crops.select(1, 2)).to(at::kInt);
    at::Tensor hsv = toHsv_.index_select(0, colours.flatten()).view(colours.sizes());
    hsv.add_(shifts.mul(1 << kHueBits).view({-1, 1, 1})).bitwise_and_(kColours - 1);
    const at::Tensor rgb = toRgb_.index_select(0, hsv.flatten());
    crops.copy_(rgb.view({crops.size(0), crops.size(2), crops.size(3), 3}).permute({0, 3, 1, 2}));
}

}  // namespace dinoscope
