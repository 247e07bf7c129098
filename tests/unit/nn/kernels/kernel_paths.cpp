#include "kernel_paths.h"

#include "engine/base/cpu_features.h"

namespace dinoscope {

std::vector<KernelPath> kernelPaths() {
    const auto native = [](const char* label, CpuPath path) {
        const bool runs = path <= bestCpuPath();
        const std::string missing = runs ? "" : cpuName() + " has no " + name(path);
        return KernelPath{label, &kernels::tableOf(path), path >= CpuPath::Avx512Bf16, missing};
    };
    return {native("portable", CpuPath::Portable),
            native("avx2", CpuPath::Avx2),
            native("avx512", CpuPath::Avx512),
            native("avx512bf16", CpuPath::Avx512Bf16),
            native("amx", CpuPath::Amx),
            KernelPath{"emulated avx512", &kernels::kEmulatedAvx512Kernels, true, {}}};
}

}  // namespace dinoscope
