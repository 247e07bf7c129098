#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/cpu_features.h"

// What one instruction set's file offers to the search. Plain structs and function pointers: nothing inline
// may leave those files, or the linker could keep the copy that the processor cannot run.

namespace dinoscope::scan {

/// scores[i] = query . row i, for `count` rows that lie `stride` bytes apart.
struct ScanArgs {
    const std::byte* rows;
    std::int64_t stride;  ///< a multiple of 64; numbers beyond the dim are zero
    std::int64_t count;
    const float* query;  ///< [width], 64-byte aligned
    std::int64_t width;  ///< numbers of a row with its padding, a multiple of 16 (fp32) or 32 (bf16)
    float* scores;
};

struct ScanKernel {
    void (*scan)(const ScanArgs&);
    /// A score differs from the real number by at most (perNumber * width + fixed) * |query| * |row|.
    double perNumber;
    double fixed;
};

struct ScanTable {
    ScanKernel fp32;
    ScanKernel bf16;
};

extern const ScanTable kPortableScan;
extern const ScanTable kAvx2Scan;
extern const ScanTable kAvx512Scan;
extern const ScanTable kAvx512Bf16Scan;

const ScanTable& scanTable(CpuPath path);

}  // namespace dinoscope::scan
