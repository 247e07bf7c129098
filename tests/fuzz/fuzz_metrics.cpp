#include "tests/fuzz/run_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    dinoscope::fuzz::metricsLine({reinterpret_cast<const char*>(data), size});
    return 0;
}
