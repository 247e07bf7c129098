#include "engine/ssl/device_crops/blur_crops.h"

#include <ATen/ATen.h>

#include <map>
#include <vector>

#include "engine/ssl/augment/gaussian_blur.h"
#include "engine/ssl/device_crops/crop_rows.h"

namespace dinoscope {

namespace {

constexpr int kPasses = 3;
constexpr int kWeightUnitBits = 24;
constexpr std::int32_t kMiddle = 128;

/// Crops whose boxes have the same number of taps.
struct Boxes {
    static constexpr std::size_t kNumbers = 3;
    std::vector<std::int64_t> rows;
    std::vector<std::int32_t> numbers;  ///< [rows, 3]: the inner and the outer weight, what rounds

    /// A sum of 8-bit samples times weights of 24 bits needs 32 bits without a sign. Of samples less 128 it
    /// fits an int32: all weights together are 2^24 or one less, which is made up for here.
    void add(std::int64_t row, const BoxWeights& weights) {
        const auto taps = static_cast<std::uint32_t>(weights.taps);
        const std::uint32_t sum = (taps - 2) * weights.inner + 2 * weights.outer;
        const auto missing = static_cast<std::int32_t>((1U << kWeightUnitBits) - sum);
        rows.push_back(row);
        numbers.push_back(static_cast<std::int32_t>(weights.inner));
        numbers.push_back(static_cast<std::int32_t>(weights.outer));
        numbers.push_back((1 << (kWeightUnitBits - 1)) - kMiddle * missing);
    }
};

/// The passes of a box along `dim` of samples [n, 3, size, size] int32, less kMiddle. `numbers` is [n, 3].
at::Tensor boxPasses(const at::Tensor& samples, std::int64_t dim, int taps, const at::Tensor& numbers) {
    const auto number = [&](std::int64_t index) { return numbers.select(1, index).view({-1, 1, 1, 1}); };
    const std::int64_t reach = taps / 2;
    const std::int64_t length = samples.size(dim);
    std::vector<std::int64_t> sizes = samples.sizes().vec();
    sizes[static_cast<std::size_t>(dim)] += 2 * reach;
    // The samples, with copies of the outermost on both sides.
    const at::Tensor all = at::empty(sizes, samples.options());
    at::Tensor inside = all.narrow(dim, reach, length);
    inside.copy_(samples);
    for (int pass = 0; pass < kPasses; ++pass) {
        all.narrow(dim, 0, reach).copy_(inside.narrow(dim, 0, 1));
        all.narrow(dim, reach + length, reach).copy_(inside.narrow(dim, length - 1, 1));
        const at::Tensor far = all.narrow(dim, 0, length) + all.narrow(dim, 2 * reach, length);
        at::Tensor near = all.narrow(dim, 1, length);
        for (int tap = 2; tap + 1 < taps; ++tap)
            near = near + all.narrow(dim, tap, length);
        const at::Tensor sum = at::addcmul(number(2), near, number(0)).addcmul_(far, number(1));
        at::bitwise_right_shift_out(inside, sum, kWeightUnitBits);
    }
    return inside;
}

void blur(at::Tensor& crops, int taps, const at::Tensor& numbers) {
    const at::Tensor samples = crops.to(at::kInt).sub_(kMiddle);
    crops.copy_(boxPasses(boxPasses(samples, 3, taps, numbers), 2, taps, numbers));
    crops.add_(kMiddle);
}

}  // namespace

void blurCrops(at::Tensor& crops, std::span<const CropJob> jobs, std::int64_t pixels) {
    std::map<int, Boxes> byTaps;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const float radius = jobs[i].plan().blurRadius;
        if (!(radius > 0)) continue;
        const BoxWeights weights = gaussianBox(radius);
        byTaps[weights.taps].add(static_cast<std::int64_t>(i), weights);
    }
    for (const auto& [taps, boxes] : byTaps) {
        const std::span<const std::int32_t> all(boxes.numbers);
        changeRows(crops, boxes.rows, pixels, [&, taps = taps](at::Tensor& part, std::size_t first) {
            const std::size_t count = static_cast<std::size_t>(part.size(0)) * Boxes::kNumbers;
            const auto numbers = all.subspan(first * Boxes::kNumbers, count);
            blur(part, taps, onDevice(numbers, part.device()).view({-1, Boxes::kNumbers}));
        });
    }
}

}  // namespace dinoscope
