#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope::kernels {

const KernelTable& tableOf(CpuPath path) {
    switch (path) {
        case CpuPath::Amx:
            return kAmxKernels;
        case CpuPath::Avx512Bf16:
            return kAvx512Bf16Kernels;
        case CpuPath::Avx512:
            return kAvx512Kernels;
        case CpuPath::Avx2:
            return kAvx2Kernels;
        case CpuPath::Portable:
            break;
    }
    return kPortableKernels;
}

}  // namespace dinoscope::kernels
