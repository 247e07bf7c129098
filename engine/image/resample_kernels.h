#pragma once

#include <cstddef>
#include <cstdint>

namespace dinoscope {

/// Fractional bits of a weight: 8 bits of a sample and 2 of head room for overshoot fill an int32.
inline constexpr int kWeightBits = 32 - 8 - 2;

/// out[i] = the sum over k < count of weights[k] * rows[k * stride + i], for i < length, in units of
/// 2^-kWeightBits, rounded and clamped to 8 bits.
using WeightRows = void (*)(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights,
                            int count, std::size_t length, std::uint8_t* out);
/// to[column * toStride + row] = from[row * fromStride + column].
using TransposeBytes = void (*)(const std::uint8_t* from, std::size_t fromStride, std::size_t rows,
                                std::size_t columns, std::uint8_t* to, std::size_t toStride);

/// The inner loops of resampling on one path of the processor.
struct ResampleKernels {
    WeightRows weightRows;
    TransposeBytes transpose;
};

ResampleKernels portableResampleKernels();
/// Only for processors with AVX2.
ResampleKernels avx2ResampleKernels();

}  // namespace dinoscope
