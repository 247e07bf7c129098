#include "engine/neighbours/search/scan_kernels.h"

namespace dinoscope::scan {

const ScanTable& scanTable(CpuPath path) {
    switch (path) {
        case CpuPath::Amx:  // one query is a matrix-vector product, which waits for memory
        case CpuPath::Avx512Bf16:
            return kAvx512Bf16Scan;
        case CpuPath::Avx512:
            return kAvx512Scan;
        case CpuPath::Avx2:
            return kAvx2Scan;
        case CpuPath::Portable:
            break;
    }
    return kPortableScan;
}

}  // namespace dinoscope::scan
