#include "engine/base/cpu_features.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

constexpr std::array<std::pair<CpuPath, const char*>, 5> kNames{{{CpuPath::Portable, "portable"},
                                                                 {CpuPath::Avx2, "avx2"},
                                                                 {CpuPath::Avx512, "avx512"},
                                                                 {CpuPath::Avx512Bf16, "avx512bf16"},
                                                                 {CpuPath::Amx, "amx"}}};

/// Linux gives tile registers to a process only when it asks (arch_prctl(2), since 5.16).
bool hasTiles() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    constexpr unsigned kAmxBf16 = 1U << 22, kAmxTile = 1U << 24;
    constexpr long kRequestPermission = 0x1023, kTileData = 18;
    return (d & kAmxBf16) && (d & kAmxTile) && syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

CpuPath find() {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return CpuPath::Portable;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq")) {
        return CpuPath::Avx2;
    }
    if (!__builtin_cpu_supports("avx512bf16")) return CpuPath::Avx512;
    return hasTiles() ? CpuPath::Amx : CpuPath::Avx512Bf16;
}

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
                     "set it to portable, avx2, avx512, avx512bf16 or amx");
}

}  // namespace

CpuPath bestCpuPath() {
    static const CpuPath best = find();
    return best;
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
