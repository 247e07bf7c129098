#include "engine/neighbours/store/checksum.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/hash.h"

namespace dinoscope {

std::uint64_t checksum(std::span<const std::byte> bytes) {
    // Each step is a bijection of the lane, so that no change of a single word can be lost; four lanes hide
    // the multiplication's latency.
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
    constexpr std::size_t kLanes = 4;
    std::uint64_t lanes[kLanes] = {mix(1), mix(2), mix(3), mix(4)};
    const auto step = [](std::uint64_t& lane, std::uint64_t word) {
        lane = std::rotl((lane ^ word) * kOdd, 29);
    };
    const std::size_t size = bytes.size();
    constexpr std::size_t kStride = kLanes * sizeof(std::uint64_t);
    for (; bytes.size() >= kStride; bytes = bytes.subspan(kStride)) {
        std::uint64_t words[kLanes];
        std::memcpy(words, bytes.data(), kStride);
        for (std::size_t i = 0; i < kLanes; ++i)
            step(lanes[i], words[i]);
    }
    while (!bytes.empty()) {
        std::uint64_t word = 0;
        const std::size_t part = std::min(bytes.size(), sizeof word);
        std::memcpy(&word, bytes.data(), part);
        step(lanes[0], word);
        bytes = bytes.subspan(part);
    }
    return mix(size, lanes[0], lanes[1], lanes[2], lanes[3]);
}

ContentHash contentHash(std::span<const std::byte> bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1) {
        throw Error("SHA-256 cannot be computed", {}, "check the installation of OpenSSL");
    }
    ContentHash hash;
    std::copy_n(digest, hash.size(), hash.begin());
    return hash;
}

}  // namespace dinoscope
