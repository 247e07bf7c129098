#pragma once

#include <cstdlib>

namespace dinoscope::fuzz {

inline void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace dinoscope::fuzz
