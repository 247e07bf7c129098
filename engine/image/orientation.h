#pragma once

#include "engine/image/image.h"

namespace dinoscope {

/// The upright image of one stored with an EXIF orientation (1 to 8; any other leaves it as it is):
/// 2 mirrored, 3 turned by 180 degrees, 4 flipped, 5 transposed, 6 to be turned right, 7 transversed, 8 left.
Image upright(Image stored, int orientation);

}  // namespace dinoscope
