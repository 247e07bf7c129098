#pragma once

#include <cstdint>
#include <span>

#include "engine/image/image.h"
#include "engine/image/resample.h"

namespace dinoscope {

/// A box grown about its centre to a square, as far as the image goes: a part is not squashed where it need
/// not be. Left, top, right and bottom lie within the image.
SourceBox growToSquare(const SourceBox& box, int imageWidth, int imageHeight);

/// The image with the mean colour of ImageNet, which the network sees as zero, wherever a cell of the grid is
/// 0. The grid [rows, columns] covers the left upper `coveredWidth` x `coveredHeight` pixels; what lies
/// outside is masked too. `box` becomes that of the cells which are kept. Throws Error where none is.
Image maskImage(const Image& image, std::span<const std::uint8_t> cells, int rows, int columns,
                double coveredWidth, double coveredHeight, SourceBox& box);

}  // namespace dinoscope
