#include "engine/image/header_parsers.h"

#include "engine/image/byte_reader.h"
#include "engine/image/exif.h"

namespace dinoscope {

namespace {

std::optional<StoredSize> sized(std::optional<std::uint64_t> width, std::optional<std::uint64_t> height) {
    if (!width || !height) return std::nullopt;
    return StoredSize{*width, *height, 1};
}

bool isFrameHeader(std::uint64_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool standsAlone(std::uint64_t marker) {
    return marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

}  // namespace

// ITU-T T.81, annex B: segments of FF, marker, length; the frame header holds the size, APP1 the EXIF block.
std::optional<StoredSize> parseJpegHeader(std::span<const std::byte> file) {
    const ByteReader reader(file);
    std::optional<StoredSize> size;
    int orientation = 1;
    bool exifSeen = false;
    for (std::uint64_t at = 2; at < reader.size();) {
        if (reader.u8(at) != 0xFF) {  // stray bytes between segments occur; decoders skip them
            ++at;
            continue;
        }
        const auto marker = reader.u8(at + 1);
        if (!marker) break;
        if (*marker == 0xFF) {  // padding
            ++at;
            continue;
        }
        at += 2;
        if (standsAlone(*marker)) continue;
        if (*marker == 0xDA || *marker == 0xD9) break;  // the scan begins, or the image ends
        const auto length = reader.u16(at);
        if (!length || *length < 2) break;
        const auto segment = reader.part(at + 2, *length - 2);
        if (isFrameHeader(*marker) && !size) size = sized(reader.u16(at + 5), reader.u16(at + 3));
        constexpr std::string_view kExif("Exif\0\0", 6);
        if (*marker == 0xE1 && !exifSeen && ByteReader(segment).startsWith(kExif)) {
            orientation = exifOrientation(segment);
            exifSeen = true;
        }
        at += *length;
    }
    if (size) size->orientation = orientation;
    return size;
}

// PNG, third edition, 5 and 11.3.4.5: chunks of length, type, data, CRC; eXIf may stand before or after the
// pixels.
std::optional<StoredSize> parsePngHeader(std::span<const std::byte> file) {
    const ByteReader reader(file);
    if (!reader.startsWith("IHDR", 12)) return std::nullopt;
    auto size = sized(reader.u32(16), reader.u32(20));
    if (!size) return size;
    for (std::uint64_t at = 8; !reader.startsWith("IEND", at + 4);) {
        const auto length = reader.u32(at);
        if (!length) break;
        if (reader.startsWith("eXIf", at + 4)) {
            size->orientation = exifOrientation(reader.part(at + 8, *length));
            break;
        }
        at += 12 + *length;
    }
    return size;
}

// RFC 9649, section 2: RIFF chunks, padded to even sizes.
std::optional<StoredSize> parseWebPHeader(std::span<const std::byte> file) {
    const ByteReader reader(file, false);
    if (reader.startsWith("VP8 ", 12)) {  // RFC 6386, 9.1: start code, then 14 bits each
        if (!reader.startsWith("\x9d\x01\x2a", 23)) return std::nullopt;
        const auto width = reader.u16(26);
        const auto height = reader.u16(28);
        if (!width || !height) return std::nullopt;
        return StoredSize{*width & 0x3FFF, *height & 0x3FFF, 1};
    }
    if (reader.startsWith("VP8L", 12)) {
        const auto bits = reader.u32(21);
        if (reader.u8(20) != 0x2F || !bits) return std::nullopt;
        return StoredSize{(*bits & 0x3FFF) + 1, (*bits >> 14 & 0x3FFF) + 1, 1};
    }
    if (!reader.startsWith("VP8X", 12)) return std::nullopt;
    const auto width = reader.number(24, 3);
    const auto height = reader.number(27, 3);
    if (!width || !height) return std::nullopt;
    StoredSize size{*width + 1, *height + 1, 1};
    for (std::uint64_t at = 12;;) {
        const auto length = reader.u32(at + 4);
        if (!length) break;
        if (reader.startsWith("EXIF", at)) {
            size.orientation = exifOrientation(reader.part(at + 8, *length));
            break;
        }
        at += 8 + *length + (*length & 1);
    }
    return size;
}

std::optional<StoredSize> parseTiffHeader(std::span<const std::byte> file) {
    const auto tags = readTiffTags(file);
    if (!tags) return std::nullopt;
    return StoredSize{tags->width.value, tags->height.value, tags->uprightOrientation()};
}

// BITMAPCOREHEADER has 12 bytes and 16-bit sides; all later ones have signed 32-bit sides, a negative height
// for rows from the top.
std::optional<StoredSize> parseBmpHeader(std::span<const std::byte> file) {
    const ByteReader reader(file, false);
    const auto headerSize = reader.u32(14);
    if (headerSize == 12) return sized(reader.u16(18), reader.u16(20));
    const auto width = reader.u32(18);
    const auto height = reader.u32(22);
    if (!headerSize || *headerSize < 40 || !width || !height) return std::nullopt;
    const auto rows = static_cast<std::int64_t>(static_cast<std::int32_t>(*height));
    return StoredSize{*width, static_cast<std::uint64_t>(rows < 0 ? -rows : rows), 1};
}

namespace {

/// The numbers of a Netpbm header: "P1" to "P6", then decimal width, height and (but for bitmaps) maximum,
/// among white space and comments from # to the line's end.
class PnmNumbers {
public:
    explicit PnmNumbers(std::span<const std::byte> file) : reader_(file) {}

    std::optional<std::uint64_t> next() {
        bool comment = false;
        for (auto c = reader_.u8(at_); c && (comment || *c < '0' || *c > '9'); c = reader_.u8(++at_)) {
            if (comment) {
                comment = *c != '\n';
            } else if (*c == '#') {
                comment = true;
            } else if (*c > ' ') {
                return std::nullopt;
            }
        }
        std::optional<std::uint64_t> value;
        for (auto c = reader_.u8(at_); c && *c >= '0' && *c <= '9'; c = reader_.u8(++at_)) {
            value = value.value_or(0) * 10 + (*c - '0');
            if (*value > 0xFFFFFFFF) return std::nullopt;
        }
        return value;
    }

private:
    ByteReader reader_;
    std::uint64_t at_ = 2;
};

}  // namespace

std::optional<StoredSize> parsePnmHeader(std::span<const std::byte> file) {
    PnmNumbers numbers(file);
    const auto width = numbers.next();
    return sized(width, numbers.next());
}

std::optional<std::uint64_t> pnmMaximum(std::span<const std::byte> file) {
    const ByteReader reader(file);
    if (reader.startsWith("P1", 0) || reader.startsWith("P4", 0)) return 255;
    PnmNumbers numbers(file);
    if (!numbers.next() || !numbers.next()) return std::nullopt;
    return numbers.next();
}

// ISO/IEC 15444-1: boxes (annex I) around a codestream that begins with SOC and SIZ (annex A.5.1).
std::optional<StoredSize> parseJpeg2000Header(std::span<const std::byte> file) {
    const ByteReader reader(file);
    constexpr std::string_view kStart("\xFF\x4F\xFF\x51", 4);
    std::uint64_t at = 0;
    while (!reader.startsWith(kStart, at)) {
        auto length = reader.u32(at);
        if (!length) return std::nullopt;
        std::uint64_t head = 8;
        if (*length == 1) {
            length = reader.u64(at + 8);
            head = 16;
        }
        if (reader.startsWith("jp2c", at + 4)) {
            at += head;
            if (!reader.startsWith(kStart, at)) return std::nullopt;
        } else {
            if (!length || *length < head || *length > reader.size() - at) return std::nullopt;
            at += *length;
        }
    }
    const auto right = reader.u32(at + 8);
    const auto bottom = reader.u32(at + 12);
    const auto left = reader.u32(at + 16);
    const auto top = reader.u32(at + 20);
    if (!right || !bottom || !left || !top || *right < *left || *bottom < *top) return std::nullopt;
    return StoredSize{*right - *left, *bottom - *top, 1};
}

}  // namespace dinoscope
