#include <algorithm>
#include <array>

#include "engine/image/resample_kernels.h"

namespace dinoscope {

namespace {

void weightRows(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights, int count,
                std::size_t length, std::uint8_t* out) {
    constexpr std::size_t kBlock = 256;
    std::array<std::int32_t, kBlock> sums;
    for (std::size_t begin = 0; begin < length; begin += kBlock) {
        const std::size_t size = std::min(kBlock, length - begin);
        sums.fill(1 << (kWeightBits - 1));
        for (int k = 0; k < count; ++k) {
            const std::uint8_t* row = rows + static_cast<std::size_t>(k) * stride + begin;
            const std::int32_t weight = weights[k];
            for (std::size_t i = 0; i < size; ++i) {
                sums[i] += weight * row[i];
            }
        }
        for (std::size_t i = 0; i < size; ++i) {
            out[begin + i] = static_cast<std::uint8_t>(std::clamp(sums[i] >> kWeightBits, 0, 255));
        }
    }
}

void transpose(const std::uint8_t* from, std::size_t fromStride, std::size_t rows, std::size_t columns,
               std::uint8_t* to, std::size_t toStride) {
    constexpr std::size_t kTile = 16;
    for (std::size_t left = 0; left < columns; left += kTile) {
        const std::size_t right = std::min(left + kTile, columns);
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t column = left; column < right; ++column) {
                to[column * toStride + row] = from[row * fromStride + column];
            }
        }
    }
}

}  // namespace

ResampleKernels portableResampleKernels() {
    return {weightRows, transpose};
}

}  // namespace dinoscope
