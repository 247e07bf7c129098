#include "engine/image/image_header.h"

#include <array>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/mapped_file.h"
#include "engine/image/byte_reader.h"
#include "engine/image/exif.h"
#include "engine/image/header_parsers.h"
#include "engine/image/image.h"

namespace dinoscope {

namespace {

struct Signature {
    std::string_view text;
    std::uint64_t offset;
    ImageFormat format;
};

using namespace std::string_view_literals;

constexpr std::array kSignatures{
    Signature{"\xFF\xD8\xFF"sv, 0, ImageFormat::Jpeg},
    Signature{"\x89PNG\r\n\x1A\n"sv, 0, ImageFormat::Png},
    Signature{"WEBP"sv, 8, ImageFormat::WebP},
    Signature{"II*\0"sv, 0, ImageFormat::Tiff},
    Signature{"MM\0*"sv, 0, ImageFormat::Tiff},
    Signature{"II+\0"sv, 0, ImageFormat::Tiff},
    Signature{"MM\0+"sv, 0, ImageFormat::Tiff},
    Signature{"\0\0\0\x0CjP  \r\n\x87\n"sv, 0, ImageFormat::Jpeg2000},
    Signature{"\xFF\x4F\xFF\x51"sv, 0, ImageFormat::Jpeg2000},
};

struct ForeignFormat {
    std::string_view text;
    std::uint64_t offset;
    const char* name;
};

/// Formats people have that are not read: known only to be named.
constexpr std::array kForeignFormats{
    ForeignFormat{"GIF8"sv, 0, "a GIF"},
    ForeignFormat{"ftypheic"sv, 4, "a HEIC"},
    ForeignFormat{"ftypheix"sv, 4, "a HEIC"},
    ForeignFormat{"ftyphevc"sv, 4, "a HEIC"},
    ForeignFormat{"ftypmif1"sv, 4, "a HEIF"},
    ForeignFormat{"ftypmsf1"sv, 4, "a HEIF"},
    ForeignFormat{"ftypavif"sv, 4, "an AVIF"},
    ForeignFormat{"ftypavis"sv, 4, "an AVIF"},
    ForeignFormat{"\xFF\x0A"sv, 0, "a JPEG XL"},
    ForeignFormat{"\0\0\0\x0CJXL "sv, 0, "a JPEG XL"},
    ForeignFormat{"8BPS"sv, 0, "a Photoshop"},
    ForeignFormat{"%PDF"sv, 0, "a PDF"},
    ForeignFormat{"<svg"sv, 0, "an SVG"},
    ForeignFormat{"\x76\x2F\x31\x01"sv, 0, "an OpenEXR"},
    ForeignFormat{"#?RADIANCE"sv, 0, "a Radiance HDR"},
    ForeignFormat{"\0\0\1\0"sv, 0, "an icon"},
};

ImageFormat formatOf(const ByteReader& reader, const std::string& name) {
    if (reader.size() == 0) throw Error("the file is empty", name, "replace it with a whole copy");
    for (const auto& signature : kSignatures) {
        if (reader.startsWith(signature.text, signature.offset)) return signature.format;
    }
    const auto second = reader.u8(1).value_or(0);
    const auto third = reader.u8(2).value_or(0);
    const bool space = third == ' ' || third == '\n' || third == '\r' || third == '\t' || third == '#';
    if (reader.startsWith("P") && second >= '1' && second <= '6' && space) return ImageFormat::Pnm;
    // "BM" alone may begin a text: the size of the header after it tells.
    const auto bitmapHeader = ByteReader(reader.part(14, 4), false).u32(0).value_or(0);
    if (reader.startsWith("BM") && bitmapHeader >= 12 && bitmapHeader <= 256) return ImageFormat::Bmp;
    for (const auto& foreign : kForeignFormats) {
        if (!reader.startsWith(foreign.text, foreign.offset)) continue;
        throw Error("this is " + std::string(foreign.name) + " file, a format that is not read", name,
                    "convert it to PNG or JPEG");
    }
    throw Error("this is not an image of a known format", name, "give a JPEG, PNG, WebP, TIFF or BMP file");
}

std::optional<StoredSize> parse(ImageFormat format, std::span<const std::byte> bytes) {
    switch (format) {
        case ImageFormat::Jpeg:
            return parseJpegHeader(bytes);
        case ImageFormat::Png:
            return parsePngHeader(bytes);
        case ImageFormat::WebP:
            return parseWebPHeader(bytes);
        case ImageFormat::Tiff:
            return parseTiffHeader(bytes);
        case ImageFormat::Bmp:
            return parseBmpHeader(bytes);
        case ImageFormat::Pnm:
            return parsePnmHeader(bytes);
        case ImageFormat::Jpeg2000:
            return parseJpeg2000Header(bytes);
    }
    return std::nullopt;
}

}  // namespace

std::string name(ImageFormat format) {
    switch (format) {
        case ImageFormat::Jpeg:
            return "JPEG";
        case ImageFormat::Png:
            return "PNG";
        case ImageFormat::WebP:
            return "WebP";
        case ImageFormat::Tiff:
            return "TIFF";
        case ImageFormat::Bmp:
            return "BMP";
        case ImageFormat::Pnm:
            return "PNM";
        case ImageFormat::Jpeg2000:
            return "JPEG 2000";
    }
    return "unknown";
}

ImageHeader readImageHeader(std::span<const std::byte> bytes, const std::string& file) {
    ImageHeader header;
    header.format = formatOf(ByteReader(bytes), file);
    const auto stored = parse(header.format, bytes);
    if (!stored || stored->width == 0 || stored->height == 0) {
        throw Error("the header of this " + name(header.format) + " image is cut off or damaged", file,
                    "replace it with a whole copy");
    }
    constexpr auto kLimit = static_cast<std::uint64_t>(kMaxPixels);
    if (stored->width > kLimit || stored->height > kLimit / stored->width) {
        throw Error("an image of " + std::to_string(stored->width) + " x " + std::to_string(stored->height) +
                        " pixels is too large",
                    file, "scale it to at most " + std::to_string(kMaxPixels / 1'000'000) + " megapixels");
    }
    header.orientation = stored->orientation;
    header.width = static_cast<int>(stored->width);
    header.height = static_cast<int>(stored->height);
    if (swapsSides(header.orientation)) std::swap(header.width, header.height);
    return header;
}

ImageHeader readImageHeader(const std::filesystem::path& path) {
    const MappedFile file(path);
    const ImageHeader header = readImageHeader(file.bytes(), path.string());
    file.requireWhole();
    return header;
}

}  // namespace dinoscope
