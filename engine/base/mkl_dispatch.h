#pragma once

namespace dinoscope {

/// Whether LibTorch's MKL is told to take its AVX512 code on a processor that is not Intel's. It asks the
/// function mkl_serv_intel_cpu_true() before it looks at the instruction sets, and gives other processors
/// with AVX512 its AVX2 code: 0.85 times the speed on a Zen 4, less than half on a Zen 5, for every product
/// in fp32. This library answers in its place, where our own kernels use AVX512. DINOSCOPE_MKL_AVX512=0
/// leaves MKL to itself.
///
/// A program that calls this has that answer built in: the linker exports it, and the loader finds it first.
bool mklTakesAvx512();

}  // namespace dinoscope
