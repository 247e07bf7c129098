#include <algorithm>
#include <array>
#include <cmath>

#include "engine/api/neighbours.h"
#include "engine/image/decode.h"
#include "engine/image/resample.h"

namespace dinoscope::api {

namespace {

using Colour = std::array<std::uint8_t, 3>;

constexpr int kTile = 160;
constexpr int kGap = 12;
constexpr int kBar = 6;
constexpr int kFrame = 4;
constexpr int kMostColumns = 8;
constexpr Colour kPaper{250, 250, 250};
constexpr Colour kTrack{222, 222, 222};
constexpr Colour kAccent{38, 98, 170};

void fill(Image& sheet, int left, int top, int width, int height, const Colour& colour) {
    for (int y = std::max(0, top); y < std::min(sheet.height, top + height); ++y) {
        for (int x = std::max(0, left); x < std::min(sheet.width, left + width); ++x)
            std::copy(colour.begin(), colour.end(), sheet.at(x, y));
    }
}

/// Centred in its tile, at most as large as that.
void paste(Image& sheet, const Image& picture, int left, int top) {
    const int longer = std::max(picture.width, picture.height);
    const auto scaled = [&](int side) {
        return std::max(1, static_cast<int>(std::int64_t{side} * kTile / longer));
    };
    const Image fitted =
        longer <= kTile ? picture
                        : resize(picture, scaled(picture.width), scaled(picture.height), Filter::Bilinear);
    const int x = left + (kTile - fitted.width) / 2;
    const int y = top + (kTile - fitted.height) / 2;
    for (int row = 0; row < fitted.height; ++row)
        std::copy_n(fitted.row(row), fitted.rowBytes(), sheet.at(x, y + row));
}

void drawBar(Image& sheet, float similarity, int left, int top) {
    const float share = std::isfinite(similarity) ? std::clamp(similarity, 0.0F, 1.0F) : 0.0F;
    fill(sheet, left, top, kTile, kBar, kTrack);
    fill(sheet, left, top, static_cast<int>(std::lround(share * kTile)), kBar, kAccent);
}

Image thumbnailOf(const Gallery& gallery, std::int64_t item) {
    const std::vector<std::byte> jpeg = gallery.thumbnail(item);
    if (jpeg.empty()) return {};
    try {
        return decodeImage(jpeg, gallery.path(item).string());
    } catch (const Error&) {
        return {};  // its tile stays empty
    }
}

}  // namespace

Image contactSheet(const Gallery& gallery, const Image& query, const std::vector<Neighbour>& neighbours,
                   JobControl& control) {
    const int first = query.empty() ? 0 : 1;
    const int tiles = first + static_cast<int>(neighbours.size());
    if (tiles == 0) throw Error("there is nothing to put on a contact sheet");
    // Nearly square, and never too wide for a screen.
    const int columns =
        std::clamp(static_cast<int>(std::ceil(std::sqrt(static_cast<double>(tiles)))), 1, kMostColumns);
    const int rows = (tiles + columns - 1) / columns;
    const int pitch = kTile + kGap;
    const int rowPitch = kTile + kBar + 2 * kGap;
    Image sheet(columns * pitch + kGap, rows * rowPitch + kGap);
    fill(sheet, 0, 0, sheet.width, sheet.height, kPaper);
    for (int tile = 0; tile < tiles; ++tile) {
        control.poll();
        const int left = kGap + tile % columns * pitch;
        const int top = kGap + tile / columns * rowPitch;
        if (tile < first) {
            fill(sheet, left - kFrame, top - kFrame, kTile + 2 * kFrame, kTile + 2 * kFrame, kAccent);
            fill(sheet, left, top, kTile, kTile, kPaper);
            paste(sheet, query, left, top);
            continue;
        }
        const Neighbour& neighbour = neighbours[static_cast<std::size_t>(tile - first)];
        const Image picture = thumbnailOf(gallery, neighbour.row);
        if (picture.empty()) {
            fill(sheet, left, top, kTile, kTile, kTrack);
        } else {
            paste(sheet, picture, left, top);
        }
        drawBar(sheet, neighbour.similarity, left, top + kTile + kGap / 2);
    }
    return sheet;
}

}  // namespace dinoscope::api
