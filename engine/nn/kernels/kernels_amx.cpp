#include <immintrin.h>

#include <cstdint>

#include "engine/nn/kernels/kernel_table.h"

#define KERNEL_INLINE [[gnu::always_inline]] inline

namespace dinoscope {

namespace {

#include "engine/nn/kernels/vec_avx512.inl"
//
#include "engine/nn/kernels/unroll.inl"
//
#include "engine/nn/kernels/exp2.inl"
//
#include "engine/nn/kernels/transpose.inl"
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
//
#include "engine/nn/kernels/bf16_product_avx512.inl"
//
#include "engine/nn/kernels/attention_amx_kernel.inl"

}  // namespace

namespace kernels {

const KernelTable kAmxKernels{AttentionGradient<FloatProduct, float>::kKernel,
                              TileAttention::kernel(),
                              AttentionRows<float>::logits,
                              AttentionRows<std::uint16_t>::logits,
                              softmaxRow,
                              RowNorm<float>::kKernel,
                              RowNorm<std::uint16_t>::kKernel};

}  // namespace kernels

}  // namespace dinoscope
