#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/image/image.h"

namespace dinoscope::test {

inline std::vector<std::byte> bytesOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::byte> bytes(text.size());
    std::transform(text.begin(), text.end(), bytes.begin(),
                   [](char c) { return std::byte(static_cast<unsigned char>(c)); });
    return bytes;
}

/// Takes values of fixed size from golden data, one after the other.
class GoldenReader {
public:
    explicit GoldenReader(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    bool atEnd() const { return at_ == bytes_.size(); }
    template <typename T>
    T take() {
        T value;
        std::memcpy(&value, part(sizeof value).data(), sizeof value);
        return value;
    }
    std::string text(std::size_t size) {
        const auto bytes = part(size);
        return {reinterpret_cast<const char*>(bytes.data()), size};
    }
    std::vector<std::uint8_t> samples(std::size_t size) {
        const auto bytes = part(size);
        const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
        return {first, first + size};
    }

private:
    std::span<const std::byte> part(std::size_t size) {
        if (size > bytes_.size() - at_) throw std::runtime_error("golden data ends too early");
        at_ += size;
        return std::span(bytes_).subspan(at_ - size, size);
    }

    std::vector<std::byte> bytes_;
    std::size_t at_ = 0;
};

/// The files of a folder, in the order of their names.
inline std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// The high bytes of x -> 1664525 x + 1013904223 modulo 2^32, begun with the sides: as in make_resample.py.
inline Image noise(int width, int height) {
    Image image(width, height);
    auto state = static_cast<std::uint32_t>(width) * 65536U + static_cast<std::uint32_t>(height);
    for (auto& sample : image.pixels) {
        state = 1664525U * state + 1013904223U;
        sample = static_cast<std::uint8_t>(state >> 24);
    }
    return image;
}

/// The largest difference between samples; 256 where the sizes differ.
inline int largestDifference(const Image& a, const Image& b) {
    if (a.width != b.width || a.height != b.height) return 256;
    int largest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
    }
    return largest;
}

}  // namespace dinoscope::test
