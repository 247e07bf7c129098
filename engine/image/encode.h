#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/image/image.h"

namespace dinoscope {

/// 8-bit samples to write, not owned: [height, width, channels], rows from top to bottom, tightly packed.
/// 1 channel is gray, 3 are RGB, 4 are RGBA with unassociated alpha.
struct PixelView {
    std::span<const std::uint8_t> samples;
    int width = 0;
    int height = 0;
    int channels = 3;

    PixelView(std::span<const std::uint8_t> values, int columns, int rows, int samplesOfAPixel)
        : samples(values), width(columns), height(rows), channels(samplesOfAPixel) {}
    PixelView(const Image& image)  // NOLINT: every Image is such a view
        : PixelView(image.pixels, image.width, image.height, Image::kChannels) {}

    std::size_t rowBytes() const {
        return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
    }
    /// An Error if a side is less than 1, the area is beyond kMaxPixels, or the samples are more or fewer.
    void check() const;
};

/// A PNG file, compressed for speed rather than size. An Error if the view's sizes do not fit its samples.
std::vector<std::byte> encodePng(const PixelView& image);

/// A JPEG file of an image of 1 or 3 channels; quality from 1 to 100. An Error also if a side exceeds 65,500.
std::vector<std::byte> encodeJpeg(const PixelView& image, int quality);

/// The same as a file that is either whole or not there.
void writePng(const std::filesystem::path& path, const PixelView& image);
void writeJpeg(const std::filesystem::path& path, const PixelView& image, int quality);

}  // namespace dinoscope
