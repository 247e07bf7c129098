#include "engine/image/codecs.h"

namespace dinoscope {

bool hasOpenCv() {
    return false;
}

Image decodeWithOpenCv(std::span<const std::byte>, const std::string& file, const ImageHeader& header) {
    throw Error(
        "this is a " + name(header.format) + " image, and this program was built to read only JPEG and PNG",
        file, "convert it to PNG, or build with OpenCV");
}

}  // namespace dinoscope
