#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/error.h"
#include "engine/image/decode.h"
#include "engine/image/exif.h"
#include "engine/image/image_header.h"
#include "tests/fuzz/require.h"

namespace dinoscope::fuzz {

/// EXIF and TIFF directories: whatever the bytes, an orientation comes out, and told places lie within them.
inline void exif(std::span<const std::byte> bytes) {
    const int orientation = exifOrientation(bytes);
    require(orientation >= 1 && orientation <= 8);
    const auto tags = readTiffTags(bytes);
    if (!tags) return;
    for (const auto& number : {tags->width, tags->height, tags->orientation, tags->extraSample}) {
        require(number.bytes >= 0 &&
                number.offset + static_cast<std::uint64_t>(number.bytes) <= bytes.size());
    }
}

/// Headers of all formats: a size within the limits, or an Error.
inline void imageHeader(std::span<const std::byte> bytes) {
    try {
        const ImageHeader header = readImageHeader(bytes, "input");
        require(header.width >= 1 && header.height >= 1);
        require(std::int64_t{header.width} * header.height <= kMaxPixels);
    } catch (const Error& error) {
        require(error.where() == "input");
    }
}

/// Whole decoders: an image of the told size, or an Error. Sizes that only cost the fuzzer time are left out.
inline void decode(std::span<const std::byte> bytes) {
    try {
        const ImageHeader header = readImageHeader(bytes, "input");
        if (std::int64_t{header.width} * header.height > 1'000'000) return;
        const Image image = decodeImage(bytes, "input");
        require(image.width == header.width && image.height == header.height);
    } catch (const Error& error) {
        require(error.where() == "input");
    }
}

}  // namespace dinoscope::fuzz
