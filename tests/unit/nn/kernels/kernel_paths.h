#pragma once

#include <string>
#include <vector>

#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope {

namespace kernels {

/// The algorithm of the AVX512-BF16 path, 16 lanes wide, on plain C++: it runs on any processor.
extern const KernelTable kEmulatedAvx512Kernels;

}  // namespace kernels

struct KernelPath {
    const char* name;
    const kernels::KernelTable* table;
    bool bf16Products;    // in attentionBf16
    std::string missing;  // why it cannot run here; empty where it can
};

/// Every path, those that this processor lacks included.
std::vector<KernelPath> kernelPaths();

}  // namespace dinoscope
