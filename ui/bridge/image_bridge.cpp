#include "ui/bridge/image_bridge.h"

#include <cstring>

#include "engine/api/core.h"

namespace dinoscope {

QImage viewOf(std::shared_ptr<const Image> image) {
    if (!image || image->empty()) return {};
    auto* keeper = new std::shared_ptr<const Image>(std::move(image));
    const Image& pixels = **keeper;
    return {pixels.pixels.data(),
            pixels.width,
            pixels.height,
            qsizetype(pixels.rowBytes()),
            QImage::Format_RGB888,
            [](void* held) { delete static_cast<std::shared_ptr<const Image>*>(held); },
            keeper};
}

Image imageFrom(const QImage& picture) {
    if (picture.isNull())
        throw Error("there is no picture in it", "clipboard", "copy a picture and try again");
    const QImage rgb = picture.convertToFormat(QImage::Format_RGB888);
    Image image(rgb.width(), rgb.height());
    for (int y = 0; y < image.height; ++y)
        std::memcpy(image.row(y), rgb.constScanLine(y), image.rowBytes());
    return image;
}

}  // namespace dinoscope
