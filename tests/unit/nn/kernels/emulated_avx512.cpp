#include <cstdint>

#include "kernel_paths.h"

#define KERNEL_INLINE [[gnu::always_inline]] inline
#define KERNEL_LANES 16

namespace dinoscope {

namespace {

#include "engine/nn/kernels/vec_generic.inl"
//
#include "engine/nn/kernels/unroll.inl"
//
#include "engine/nn/kernels/exp2.inl"
//

// Inlined, 128 shuffles that this processor lacks would keep the compiler busy for minutes.
#undef KERNEL_INLINE
#define KERNEL_INLINE [[gnu::noinline]]
#include "engine/nn/kernels/transpose.inl"
#undef KERNEL_INLINE
#define KERNEL_INLINE [[gnu::always_inline]] inline
//
#include "engine/nn/kernels/attention_kernel.inl"
//
#include "engine/nn/kernels/attention_gradient_kernel.inl"
//
#include "engine/nn/kernels/attention_rows_kernel.inl"
//
#include "engine/nn/kernels/gelu_kernel.inl"
//
#include "engine/nn/kernels/row_norm_kernel.inl"

// What vdpbf16ps and vcvtneps2bf16 do, lane by lane.
struct EmulatedBf16Product {
    static constexpr int kPerLane = 2;

    KERNEL_INLINE static Vec addProduct(Vec sum, Vec a, Vec b) {
        return sum + upper(a) * upper(b) + lower(a) * lower(b);
    }
    KERNEL_INLINE static Vec alongRow(const std::uint16_t* row, std::int64_t at) {
        Vec lanes;
        __builtin_memcpy(&lanes.v, row + at, sizeof(lanes.v));
        return lanes;
    }
    KERNEL_INLINE static Vec acrossRows(const std::uint16_t* const* rows, std::int64_t at) {
        float lanes[Vec::kLanes];
        for (int i = 0; i < Vec::kLanes; ++i) {
            const std::uint16_t pair[2] = {rows[0][at + i], rows[1][at + i]};
            __builtin_memcpy(lanes + i, pair, sizeof(pair));
        }
        return Vec::load(lanes);
    }
    KERNEL_INLINE static float lane(const std::uint16_t* row, std::int64_t at) {
        float pair;
        __builtin_memcpy(&pair, row + at, sizeof(pair));
        return pair;
    }
    KERNEL_INLINE static void storeProbabilities(float* lanes, std::int64_t key, Vec p) {
        p.store(reinterpret_cast<std::uint16_t*>(lanes + key / 2));
    }
    KERNEL_INLINE static void storeAcross(float* lanes, const Vec (&rows)[2]) {
        std::uint16_t lower[Vec::kLanes];
        std::uint16_t upper[Vec::kLanes];
        rows[0].store(lower);
        rows[1].store(upper);
        for (int i = 0; i < Vec::kLanes; ++i) {
            const std::uint16_t pair[2] = {lower[i], upper[i]};
            __builtin_memcpy(lanes + i, pair, sizeof(pair));
        }
    }

private:
    KERNEL_INLINE static Vec upper(Vec x) {
        IntVec bits;
        __builtin_memcpy(&bits, &x.v, sizeof(bits));
        bits &= static_cast<std::int32_t>(0xffff0000U);
        __builtin_memcpy(&x.v, &bits, sizeof(bits));
        return x;
    }
    KERNEL_INLINE static Vec lower(Vec x) {
        IntVec bits;
        __builtin_memcpy(&bits, &x.v, sizeof(bits));
        bits <<= 16;
        __builtin_memcpy(&x.v, &bits, sizeof(bits));
        return x;
    }
};

}  // namespace

namespace kernels {

const KernelTable kEmulatedAvx512Kernels{AttentionGradient<FloatProduct, float>::kKernel,
                                         AttentionGradient<EmulatedBf16Product, std::uint16_t>::kKernel,
                                         AttentionRows<float>::logits,
                                         AttentionRows<std::uint16_t>::logits,
                                         softmaxRow,
                                         RowNorm<float>::kKernel,
                                         RowNorm<std::uint16_t>::kKernel};

}  // namespace kernels

}  // namespace dinoscope
