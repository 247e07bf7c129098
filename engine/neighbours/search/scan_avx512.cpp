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

}  // namespace

namespace scan {

const ScanTable kAvx512Scan{kFloatScan, kWidenedScan};

}  // namespace scan

}  // namespace dinoscope
