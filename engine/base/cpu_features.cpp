#include "engine/base/cpu_features.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

constexpr std::array<std::pair<CpuPath, const char*>, 4> kNames{{{CpuPath::Portable, "portable"},
                                                                 {CpuPath::Avx2, "avx2"},
                                                                 {CpuPath::Avx512, "avx512"},
                                                                 {CpuPath::Avx512Bf16, "avx512bf16"}}};

CpuPath forcedOrBest() {
    const char* forced = std::getenv("DINOSCOPE_CPU_PATH");
    if (!forced || !*forced) return bestCpuPath();
    for (const auto& [path, text] : kNames) {
        if (std::string(forced) != text) continue;
        if (path > bestCpuPath()) {
            throw UsageError("this processor has no " + std::string(text), "DINOSCOPE_CPU_PATH",
                             "unset it, or set it to " + name(bestCpuPath()) + " or less");
        }
        return path;
    }
    throw UsageError("'" + std::string(forced) + "' is not known", "DINOSCOPE_CPU_PATH",
                     "set it to portable, avx2, avx512 or avx512bf16");
}

}  // namespace

CpuPath bestCpuPath() {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return CpuPath::Portable;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq")) {
        return CpuPath::Avx2;
    }
    return __builtin_cpu_supports("avx512bf16") ? CpuPath::Avx512Bf16 : CpuPath::Avx512;
}

CpuPath cpuPath() {
    static const CpuPath path = forcedOrBest();
    return path;
}

std::string name(CpuPath path) {
    for (const auto& [known, text] : kNames) {
        if (known == path) return text;
    }
    return "unknown";
}

std::string cpuName() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("model name", 0) != 0) continue;
        const auto colon = line.find(": ");
        if (colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown processor";
}

}  // namespace dinoscope
