#include "engine/image/exif.h"

#include <algorithm>

#include "engine/image/byte_reader.h"

namespace dinoscope {

namespace {

/// Offsets and widths that tell classic TIFF and BigTIFF apart.
struct Layout {
    std::uint64_t directory;   ///< where the first directory begins
    int countBytes;            ///< width of its number of entries
    std::uint64_t entryBytes;  ///< size of an entry: tag u16, type u16, count, value or offset
    int fieldBytes;            ///< width of count and of value
};

std::optional<Layout> layoutOf(const ByteReader& reader) {
    const auto version = reader.u16(2);
    if (version == 42) {
        if (const auto offset = reader.u32(4)) return Layout{*offset, 2, 12, 4};
    }
    if (version == 43 && reader.u16(4) == 8) {
        if (const auto offset = reader.u64(8)) return Layout{*offset, 8, 20, 8};
    }
    return std::nullopt;
}

int bytesOfType(std::uint64_t type) {
    switch (type) {
        case 1:
            return 1;  // BYTE
        case 3:
            return 2;  // SHORT
        case 4:
            return 4;  // LONG
        case 16:
            return 8;  // LONG8
        default:
            return 0;  // no kind of whole number that the tags below may have
    }
}

/// The first number of the entry at `entry`.
std::optional<TiffNumber> firstNumber(const ByteReader& reader, const Layout& layout, std::uint64_t entry) {
    const auto type = reader.u16(entry + 2);
    const auto count = reader.number(entry + 4, layout.fieldBytes);
    if (!type || !count || *count == 0) return std::nullopt;
    const int width = bytesOfType(*type);
    if (width == 0) return std::nullopt;
    std::uint64_t place = entry + 4 + static_cast<std::uint64_t>(layout.fieldBytes);
    // Values that do not fit into the field stand elsewhere.
    if (*count > static_cast<std::uint64_t>(layout.fieldBytes / width)) {
        const auto offset = reader.number(place, layout.fieldBytes);
        if (!offset) return std::nullopt;
        place = *offset;
    }
    const auto value = reader.number(place, width);
    if (!value) return std::nullopt;
    return TiffNumber{*value, place, width};
}

}  // namespace

std::optional<TiffTags> readTiffTags(std::span<const std::byte> tiff) {
    const bool little = ByteReader(tiff).startsWith("II");
    if (!little && !ByteReader(tiff).startsWith("MM")) return std::nullopt;
    const ByteReader reader(tiff, !little);
    const auto layout = layoutOf(reader);
    if (!layout) return std::nullopt;
    TiffTags tags;
    tags.bigEndian = !little;
    const auto count = reader.number(layout->directory, layout->countBytes);
    if (!count) return tags;
    const std::uint64_t first = layout->directory + static_cast<std::uint64_t>(layout->countBytes);
    const std::uint64_t room = reader.size() > first ? (reader.size() - first) / layout->entryBytes : 0;
    for (std::uint64_t i = 0; i < std::min(*count, room); ++i) {
        const std::uint64_t entry = first + i * layout->entryBytes;
        const auto tag = reader.u16(entry);
        const auto value = firstNumber(reader, *layout, entry);
        if (!tag || !value) continue;
        switch (*tag) {
            case 256:
                tags.width = *value;
                break;
            case 257:
                tags.height = *value;
                break;
            case 258:
                tags.bitsPerSample = *value;
                break;
            case 274:
                tags.orientation = *value;
                break;
            case 338:
                tags.extraSample = *value;
                break;
            case 339:
                tags.sampleFormat = *value;
                break;
            default:
                break;
        }
    }
    return tags;
}

int exifOrientation(std::span<const std::byte> exif) {
    const ByteReader reader(exif);
    constexpr std::string_view kPrefix("Exif\0\0", 6);
    const auto tags = readTiffTags(reader.startsWith(kPrefix) ? reader.part(kPrefix.size()) : exif);
    return tags ? tags->uprightOrientation() : 1;
}

}  // namespace dinoscope
