#include <cstdint>

#include "tests/fuzz/data_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    dinoscope::fuzz::dataset({reinterpret_cast<const char*>(data), size});
    return 0;
}
