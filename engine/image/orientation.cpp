#include "engine/image/orientation.h"

#include <algorithm>
#include <cstring>

#include "engine/base/parallel.h"
#include "engine/image/exif.h"

namespace dinoscope {

namespace {

constexpr int kTile = 32;  // pixels a side: source and target of a tile stay in the first-level cache

void copyPixel(std::uint8_t* to, const std::uint8_t* from) {
    std::memcpy(to, from, Image::kChannels);
}

/// Pixel (x, y) of the result is pixel (y, x) of `stored`, counted from the far end where flipped.
Image turned(const Image& stored, bool flipX, bool flipY) {
    Image result(stored.height, stored.width);
    parallelFor(0, result.height, kTile, [&](std::int64_t first, std::int64_t last) {
        for (int left = 0; left < result.width; left += kTile) {
            const int right = std::min(left + kTile, result.width);
            for (int y = static_cast<int>(first); y < static_cast<int>(last); ++y) {
                const int x0 = flipX ? stored.width - 1 - y : y;
                for (int x = left; x < right; ++x) {
                    copyPixel(result.at(x, y), stored.at(x0, flipY ? stored.height - 1 - x : x));
                }
            }
        }
    });
    return result;
}

void mirrorRow(std::uint8_t* row, int width) {
    for (int left = 0, right = width - 1; left < right; ++left, --right) {
        std::swap_ranges(row + left * Image::kChannels, row + (left + 1) * Image::kChannels,
                         row + right * Image::kChannels);
    }
}

void flipRows(Image& image) {
    for (int top = 0, bottom = image.height - 1; top < bottom; ++top, --bottom) {
        std::swap_ranges(image.row(top), image.row(top) + image.rowBytes(), image.row(bottom));
    }
}

}  // namespace

Image upright(Image stored, int orientation) {
    if (swapsSides(orientation)) {
        // 5 mirrors on the main diagonal; 6, 7 and 8 count the stored rows, both, or columns from their end.
        return turned(stored, orientation == 7 || orientation == 8, orientation == 6 || orientation == 7);
    }
    if (orientation == 2 || orientation == 3) {
        for (int y = 0; y < stored.height; ++y) {
            mirrorRow(stored.row(y), stored.width);
        }
    }
    if (orientation == 3 || orientation == 4) flipRows(stored);
    return stored;
}

}  // namespace dinoscope
