#include "kernel_paths.h"

#include "engine/base/cpu_features.h"

namespace dinoscope {

std::vector<KernelPath> kernelPaths() {
    const auto native = [](const char* label, CpuPath path) {
        const bool runs = path <= bestCpuPath();
        const QString missing = QString("%1 has no %2").arg(cpuName().c_str(), name(path).c_str());
        return KernelPath{label, &kernels::tableOf(path), path == CpuPath::Avx512Bf16,
                          runs ? QString() : missing};
    };
    return {native("portable", CpuPath::Portable), native("avx2", CpuPath::Avx2),
            native("avx512", CpuPath::Avx512), native("avx512bf16", CpuPath::Avx512Bf16),
            KernelPath{"emulated avx512", &kernels::kEmulatedAvx512Kernels, true, {}}};
}

}  // namespace dinoscope
