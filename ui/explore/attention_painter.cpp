#include "ui/explore/attention_painter.h"

#include <algorithm>
#include <numeric>

#include "engine/api/attend.h"
#include "ui/bridge/colour_bridge.h"

namespace dinoscope {

ColouredGrid AttentionPainter::colourOne(std::span<const float> grid, ValueRange range,
                                         const ExploreSettings& settings) const {
    ColouredGrid coloured;
    coloured.colours = colouredGrid(grid, map_.rows, map_.columns, range, settings.colourMap);
    if (settings.maskOn) coloured.kept = massMask(grid, settings.mass);
    return coloured;
}

void AttentionPainter::paintHeads(const ExploreSettings& settings) {
    tiles_[kMeanTile] = colourOne(mean_, gridRange(mean_, settings.scale), settings);
    for (int head = 0; head < map_.heads; ++head) {
        tiles_[std::size_t(kFirstHeadTile + head)] =
            colourOne(map_.head(head), ranges_[std::size_t(head)], settings);
    }
}

void AttentionPainter::paintAll(const ExploreSettings& settings) {
    std::vector<int> heads(std::size_t(map_.heads));
    std::iota(heads.begin(), heads.end(), 0);
    QImage picture(map_.columns, map_.rows, QImage::Format_ARGB32);
    // 32 bits a pixel: rows follow each other without padding.
    colourHeads(map_, ranges_, heads,
                {reinterpret_cast<std::uint32_t*>(picture.bits()), std::size_t(map_.patches())});
    ColouredGrid& tile = tiles_[kAllTile];
    tile.colours = picture.convertToFormat(QImage::Format_ARGB32_Premultiplied);
    if (settings.maskOn) tile.kept = massMask(mean_, settings.mass);
}

void AttentionPainter::paint(const AttentionMap& map, const ExploreSettings& settings) {
    map_ = map;
    tiles_.assign(map_.heads > 0 ? std::size_t(kFirstHeadTile + map_.heads) : 0, {});
    shownTile_ = tileOf(settings.heads);
    if (map_.heads == 0) return;
    mean_ = meanOfHeads(map_);
    ranges_ = headRanges(map_, settings.scale);
    paintHeads(settings);
    paintAll(settings);
    const std::span<const float> values = shownGrid();
    shownRange_ = values.data() == mean_.data() ? gridRange(mean_, settings.scale)
                                                : ranges_[std::size_t(settings.heads.head)];
    shownSum_ = std::accumulate(values.begin(), values.end(), 0.0);
}

const ColouredGrid& AttentionPainter::shown() const {
    return shownTile_ < int(tiles_.size()) ? tiles_[std::size_t(shownTile_)] : none_;
}

/// The mean too where all heads are shown at once.
std::span<const float> AttentionPainter::shownGrid() const {
    const HeadChoice choice = choiceOf(shownTile_);
    if (choice.kind == HeadChoice::Kind::One && choice.head < map_.heads) return map_.head(choice.head);
    return mean_;
}

std::optional<double> AttentionPainter::spreadOf(double mass) const {
    if (map_.heads == 0) return std::nullopt;
    const std::vector<std::uint8_t> kept = massMask(shownGrid(), mass);
    return double(std::count(kept.begin(), kept.end(), 1)) / double(kept.size());
}

std::optional<PatchReading> AttentionPainter::readingAt(PatchPosition patch) const {
    if (patch.row < 0 || patch.row >= map_.rows || patch.column < 0 || patch.column >= map_.columns) {
        return std::nullopt;
    }
    const auto index = std::size_t(patch.row) * std::size_t(map_.columns) + std::size_t(patch.column);
    PatchReading reading;
    reading.value = shownGrid()[index];
    reading.share = shownSum_ > 0 ? reading.value / shownSum_ : 0;
    for (int head = 1; head < map_.heads; ++head) {
        if (map_.head(head)[index] > map_.head(reading.strongestHead)[index]) reading.strongestHead = head;
    }
    return reading;
}

}  // namespace dinoscope
