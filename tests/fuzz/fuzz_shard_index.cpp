#include "tests/fuzz/weights_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    dinoscope::fuzz::shardIndex(std::as_bytes(std::span(data, size)));
    return 0;
}
