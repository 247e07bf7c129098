#pragma once

#include <string>

namespace dinoscope {

/// Instruction sets for which our kernels have a path of their own, worst to best.
enum class CpuPath { Portable, Avx2, Avx512, Avx512Bf16, Amx };

/// The best path this processor can run, or the one that DINOSCOPE_CPU_PATH (portable, avx2, avx512,
/// avx512bf16, amx) forces. A forced path that the processor lacks is an Error naming the variable.
CpuPath cpuPath();

/// The best path this processor can run. The first call asks the system for AMX's tile registers.
CpuPath bestCpuPath();

/// "portable", "avx2", "avx512", "avx512bf16" or "amx".
std::string name(CpuPath path);

/// The processor's name as the system tells it, "AMD EPYC" for example.
std::string cpuName();

}  // namespace dinoscope
