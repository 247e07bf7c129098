#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace dinoscope {

/// No image larger than this is decoded or made (1.5 GiB as RGB): a header is not trusted to take all memory.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 29;

/// An 8-bit RGB image: [height, width, 3], rows from top to bottom, tightly packed.
struct Image {
    static constexpr int kChannels = 3;

    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;

    Image() = default;
    /// A black image. An Error if a side is less than 1 or the area beyond kMaxPixels.
    Image(int columns, int rows) : width(columns), height(rows) {
        if (columns < 1 || rows < 1 || std::int64_t{columns} * rows > kMaxPixels) {
            throw Error(
                "an image cannot have " + std::to_string(columns) + " x " + std::to_string(rows) + " pixels",
                {}, "sides must be 1 or more, the area at most " + std::to_string(kMaxPixels));
        }
        pixels.resize(static_cast<std::size_t>(rows) * rowBytes());
    }

    bool empty() const { return pixels.empty(); }
    std::size_t rowBytes() const { return static_cast<std::size_t>(width) * kChannels; }
    std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * rowBytes(); }
    const std::uint8_t* row(int y) const { return pixels.data() + static_cast<std::size_t>(y) * rowBytes(); }
    std::uint8_t* at(int x, int y) { return row(y) + static_cast<std::size_t>(x) * kChannels; }
    const std::uint8_t* at(int x, int y) const { return row(y) + static_cast<std::size_t>(x) * kChannels; }

    bool operator==(const Image&) const = default;
};

}  // namespace dinoscope
