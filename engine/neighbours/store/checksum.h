#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace dinoscope {

/// 64 bits that change with any change of one eight-byte word, at the speed of memory. Against accidents, not
/// against people.
std::uint64_t checksum(std::span<const std::byte> bytes);

/// The first 16 bytes of SHA-256: what a file is known by, whatever its name.
using ContentHash = std::array<std::uint8_t, 16>;
ContentHash contentHash(std::span<const std::byte> bytes);

struct ContentHashHasher {
    std::size_t operator()(const ContentHash& hash) const {
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i)
            value = value << 8 | hash[i];
        return value;
    }
};

}  // namespace dinoscope
