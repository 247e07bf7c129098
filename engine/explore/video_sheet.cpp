#include "engine/explore/video_sheet.h"

#include <algorithm>
#include <cmath>

#include "engine/image/resample.h"

namespace dinoscope {

namespace {

constexpr int kGap = 4;
constexpr double kWanted = 16.0 / 9;
constexpr int kLongestSide = 8190;  // MPEG-4's

int even(double side) {
    return std::max(2, 2 * int(std::lround(side / 2)));
}

int sideOf(int tiles, int side) {
    return tiles * side + (tiles - 1) * kGap;
}

}  // namespace

VideoSheet VideoSheet::plan(int frameWidth, int frameHeight, int side, int tiles) {
    const double scale = double(side) / std::min(frameWidth, frameHeight);
    VideoSheet best;
    best.tileWidth = even(frameWidth * scale);
    best.tileHeight = even(frameHeight * scale);
    double least = HUGE_VAL;
    for (int columns = 1; columns <= tiles; ++columns) {
        VideoSheet sheet = best;
        sheet.columns = columns;
        sheet.rows = (tiles + columns - 1) / columns;
        // What empty tiles take of the picture counts twice: they look like a mistake.
        const double empty = double(sheet.columns * sheet.rows) / tiles;
        const double unlike =
            std::abs(std::log(double(sheet.width()) / sheet.height() / kWanted)) + 2 * std::log(empty);
        if (unlike >= least) continue;
        least = unlike;
        best = sheet;
    }
    if (std::max(best.width(), best.height()) > kLongestSide) {
        throw Error("the video would have " + std::to_string(best.width()) + " x " +
                        std::to_string(best.height()) + " pixels",
                    "--side", "give a smaller one, or fewer --heads");
    }
    return best;
}

int VideoSheet::width() const {
    return sideOf(columns, tileWidth);
}

int VideoSheet::height() const {
    return sideOf(rows, tileHeight);
}

Image VideoSheet::fit(const Image& frame) const {
    const double scale = std::min(double(tileWidth) / frame.width, double(tileHeight) / frame.height);
    // Of a frame like the first one, rounding alone keeps it from the tile's own size.
    const auto side = [scale](int length, int tile) {
        const double wanted = length * scale;
        return wanted > tile - 2 ? tile : std::max(1, int(std::lround(wanted)));
    };
    return resize(frame, side(frame.width, tileWidth), side(frame.height, tileHeight), Filter::Bicubic);
}

void VideoSheet::paste(Image& sheet, int tile, const Image& picture) const {
    const int left = tile % columns * (tileWidth + kGap) + (tileWidth - picture.width) / 2;
    const int top = tile / columns * (tileHeight + kGap) + (tileHeight - picture.height) / 2;
    for (int row = 0; row < picture.height; ++row)
        std::copy_n(picture.row(row), picture.rowBytes(), sheet.at(left, top + row));
}

std::vector<ValueRange> SteadyRanges::follow(const std::vector<ValueRange>& ranges) {
    if (shown_.size() != ranges.size()) shown_ = ranges;
    const auto kept = float(share_);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        shown_[i].low = kept * shown_[i].low + (1 - kept) * ranges[i].low;
        shown_[i].high = kept * shown_[i].high + (1 - kept) * ranges[i].high;
    }
    return shown_;
}

}  // namespace dinoscope
