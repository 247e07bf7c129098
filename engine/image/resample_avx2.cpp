// Compiled with -mavx2. Nothing in this file may be an inline function that other files share: the linker
// could keep the AVX2 copy of it for processors without AVX2.
#include <immintrin.h>

#include "engine/image/resample_kernels.h"

namespace dinoscope {

namespace {

// A weight is high * 2^kLowBits + low. Both halves fit 16 bits, for which there is a multiplication of pairs
// with sum (vpmaddwd), of twice the rate of one of 32 bits. Sums may wrap around in between: the total is
// exact.
constexpr int kLowBits = 11;
constexpr std::int32_t kLowMask = (1 << kLowBits) - 1;

/// 16-bit pairs (first, second) in all lanes.
__m256i pairs(std::int32_t first, std::int32_t second) {
    const auto bits =
        (static_cast<std::uint32_t>(second) << 16) | (static_cast<std::uint32_t>(first) & 0xFFFFu);
    return _mm256_set1_epi32(static_cast<int>(bits));
}

/// Sums of eight samples each; 0 to 3 are the quarters of 32 samples as unpacking leaves them.
struct Sums {
    __m256i high[4];
    __m256i low[4];
};

void add(Sums& sums, __m256i first, __m256i second, __m256i high, __m256i low) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i front = _mm256_unpacklo_epi8(first, second);
    const __m256i back = _mm256_unpackhi_epi8(first, second);
    const __m256i samples[4] = {_mm256_unpacklo_epi8(front, zero), _mm256_unpackhi_epi8(front, zero),
                                _mm256_unpacklo_epi8(back, zero), _mm256_unpackhi_epi8(back, zero)};
    for (int i = 0; i < 4; ++i) {
        sums.high[i] = _mm256_add_epi32(sums.high[i], _mm256_madd_epi16(samples[i], high));
        sums.low[i] = _mm256_add_epi32(sums.low[i], _mm256_madd_epi16(samples[i], low));
    }
}

__m256i total(const Sums& sums, int i) {
    return _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(sums.high[i], kLowBits), sums.low[i]),
                             kWeightBits);
}

/// 32 samples; packing undoes the order that unpacking made, and clamps.
void weight32(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights, int count,
              std::uint8_t* out) {
    Sums sums;
    for (int i = 0; i < 4; ++i) {
        sums.high[i] = _mm256_setzero_si256();
        sums.low[i] = _mm256_set1_epi32(1 << (kWeightBits - 1));
    }
    int k = 0;
    for (; k + 1 < count; k += 2, rows += 2 * stride) {
        add(sums, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows)),
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows + stride)),
            pairs(weights[k] >> kLowBits, weights[k + 1] >> kLowBits),
            pairs(weights[k] & kLowMask, weights[k + 1] & kLowMask));
    }
    if (k < count) {
        add(sums, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows)), _mm256_setzero_si256(),
            pairs(weights[k] >> kLowBits, 0), pairs(weights[k] & kLowMask, 0));
    }
    const __m256i front = _mm256_packs_epi32(total(sums, 0), total(sums, 1));
    const __m256i back = _mm256_packs_epi32(total(sums, 2), total(sums, 3));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_packus_epi16(front, back));
}

void weightRows(const std::uint8_t* rows, std::size_t stride, const std::int32_t* weights, int count,
                std::size_t length, std::uint8_t* out) {
    if (length < 32) {
        portableResampleKernels().weightRows(rows, stride, weights, count, length, out);
        return;
    }
    for (std::size_t i = 0; i + 32 <= length; i += 32) {
        weight32(rows + i, stride, weights, count, out + i);
    }
    // The last, partial step does some samples again.
    if (length % 32 != 0) weight32(rows + length - 32, stride, weights, count, out + length - 32);
}

/// 16 x 16 bytes. Four rounds of interleaving row i with row i + 8 move each bit of a byte's row number from
/// the register's index into its place within the register.
void transpose16(const std::uint8_t* from, std::size_t fromStride, std::uint8_t* to, std::size_t toStride) {
    __m128i a[16];
    __m128i b[16];
    for (std::size_t i = 0; i < 16; ++i) {
        a[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * fromStride));
    }
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 8; ++i) {
            b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 8]);
            b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 8]);
        }
        for (int i = 0; i < 8; ++i) {
            a[2 * i] = _mm_unpacklo_epi8(b[i], b[i + 8]);
            a[2 * i + 1] = _mm_unpackhi_epi8(b[i], b[i + 8]);
        }
    }
    for (std::size_t i = 0; i < 16; ++i) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i * toStride), a[i]);
    }
}

void transpose(const std::uint8_t* from, std::size_t fromStride, std::size_t rows, std::size_t columns,
               std::uint8_t* to, std::size_t toStride) {
    const std::size_t wholeRows = rows / 16 * 16;
    const std::size_t wholeColumns = columns / 16 * 16;
    for (std::size_t row = 0; row < wholeRows; row += 16) {
        for (std::size_t column = 0; column < wholeColumns; column += 16) {
            transpose16(from + row * fromStride + column, fromStride, to + column * toStride + row, toStride);
        }
    }
    const auto rest = portableResampleKernels().transpose;
    rest(from + wholeColumns, fromStride, wholeRows, columns - wholeColumns, to + wholeColumns * toStride,
         toStride);
    rest(from + wholeRows * fromStride, fromStride, rows - wholeRows, columns, to + wholeRows, toStride);
}

}  // namespace

ResampleKernels avx2ResampleKernels() {
    return {weightRows, transpose};
}

}  // namespace dinoscope
