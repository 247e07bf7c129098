#include "engine/base/mkl_dispatch.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

#include "engine/base/cpu_features.h"

namespace {

/// What MKL itself would answer; 0 in a program without it.
bool processorIsIntels() {
    using Question = int (*)();
    static const auto mkls = reinterpret_cast<Question>(dlsym(RTLD_NEXT, "mkl_serv_intel_cpu_true"));
    return mkls && mkls() != 0;
}

bool isWanted() {
    const char* asked = std::getenv("DINOSCOPE_MKL_AVX512");
    return !asked || std::string_view(asked) != "0";
}

/// MKL is C: what is wrong with DINOSCOPE_CPU_PATH is said where the program asks for its path itself.
bool kernelsUseAvx512() {
    try {
        return dinoscope::cpuPath() >= dinoscope::CpuPath::Avx512;
    } catch (...) {
        return false;
    }
}

}  // namespace

extern "C" int mkl_serv_intel_cpu_true();

extern "C" int mkl_serv_intel_cpu_true() {
    return processorIsIntels() || dinoscope::mklTakesAvx512();
}

namespace dinoscope {

bool mklTakesAvx512() {
    static const bool takes = isWanted() && kernelsUseAvx512() && !processorIsIntels();
    return takes;
}

}  // namespace dinoscope
