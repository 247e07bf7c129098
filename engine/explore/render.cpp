#include "engine/explore/render.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/base/parallel.h"

namespace dinoscope {

namespace {

constexpr float kDimmed = 0.35F;  ///< brightness that patches outside a mask keep
constexpr int kRowsAtOnce = 32;

std::uint8_t red(std::uint32_t colour) {
    return static_cast<std::uint8_t>(colour >> 16);
}
std::uint8_t green(std::uint32_t colour) {
    return static_cast<std::uint8_t>(colour >> 8);
}
std::uint8_t blue(std::uint32_t colour) {
    return static_cast<std::uint8_t>(colour);
}

/// Repeats each cell as a square of patchSize pixels.
Image enlarge(std::span<const std::uint32_t> cells, const InputGeometry& geometry) {
    Image picture(geometry.inputWidth, geometry.inputHeight);
    for (int row = 0; row < geometry.rows; ++row) {
        std::uint8_t* first = picture.row(row * geometry.patchSize);
        std::uint8_t* pixel = first;
        for (int column = 0; column < geometry.columns; ++column) {
            const std::uint32_t cell = cells[std::size_t(row) * geometry.columns + column];
            for (int x = 0; x < geometry.patchSize; ++x) {
                *pixel++ = red(cell);
                *pixel++ = green(cell);
                *pixel++ = blue(cell);
            }
        }
        for (int y = 1; y < geometry.patchSize; ++y) {
            std::memcpy(first + y * picture.rowBytes(), first, picture.rowBytes());
        }
    }
    return picture;
}

/// Where a pixel lies between the centres of its two nearest cells along one axis.
struct Between {
    int first;
    int second;
    float share;  ///< of the second
};

std::vector<Between> betweenCells(int pixels, double covered, int cells) {
    std::vector<Between> places(std::size_t(std::min<double>(pixels, std::ceil(covered))));
    for (std::size_t i = 0; i < places.size(); ++i) {
        const double position = std::clamp((double(i) + 0.5) * cells / covered - 0.5, 0.0, double(cells - 1));
        const int first = static_cast<int>(position);
        places[i] = {first, std::min(first + 1, cells - 1), static_cast<float>(position - first)};
    }
    return places;
}

/// The four cells about a pixel, and where between them it lies.
struct Corners {
    std::size_t upper;  ///< the first cell of the row above
    std::size_t lower;
    Between across;
    float down;

    template <typename Value>
    float mix(const Value& value) const {
        const auto first = std::size_t(across.first);
        const auto second = std::size_t(across.second);
        const float top =
            value(upper + first) + (value(upper + second) - value(upper + first)) * across.share;
        const float bottom =
            value(lower + first) + (value(lower + second) - value(lower + first)) * across.share;
        return top + (bottom - top) * down;
    }
};

std::uint8_t blend(std::uint8_t under, std::uint8_t over, float opacity) {
    return static_cast<std::uint8_t>(std::lround(float(under) + (float(over) - float(under)) * opacity));
}

/// Calls paint(corners, pixel) for what the patches cover of the original, in several threads. Patches that
/// the mask leaves out are dimmed instead.
template <typename Paint>
Image paintOver(const Image& original, const InputGeometry& geometry, std::span<const std::uint8_t> mask,
                const Paint& paint) {
    Image picture = original;
    const auto rows = betweenCells(original.height, geometry.coveredHeight(), geometry.rows);
    const auto columns = betweenCells(original.width, geometry.coveredWidth(), geometry.columns);
    const double cellHeight = geometry.coveredHeight() / geometry.rows;
    const double cellWidth = geometry.coveredWidth() / geometry.columns;
    const auto width = std::size_t(geometry.columns);
    const auto cellOf = [](double pixel, double size, int cells) {
        return std::size_t(std::min(cells - 1, static_cast<int>((pixel + 0.5) / size)));
    };
    const auto paintRow = [&](std::size_t y) {
        const std::size_t maskRow = cellOf(double(y), cellHeight, geometry.rows) * width;
        Corners at{
            std::size_t(rows[y].first) * width, std::size_t(rows[y].second) * width, {}, rows[y].share};
        std::uint8_t* pixel = picture.row(static_cast<int>(y));
        for (std::size_t x = 0; x < columns.size(); ++x, pixel += Image::kChannels) {
            if (!mask.empty() && !mask[maskRow + cellOf(double(x), cellWidth, geometry.columns)]) {
                for (int c = 0; c < 3; ++c)
                    pixel[c] = static_cast<std::uint8_t>(float(pixel[c]) * kDimmed);
                continue;
            }
            at.across = columns[x];
            paint(at, pixel);
        }
    };
    parallelFor(0, std::int64_t(rows.size()), kRowsAtOnce, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t y = first; y < last; ++y)
            paintRow(std::size_t(y));
    });
    return picture;
}

}  // namespace

