// Compiled with -mavx2.
#include <immintrin.h>

#include "engine/ssl/augment/pixel_kernels.inl"

namespace dinoscope {

namespace {

// A weight of a box is high * 2^kLowBits + low: both halves fit 16 bits, for which there is a multiplication
// of pairs with sum. Sums wrap around as unsigned ones do: the total is exact.
constexpr int kLowBits = 12;
constexpr std::uint32_t kLowMask = (1U << kLowBits) - 1;
constexpr int kMostTaps = 128;  // whose sum fits 16 bits

/// 16-bit pairs (inner, outer) in all lanes.
__m256i pairOf(std::uint32_t inner, std::uint32_t outer) {
    return _mm256_set1_epi32(static_cast<int>(outer << 16 | inner));
}

struct BoxPairs {
    __m256i high;
    __m256i low;
};

__m256i load(const std::uint8_t* samples) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(samples));
}

/// Eight results of 32 bits from eight pairs (near, far).
__m256i weigh(__m256i pairs, const BoxPairs& weights) {
    const __m256i high = _mm256_slli_epi32(_mm256_madd_epi16(pairs, weights.high), kLowBits);
    const __m256i sum = _mm256_add_epi32(high, _mm256_madd_epi16(pairs, weights.low));
    return _mm256_srli_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(static_cast<int>(kHalf))), 24);
}

/// Sixteen results of 16 bits; the halves that unpacking makes are put together again by packing.
__m256i weigh(__m256i near, __m256i far, const BoxPairs& weights) {
    return _mm256_packs_epi32(weigh(_mm256_unpacklo_epi16(near, far), weights),
                              weigh(_mm256_unpackhi_epi16(near, far), weights));
}

void box32(const std::uint8_t* const* rows, int taps, std::size_t at, const BoxPairs& weights,
           std::uint8_t* out) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i nearFront = zero;
    __m256i nearBack = zero;
    for (int tap = 1; tap + 1 < taps; ++tap) {
        const __m256i samples = load(rows[tap] + at);
        nearFront = _mm256_add_epi16(nearFront, _mm256_unpacklo_epi8(samples, zero));
        nearBack = _mm256_add_epi16(nearBack, _mm256_unpackhi_epi8(samples, zero));
    }
    const __m256i first = load(rows[0] + at);
    const __m256i last = load(rows[taps - 1] + at);
    const __m256i farFront =
        _mm256_add_epi16(_mm256_unpacklo_epi8(first, zero), _mm256_unpacklo_epi8(last, zero));
    const __m256i farBack =
        _mm256_add_epi16(_mm256_unpackhi_epi8(first, zero), _mm256_unpackhi_epi8(last, zero));
    const __m256i result =
        _mm256_packus_epi16(weigh(nearFront, farFront, weights), weigh(nearBack, farBack, weights));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + at), result);
}

void boxAvx2(const std::uint8_t* const* rows, const BoxWeights& weights, std::size_t count,
             std::uint8_t* out) {
    if (count < 32 || weights.taps > kMostTaps) return box(rows, weights, count, out);
    const BoxPairs pairs{pairOf(weights.inner >> kLowBits, weights.outer >> kLowBits),
                         pairOf(weights.inner & kLowMask, weights.outer & kLowMask)};
    for (std::size_t i = 0; i + 32 <= count; i += 32) {
        box32(rows, weights.taps, i, pairs, out);
    }
    // The last, partial step does some samples again.
    if (count % 32 != 0) box32(rows, weights.taps, count - 32, pairs, out);
}

}  // namespace

PixelKernels avx2PixelKernels() {
    PixelKernels kernels = kKernels;
    kernels.box = boxAvx2;
    return kernels;
}

}  // namespace dinoscope
