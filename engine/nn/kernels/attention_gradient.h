#pragma once

#include <cstdint>

#include "engine/nn/kernels/attention.h"

namespace dinoscope {

/// What attentionGradient() reads and writes. qkv and its gradient are [batch, tokens, 3, heads, headDim],
/// out and its gradient [batch, tokens, heads * headDim], logSums [batch, tokens, heads] as attention() wrote
/// them; all contiguous. bfloat16 as bit patterns.
template <class Number>
struct AttentionGradientData {
    const Number* qkv = nullptr;
    const Number* out = nullptr;
    const Number* outGradient = nullptr;
    const float* logSums = nullptr;
    Number* qkvGradient = nullptr;
};

/// The gradient of attention() by qkv from that by its output; the matrix of probabilities is computed again
/// in blocks and never kept (Dao et al. 2022, appendix B.4). A head of a sequence is computed by one thread
/// in a fixed order: the result depends neither on the number of threads nor on the other sequences. Takes
/// some 30 * tokens * headDim bytes and 600 KiB a thread. Error where a size is not supported.
void attentionGradient(const AttentionGradientData<float>& data, const AttentionShape& shape, float scale,
                       const kernels::KernelTable& table);
void attentionGradient(const AttentionGradientData<std::uint16_t>& data, const AttentionShape& shape,
                       float scale, const kernels::KernelTable& table);

}  // namespace dinoscope