void colourGrid(std::span<const float> grid, ValueRange range, ColourMap map,
                std::span<std::uint32_t> pixels) {
    for (std::size_t i = 0; i < grid.size(); ++i)
        pixels[i] = colour(map, range.normalise(grid[i]));
}

void colourHeads(const AttentionMap& map, std::span<const ValueRange> ranges, std::span<const int> heads,
                 std::span<std::uint32_t> pixels) {
    std::vector<std::uint32_t> hues;
    for (int head = 0; head < map.heads; ++head)
        hues.push_back(headHue(head, map.heads));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        float sum = 0;
        float strongest = 0;
        std::array<float, 3> mixed{};
        for (const int head : heads) {
            const float weight = ranges[std::size_t(head)].normalise(map.head(head)[i]);
            const std::uint32_t hue = hues[std::size_t(head)];
            // Hues opposite each other mix to grey: the fourth power lets the head that leads show its own.
            const float share = weight * weight * weight * weight;
            mixed[0] += share * red(hue);
            mixed[1] += share * green(hue);
            mixed[2] += share * blue(hue);
            sum += share;
            strongest = std::max(strongest, weight);
        }
        const auto channel = [&](float value) {
            return sum > 0 ? static_cast<std::uint32_t>(std::lround(value / sum)) : 0U;
        };
        pixels[i] = static_cast<std::uint32_t>(std::lround(255 * strongest)) << 24 | channel(mixed[0]) << 16 |
                    channel(mixed[1]) << 8 | channel(mixed[2]);
    }
}

Image gridPicture(std::span<const float> grid, ValueRange range, ColourMap map,
                  const InputGeometry& geometry) {
    std::vector<std::uint32_t> cells(grid.size());
    colourGrid(grid, range, map, cells);
    return enlarge(cells, geometry);
}

Image maskPicture(std::span<const std::uint8_t> mask, const InputGeometry& geometry) {
    std::vector<std::uint32_t> cells(mask.size());
    std::transform(mask.begin(), mask.end(), cells.begin(),
                   [](std::uint8_t kept) { return kept ? 0xFFFFFFFFU : 0xFF000000U; });
    return enlarge(cells, geometry);
}

Image overlayPicture(const Image& original, std::span<const float> grid, ValueRange range, ColourMap map,
                     double opacity, const InputGeometry& geometry, std::span<const std::uint8_t> mask) {
    return paintOver(original, geometry, mask, [&](const Corners& at, std::uint8_t* pixel) {
        const float value = at.mix([&](std::size_t cell) { return grid[cell]; });
        const std::uint32_t tint = colour(map, range.normalise(value));
        pixel[0] = blend(pixel[0], red(tint), float(opacity));
        pixel[1] = blend(pixel[1], green(tint), float(opacity));
        pixel[2] = blend(pixel[2], blue(tint), float(opacity));
    });
}

Image headsOverlayPicture(const Image& original, const AttentionMap& map, std::span<const ValueRange> ranges,
                          std::span<const int> heads, double opacity, const InputGeometry& geometry,
                          std::span<const std::uint8_t> mask) {
    std::vector<std::uint32_t> cells(std::size_t(map.patches()));
    colourHeads(map, ranges, heads, cells);
    const auto alpha = [&](std::size_t cell) { return float(cells[cell] >> 24) / 255; };
    return paintOver(original, geometry, mask, [&](const Corners& at, std::uint8_t* pixel) {
        const float cover = at.mix(alpha);
        if (cover <= 0) return;
        // Colours of cells that hardly show must not tint their neighbours: mixed by their opacity.
        const auto channel = [&](std::uint8_t (*part)(std::uint32_t)) {
            const float mixed =
                at.mix([&](std::size_t cell) { return float(part(cells[cell])) * alpha(cell); });
            return static_cast<std::uint8_t>(std::lround(mixed / cover));
        };
        pixel[0] = blend(pixel[0], channel(red), float(opacity) * cover);
        pixel[1] = blend(pixel[1], channel(green), float(opacity) * cover);
        pixel[2] = blend(pixel[2], channel(blue), float(opacity) * cover);
    });
}

}  // namespace dinoscope
