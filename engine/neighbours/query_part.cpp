#include "engine/neighbours/query_part.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

constexpr std::uint8_t kMeanColour[3] = {124, 116, 104};  // 255 * (0.485, 0.456, 0.406)

struct Span {
    float first;
    float last;
};

/// A span of `length` about the middle of another, moved into [0, whole].
Span grow(Span span, float length, float whole) {
    const float wanted = std::min(length, whole);
    const float first = std::clamp((span.first + span.last - wanted) / 2, 0.0F, whole - wanted);
    return {first, std::min(first + wanted, whole)};
}

}  // namespace

SourceBox growToSquare(const SourceBox& box, int imageWidth, int imageHeight) {
    const float side = std::max(box.right - box.left, box.bottom - box.top);
    const Span across = grow({box.left, box.right}, side, static_cast<float>(imageWidth));
    const Span down = grow({box.top, box.bottom}, side, static_cast<float>(imageHeight));
    return {across.first, down.first, across.last, down.last};
}

Image maskImage(const Image& image, std::span<const std::uint8_t> cells, int rows, int columns,
                double coveredWidth, double coveredHeight, SourceBox& box) {
    if (rows < 1 || columns < 1 || cells.size() != static_cast<std::size_t>(rows) * columns) {
        throw Error("the mask does not have a cell for each patch");
    }
    const double cellWidth = coveredWidth / columns;
    const double cellHeight = coveredHeight / rows;
    Image masked = image;
    int left = image.width;
    int top = image.height;
    int right = 0;
    int bottom = 0;
    for (int y = 0; y < image.height; ++y) {
        const int row = static_cast<int>((y + 0.5) / cellHeight);
        for (int x = 0; x < image.width; ++x) {
            const int column = static_cast<int>((x + 0.5) / cellWidth);
            const bool kept = row < rows && column < columns &&
                              cells[static_cast<std::size_t>(row) * columns + column] != 0;
            if (!kept) {
                std::copy_n(kMeanColour, Image::kChannels, masked.at(x, y));
                continue;
            }
            left = std::min(left, x);
            right = std::max(right, x + 1);
            top = std::min(top, y);
            bottom = std::max(bottom, y + 1);
        }
    }
    if (left >= right) throw Error("the mask holds no patch", {}, "mark a part of the image");
    box = {static_cast<float>(left), static_cast<float>(top), static_cast<float>(right),
           static_cast<float>(bottom)};
    return masked;
}

}  // namespace dinoscope
