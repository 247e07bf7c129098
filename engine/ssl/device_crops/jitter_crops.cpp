#include "engine/ssl/device_crops/jitter_crops.h"

#include <ATen/ATen.h>

#include <vector>

#include "engine/ssl/device_crops/crop_rows.h"

namespace dinoscope {

namespace {

/// Brightness, contrast and saturation are one operation: sample = base + factor * (sample - base), where the
/// base is black, the mean luma, or the pixel's own.
struct Blends {
    static constexpr std::size_t kNumbers = 3;
    std::vector<std::int64_t> rows;
    std::vector<float> numbers;  ///< [rows, 3]: the factor, how much of the mean and of the luma is the base

    void add(std::int64_t row, const ColourJitter& jitter, JitterStep step) {
        rows.push_back(row);
        const bool ofMean = step == JitterStep::Contrast;
        const bool ofLuma = step == JitterStep::Saturation;
        const float unlessMean = ofLuma ? jitter.saturation : jitter.brightness;
        numbers.push_back(ofMean ? jitter.contrast : unlessMean);
        numbers.push_back(ofMean ? 1 : 0);
        numbers.push_back(ofLuma ? 1 : 0);
    }
};

struct Turns {
    std::vector<std::int64_t> rows;
    std::vector<std::int32_t> shifts;
};

/// ImageEnhance's mean of the lumas [n, size, size], rounded: [n] float32.
at::Tensor meanOf(const at::Tensor& luma) {
    // A row's sum is exact in float32. Divided by a number of the host, a card would multiply by its inverse.
    const at::Tensor area = at::full({1}, luma.size(1) * luma.size(2), luma.options().dtype(at::kDouble));
    return luma.sum(2).sum(1, /*keepdim=*/false, at::kDouble).div_(area).add_(0.5).floor_().to(at::kFloat);
}

void blend(at::Tensor& crops, const at::Tensor& numbers) {
    const auto number = [&](std::int64_t index) { return numbers.select(1, index).view({-1, 1, 1}); };
    const at::Tensor luma = lumaOf(crops);
    const at::Tensor mean = meanOf(luma).view({-1, 1, 1}) * number(1);
    const at::Tensor base = luma.mul(number(2)).add_(mean).unsqueeze(1);
    crops.sub_(base).mul_(number(0).unsqueeze(1)).add_(base).clamp_(0, 255).floor_();
}

}  // namespace

at::Tensor lumaOf(const at::Tensor& crops) {
    // 255 * 2^16 + 2^15 at most: float32 holds every sum.
    return crops.select(1, 0)
        .mul(19595)
        .add_(crops.select(1, 1), 38470)
        .add_(crops.select(1, 2), 7471)
        .add_(0x8000)
        .mul_(0x1p-16)
        .floor_();
}

void jitterCrops(at::Tensor& crops, std::span<const CropJob> jobs, const HueTables& hues,
                 std::int64_t pixels) {
    const at::Device device = crops.device();
    for (std::size_t turn = 0; turn < ColourJitter{}.order.size(); ++turn) {
        Blends blends;
        Turns turns;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            const auto& jitter = jobs[i].plan().jitter;
            if (!jitter) continue;
            const auto row = static_cast<std::int64_t>(i);
            if (jitter->order[turn] != JitterStep::Hue) {
                blends.add(row, *jitter, jitter->order[turn]);
                continue;
            }
            turns.rows.push_back(row);
            turns.shifts.push_back(jitter->hueShift());
        }
        changeRows(crops, blends.rows, pixels, [&](at::Tensor& part, std::size_t first) {
            const std::size_t count = static_cast<std::size_t>(part.size(0)) * Blends::kNumbers;
            const auto numbers =
                std::span<const float>(blends.numbers).subspan(first * Blends::kNumbers, count);
            blend(part, onDevice(numbers, device).view({-1, Blends::kNumbers}));
        });
        changeRows(crops, turns.rows, pixels, [&](at::Tensor& part, std::size_t first) {
            const auto count = static_cast<std::size_t>(part.size(0));
            hues.shift(part,
                       onDevice(std::span<const std::int32_t>(turns.shifts).subspan(first, count), device));
        });
    }
}

}  // namespace dinoscope
