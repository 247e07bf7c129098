#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace dinoscope {

/// Formats told by their first bytes; file name extensions are not asked.
enum class ImageFormat { Jpeg, Png, WebP, Tiff, Bmp, Pnm, Jpeg2000 };

/// "JPEG", "PNG", "WebP", "TIFF", "BMP", "PNM" or "JPEG 2000".
std::string name(ImageFormat format);

/// What a file tells about its image before a pixel is decoded.
struct ImageHeader {
    ImageFormat format = ImageFormat::Jpeg;
    int width = 0;        ///< pixels, of the upright image
    int height = 0;       ///< pixels, of the upright image
    int orientation = 1;  ///< EXIF, 1 to 8: how the stored pixels must be turned to be upright
};

/// Reads no pixels. Errors name the file: no image, a format that is not read, damage, or more than
/// kMaxPixels.
ImageHeader readImageHeader(const std::filesystem::path& path);
ImageHeader readImageHeader(std::span<const std::byte> bytes, const std::string& name);

}  // namespace dinoscope
