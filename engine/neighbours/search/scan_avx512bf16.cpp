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
    static constexpr int kRowsAtOnce = 4;

    template <int kRows>
    KERNEL_INLINE static void dots(const std::byte* rows, std::int64_t stride, const __m512bh* high,
                                   const __m512bh* low, std::int64_t width, float* scores) {
        __m512 sums[kRows];
        for (int r = 0; r < kRows; ++r)
            sums[r] = _mm512_setzero_ps();
        for (std::int64_t d = 0; d < width; d += kLanes) {
#pragma GCC unroll 4
            for (int r = 0; r < kRows; ++r) {
                const auto row = reinterpret_cast<__m512bh>(_mm512_loadu_si512(rows + r * stride + 2 * d));
                sums[r] = _mm512_dpbf16_ps(sums[r], row, high[d / kLanes]);
                sums[r] = _mm512_dpbf16_ps(sums[r], row, low[d / kLanes]);
            }
        }
        for (int r = 0; r < kRows; ++r)
            scores[r] = _mm512_reduce_add_ps(sums[r]);
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
        const std::byte* rows = args.rows;
        std::int64_t i = 0;
        for (; i + kRowsAtOnce <= args.count; i += kRowsAtOnce, rows += kRowsAtOnce * args.stride) {
            for (std::int64_t at = 0; at < kRowsAtOnce * args.stride; at += 64)
                __builtin_prefetch(rows + Scan<float>::kAhead + at);
            dots<kRowsAtOnce>(rows, args.stride, high, low, args.width, args.scores + i);
        }
        for (; i < args.count; ++i, rows += args.stride)
            dots<1>(rows, args.stride, high, low, args.width, args.scores + i);
    }
};

}  // namespace

namespace scan {

// Two products a number; the query's third part, at most 2^-17 of it, is left out.
const ScanTable kAvx512Bf16Scan{kFloatScan, {PairScan::scan, 0x1p-22, 0x1p-16}};

}  // namespace scan

}  // namespace dinoscope
