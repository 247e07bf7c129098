#include <cstdint>

#include "engine/neighbours/search/scan_kernels.h"

#define KERNEL_INLINE [[gnu::always_inline]] inline
#define KERNEL_LANES 4

namespace dinoscope {

namespace {

#include "engine/nn/kernels/vec_generic.inl"
//
#include "engine/nn/kernels/unroll.inl"
//
#include "engine/neighbours/search/scan_kernel.inl"

}  // namespace

namespace scan {

const ScanTable kPortableScan{kFloatScan, kWidenedScan};

}  // namespace scan

}  // namespace dinoscope
