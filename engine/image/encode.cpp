#include "engine/image/encode.h"

#include <string>

#include "engine/base/atomic_file.h"

namespace dinoscope {

void PixelView::check() const {
    const bool sized =
        width >= 1 && height >= 1 && channels >= 1 && std::int64_t{width} * height <= kMaxPixels;
    if (sized && samples.size() == rowBytes() * static_cast<std::size_t>(height)) return;
    throw Error(std::to_string(samples.size()) + " samples are not an image of " + std::to_string(width) +
                " x " + std::to_string(height) + " pixels with " + std::to_string(channels) + " channels");
}

void writePng(const std::filesystem::path& path, const PixelView& image) {
    writeFileAtomically(path, encodePng(image));
}

void writeJpeg(const std::filesystem::path& path, const PixelView& image, int quality) {
    writeFileAtomically(path, encodeJpeg(image, quality));
}

}  // namespace dinoscope
