#include "engine/image/decode.h"

#include "engine/base/mapped_file.h"
#include "engine/image/codecs.h"
#include "engine/image/orientation.h"

namespace dinoscope {

namespace {

/// Pixels that a byte of a format can hold at most; 0 where there is no such bound. A file with fewer bytes
/// than that cannot be whole, and is refused before memory for its image is taken.
std::int64_t pixelsPerByte(ImageFormat format) {
    switch (format) {
        case ImageFormat::Jpeg:
            return 1024;  // Huffman codes: a bit or more for each block of 8 x 8 samples
        case ImageFormat::Png:
            return 1032 * 8;  // deflate makes at most 1032 bytes of one, each of 8 1-bit pixels
        case ImageFormat::Bmp:
            return 128;  // run lengths: two bytes make up to 255 pixels
        case ImageFormat::Pnm:
            return 8;  // one bit a pixel
        default:
            return 0;
    }
}

}  // namespace

void failDamaged(ImageFormat format, const std::string& file, const std::string& detail) {
    throw Error(
        "this " + name(format) + " image is cut off or damaged" + (detail.empty() ? "" : " (" + detail + ")"),
        file, "replace it with a whole copy");
}

bool canDecode(ImageFormat format) {
    return format == ImageFormat::Jpeg || format == ImageFormat::Png || hasOpenCv();
}

Image decodeImage(std::span<const std::byte> bytes, const std::string& file) {
    const ImageHeader header = readImageHeader(bytes, file);
    const auto bound = pixelsPerByte(header.format) * static_cast<std::int64_t>(bytes.size());
    if (bound > 0 && std::int64_t{header.width} * header.height > bound) {
        failDamaged(header.format, file,
                    std::to_string(bytes.size()) + " bytes cannot hold " + std::to_string(header.width) +
                        " x " + std::to_string(header.height) + " pixels");
    }
    switch (header.format) {
        case ImageFormat::Jpeg:
            return upright(decodeJpeg(bytes, file), header.orientation);
        case ImageFormat::Png:
            return upright(decodePng(bytes, file), header.orientation);
        default:
            return upright(decodeWithOpenCv(bytes, file, header), header.orientation);
    }
}

Image decodeImage(const std::filesystem::path& path) {
    return decodeImage(readFile(path), path.string());
}

}  // namespace dinoscope
