#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "engine/image/image.h"
#include "engine/image/image_header.h"

namespace dinoscope {

/// Whether decodeImage() reads the format: JPEG and PNG always, all others only if built with OpenCV.
bool canDecode(ImageFormat format);

/// Decodes an image file to upright 8-bit RGB, as Pillow's ImageOps.exif_transpose() and convert("RGB") do:
/// gray is repeated, palettes are looked up, alpha is dropped, CMYK is converted without a profile. Of 16-bit
/// samples the upper eight bits are kept. JPEG and PNG are always read; WebP, TIFF, BMP, PNM and JPEG 2000
/// where the program was built with OpenCV. Of a file with several pages the first is read. A file that ends
/// before its pixels do is an Error, never half an image; so are all failures, and each names the file.
Image decodeImage(const std::filesystem::path& path);

/// The same of a file in memory; `name` is what Errors call it.
Image decodeImage(std::span<const std::byte> bytes, const std::string& name);

}  // namespace dinoscope
