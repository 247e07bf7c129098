#include <cstdint>

#include "tests/fuzz/settings_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    dinoscope::fuzz::runRecord({reinterpret_cast<const char*>(data), size});
    return 0;
}
