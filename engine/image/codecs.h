#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/image/image.h"
#include "engine/image/image_header.h"

namespace dinoscope {

// One decoder a library. Each gives the pixels as they are stored, without turning them upright, and throws
// an Error that names `file`.
Image decodeJpeg(std::span<const std::byte> bytes, const std::string& file);
Image decodePng(std::span<const std::byte> bytes, const std::string& file);
/// False where the program was built without OpenCV; decodeWithOpenCv() then only throws.
bool hasOpenCv();
Image decodeWithOpenCv(std::span<const std::byte> bytes, const std::string& file, const ImageHeader& header);

/// "this JPEG image is cut off or damaged (detail)"
[[noreturn]] void failDamaged(ImageFormat format, const std::string& file, const std::string& detail = {});

}  // namespace dinoscope
