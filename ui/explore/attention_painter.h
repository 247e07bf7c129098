#pragma once

#include <optional>
#include <vector>

#include "engine/api/attention.h"
#include "ui/explore/explore_state.h"
#include "ui/widgets/overlay_composer.h"

namespace dinoscope {

/// What one patch holds in the grid on show.
struct PatchReading {
    float value = 0;
    double share = 0;       ///< of the grid's sum
    int strongestHead = 0;  ///< the head with the greatest value there
};

/// Turns attention values into the colours of canvas and tiles. No widgets, no files.
class AttentionPainter {
public:
    /// Colours everything anew; an empty map clears.
    void paint(const AttentionMap& map, const ExploreSettings& settings);

    /// One a tile: mean, all heads, each head.
    const std::vector<ColouredGrid>& tiles() const { return tiles_; }
    const ColouredGrid& shown() const;
    /// What the colours of the grid on show span. Of no meaning for all heads at once.
    ValueRange shownRange() const { return shownRange_; }
    /// The share of the patches that holds a share of the grid's sum on show (of the mean, for all heads at
    /// once), the strongest ones first: the smaller, the more concentrated. [0, 1]; empty without a map.
    std::optional<double> spreadOf(double mass) const;
    std::optional<PatchReading> readingAt(PatchPosition patch) const;

private:
    void paintHeads(const ExploreSettings& settings);
    void paintAll(const ExploreSettings& settings);
    std::span<const float> shownGrid() const;
    ColouredGrid colourOne(std::span<const float> grid, ValueRange range,
                           const ExploreSettings& settings) const;

    AttentionMap map_;
    std::vector<float> mean_;
    std::vector<ValueRange> ranges_;
    std::vector<ColouredGrid> tiles_;
    int shownTile_ = 0;
    ValueRange shownRange_;
    double shownSum_ = 0;
    ColouredGrid none_;
};

}  // namespace dinoscope
