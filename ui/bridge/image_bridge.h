#pragma once

#include <QImage>
#include <memory>

#include "engine/api/images.h"

namespace dinoscope {

/// The same pixels as RGB888, not copied: the QImage and its copies keep the Image alive.
QImage viewOf(std::shared_ptr<const Image> image);

/// Upright RGB of any QImage, alpha dropped. Throws Error if it is null.
Image imageFrom(const QImage& picture);

}  // namespace dinoscope
