#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/cpu_features.h"

namespace dinoscope::test {

/// IEEE 802.3, as zlib's. Begin with 0; the result of one part begins the next.
inline std::uint32_t crc32(const void* data, std::size_t size, std::uint32_t crc = 0) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> values{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = value >> 1 ^ (value & 1 ? 0xEDB88320U : 0U);
            values[i] = value;
        }
        return values;
    }();
    crc = ~crc;
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    for (std::size_t i = 0; i < size; ++i)
        crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    return ~crc;
}

/// Those with code of their own that this processor can run.
inline std::vector<CpuPath> augmentPaths() {
    std::vector<CpuPath> paths{CpuPath::Portable};
    if (bestCpuPath() >= CpuPath::Avx2) paths.push_back(CpuPath::Avx2);
    return paths;
}

}  // namespace dinoscope::test
