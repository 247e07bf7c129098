#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/job.h"

namespace dinoscope {

/// SHA-256 of a file as 64 hexadecimal digits. Polls every 8 MB (about 5 ms) and reports progress in MB.
std::string sha256OfFile(const std::filesystem::path& file, JobControl& control);

/// The same of several files as if they were one: `cat a b | sha256sum`.
std::string sha256OfFiles(const std::vector<std::filesystem::path>& files, JobControl& control);

/// Mixes its arguments into one well-distributed 64-bit number (SplitMix64's finaliser, Steele et al. 2014).
/// The root of every random draw: the same (seed, epoch, image, …) gives the same number on every machine.
constexpr std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

template <typename... Rest>
constexpr std::uint64_t mix(std::uint64_t first, std::uint64_t second, Rest... rest) {
    return mix(mix(first) ^ second, rest...);
}

/// Of a name or a path: a seed of its own for each parameter, say.
constexpr std::uint64_t hashOfName(std::string_view name) {
    std::uint64_t hash = 0;
    for (const char letter : name)
        hash = mix(hash, static_cast<unsigned char>(letter));
    return hash;
}

/// 16 hexadecimal digits.
std::string hexadecimal(std::uint64_t value);

/// Uniform in (0, 1), never 0 or 1, from the upper 53 of 64 random bits.
constexpr double toUniform(std::uint64_t bits) {
    return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

}  // namespace dinoscope
