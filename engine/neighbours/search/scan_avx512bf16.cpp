#include <immintrin.h>

#include <cstdint>

#include "engine/neighbours/search/scan_kernels.h"

#define KERNEL_INLINE [[gnu::always_inline]] inline

namespace dinoscope {

namespace {

#include "engine/nn/kernels/vec_avx512.inl"
//
#include "engine/nn/kernels/unroll.inl"
//
#include "engine/neighbours/search/scan_kernel.inl"

/// bf16 rows as they are, against the query as the sum of two bf16 vectors.
struct PairScan {
    static constexpr std::int64_t kLanes = 32;
    static constexpr std::int64_t kMaxWidth = 4096;

    KERNEL_INLINE static float dot(const std::byte* row, const __m512bh* high, const __m512bh* low,
                                   std::int64_t width) {
        __m512 sums[2][2] = {};  // independent, to hide how long one addition takes
        for (std::int64_t d = 0; d < width / kLanes; ++d) {
            const auto numbers = reinterpret_cast<__m512bh>(_mm512_loadu_si512(row + 64 * d));
            sums[d % 2][0] = _mm512_dpbf16_ps(sums[d % 2][0], numbers, high[d]);
            sums[d % 2][1] = _mm512_dpbf16_ps(sums[d % 2][1], numbers, low[d]);
        }
        return _mm512_reduce_add_ps(
            _mm512_add_ps(_mm512_add_ps(sums[0][0], sums[1][0]), _mm512_add_ps(sums[0][1], sums[1][1])));
    }

    static void scan(const scan::ScanArgs& args) {
        if (args.width > kMaxWidth) {
            Scan<std::uint16_t>::scan(args);
            return;
        }
        __m512bh high[kMaxWidth / kLanes];
        __m512bh low[kMaxWidth / kLanes];
        for (std::int64_t d = 0; d < args.width; d += kLanes) {
            const __m512 first = _mm512_loadu_ps(args.query + d);
            const __m512 second = _mm512_loadu_ps(args.query + d + 16);
            const __m512bh upper = _mm512_cvtne2ps_pbh(second, first);
            const auto bits = reinterpret_cast<__m512i>(upper);
            const auto widened = [](__m256i half) {
                return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
            };
            const __m512 restFirst = _mm512_sub_ps(first, widened(_mm512_extracti64x4_epi64(bits, 0)));
            const __m512 restSecond = _mm512_sub_ps(second, widened(_mm512_extracti64x4_epi64(bits, 1)));
            high[d / kLanes] = upper;
            low[d / kLanes] = _mm512_cvtne2ps_pbh(restSecond, restFirst);
        }
        const std::byte* row = args.rows;
        for (std::int64_t i = 0; i < args.count; ++i, row += args.stride)
            args.scores[i] = dot(row, high, low, args.width);
    }
};

}  // namespace

namespace scan {

// Two products a number; the query's third part, at most 2^-17 of it, is left out.
const ScanTable kAvx512Bf16Scan{kFloatScan, {PairScan::scan, 0x1p-22, 0x1p-16}};

}  // namespace scan

}  // namespace dinoscope
