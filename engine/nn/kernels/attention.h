#pragma once

#include <cstdint>

#include "engine/base/cpu_features.h"

namespace dinoscope {

namespace kernels {
struct KernelTable;
}

/// Sizes of a multi-head self-attention.
struct AttentionShape {
    std::int64_t batch = 0;
    std::int64_t tokens = 0;
    std::int64_t heads = 0;
    std::int64_t headDim = 0;
};

/// Whether attention() takes heads of this size: multiples of 16 up to 128.
constexpr bool attentionSupported(std::int64_t headDim) {
    return headDim >= 16 && headDim <= 128 && headDim % 16 == 0;
}

/// Error where attention() does not take a shape.
void checkAttention(const AttentionShape& shape, float scale);

/// Exact softmax(scale q kᵀ) v of each head, forward only, without the matrix of probabilities: a softmax
/// that runs over blocks of keys with a running maximum (Milakov and Gimelshein 2018; Dao et al. 2022,
/// section 3.1). qkv is [batch, tokens, 3, heads, headDim], contiguous, as the linear layer leaves it; out is
/// [batch, tokens, heads * headDim] and may not overlap it. `scale` is positive, 1/sqrt(headDim) as a rule.
/// Each thread computes whole rows in a fixed order: the result does not depend on the number of threads.
/// Takes no JobControl; the caller polls between blocks of the network. Error where a size is not supported.
void attention(const float* qkv, float* out, const AttentionShape& shape, float scale,
               CpuPath path = cpuPath());

/// The same in bfloat16 (bit patterns). With CpuPath::Avx512Bf16 and Amx products are of bfloat16, sums of
/// float; the other paths widen to float on packing, so that they are slower and a little more precise.
void attention(const std::uint16_t* qkv, std::uint16_t* out, const AttentionShape& shape, float scale,
               CpuPath path = cpuPath());

/// The two above with a given set of kernels (kernel_table.h), for tests that bring their own. `logSums`,
/// where it is given, gets what attentionGradient() asks for: log2 of each row's sum of 2^(log2(e) scale
/// logit), [batch, tokens, heads].
void attention(const float* qkv, float* out, const AttentionShape& shape, float scale,
               const kernels::KernelTable& table, float* logSums = nullptr);
void attention(const std::uint16_t* qkv, std::uint16_t* out, const AttentionShape& shape, float scale,
               const kernels::KernelTable& table, float* logSums = nullptr);

/// Bytes that attention() takes beside input and output: packed keys and values of as many heads as fit in
/// 32 MiB, at least one head (about 8 * tokens * headDim), and some 130 KiB a thread on its stack.
std::int64_t attentionScratchBytes(const AttentionShape& shape);

}  // namespace dinoscope
