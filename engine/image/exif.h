#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dinoscope {

/// A number in a TIFF directory, and where in the file it stands.
struct TiffNumber {
    std::uint64_t value = 0;
    std::uint64_t offset = 0;
    int bytes = 0;  ///< its width; 0 where the tag is missing
};

/// What the first directory of a TIFF structure tells about its image.
struct TiffTags {
    bool bigEndian = false;
    TiffNumber width;          ///< tag 256
    TiffNumber height;         ///< tag 257
    TiffNumber bitsPerSample;  ///< tag 258, of the first sample
    TiffNumber orientation;    ///< tag 274 (0x0112)
    TiffNumber extraSample;    ///< tag 338: 1 is associated, 2 unassociated alpha
    TiffNumber sampleFormat;   ///< tag 339: 1 is unsigned, 2 signed, 3 floating point

    /// 1 to 8; 1 where the tag is missing or has no such value.
    int uprightOrientation() const {
        return orientation.value >= 1 && orientation.value <= 8 ? static_cast<int>(orientation.value) : 1;
    }
};

/// Reads the first directory of `tiff` (TIFF 6.0 section 2, or BigTIFF), which is also what an EXIF block
/// holds. Nothing if it is no TIFF structure. Damage never throws: tags that cannot be read count as missing.
std::optional<TiffTags> readTiffTags(std::span<const std::byte> tiff);

/// The orientation (Exif 2.32, tag 0x0112) that an EXIF block tells, with or without "Exif\0\0" before it:
/// 1 (upright) to 8; 1 where there is none or it is damaged.
int exifOrientation(std::span<const std::byte> exif);

/// Whether the orientation swaps width and height (5 to 8).
constexpr bool swapsSides(int orientation) {
    return orientation >= 5 && orientation <= 8;
}

}  // namespace dinoscope
