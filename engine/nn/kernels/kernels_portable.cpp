#include <cstdint>

#include "engine/nn/kernels/kernel_table.h"

#define KERNEL_INLINE [[gnu::always_inline]] inline
#define KERNEL_LANES 4

namespace dinoscope {

namespace {

#include "engine/nn/kernels/vec_generic.inl"
//
#include "engine/nn/kernels/attention_kernel.inl"

}  // namespace

namespace kernels {

const KernelTable kPortableKernels{Attention<FloatProduct, float>::kKernel,
                                   Attention<FloatProduct, std::uint16_t>::kKernel};

}  // namespace kernels

}  // namespace dinoscope
