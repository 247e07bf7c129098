#pragma once

#include <cstdint>

#include "engine/base/cpu_features.h"

namespace dinoscope {

namespace kernels {
struct KernelTable;
}

/// Queries and keys of one image for attentionRows(): where number (head, row or token, d) lies is
/// head * headStride + row * rowStride + d, in numbers. With qkv [tokens, 3, heads, headDim] keys start at
/// qkv + heads * headDim, headStride = headDim and rowStride = 3 * heads * headDim.
template <class Number>
struct RowsOperand {
    const Number* data = nullptr;
    std::int64_t headStride = 0;
    std::int64_t rowStride = 0;
};

/// Sizes of attentionRows(): `rows` queries, `tokens` keys.
struct RowsShape {
    std::int64_t heads = 0;
    std::int64_t rows = 0;
    std::int64_t tokens = 0;
    std::int64_t headDim = 0;
};

/// The attention probabilities of some query rows: softmax(scale q kᵀ) into out, float [heads, rows, tokens].
/// headDim is a multiple of 16. Takes no memory beside `out`. Each logit and each row's softmax is computed
/// in a fixed order: the result does not depend on the number of threads.
void attentionRows(const RowsOperand<float>& queries, const RowsOperand<float>& keys, float* out,
                   const RowsShape& shape, float scale, CpuPath path = cpuPath());

/// The same for bfloat16 queries and keys (bit patterns), widened to float: products and sums are of floats.
void attentionRows(const RowsOperand<std::uint16_t>& queries, const RowsOperand<std::uint16_t>& keys,
                   float* out, const RowsShape& shape, float scale, CpuPath path = cpuPath());

/// The two above with a given set of kernels (kernel_table.h), for tests that bring their own.
void attentionRows(const RowsOperand<float>& queries, const RowsOperand<float>& keys, float* out,
                   const RowsShape& shape, float scale, const kernels::KernelTable& table);
void attentionRows(const RowsOperand<std::uint16_t>& queries, const RowsOperand<std::uint16_t>& keys,
                   float* out, const RowsShape& shape, float scale, const kernels::KernelTable& table);

}  // namespace dinoscope
