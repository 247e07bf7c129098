#pragma once

#include <vector>

#include "engine/explore/attention_map.h"
#include "engine/image/image.h"

namespace dinoscope {

/// Where the pictures that are made of one frame lie beside each other in a video: rows of equal tiles,
/// together as near to 16:9 as they come. All sides are even, as videos need them.
struct VideoSheet {
    int tileWidth = 0;
    int tileHeight = 0;
    int columns = 1;
    int rows = 1;

    /// For frames like the first one, whose shorter side becomes `side`. Throws Error where that is no size
    /// of a video.
    static VideoSheet plan(int frameWidth, int frameHeight, int side, int tiles);

    int width() const;
    int height() const;

    /// A frame as large as a tile; one of another shape as large as fits into it.
    Image fit(const Image& frame) const;
    /// Puts a picture, at most as large as a tile, into the middle of one.
    void paste(Image& sheet, int tile, const Image& picture) const;
};

/// Colour ranges that follow those of the frames slowly: each frame's own would flicker.
class SteadyRanges {
public:
    /// `share`: how much of what the frames before had is kept, 0 to 1.
    explicit SteadyRanges(double share) : share_(share) {}
    std::vector<ValueRange> follow(const std::vector<ValueRange>& ranges);

private:
    double share_;
    std::vector<ValueRange> shown_;
};

}  // namespace dinoscope
