#pragma once

#include <cstdint>
#include <vector>

#include "engine/api/neighbours.h"

namespace dinoscope {

/// What a person sets in the Neighbours workspace.
struct NeighboursSettings {
    std::int64_t k = 20;   ///< neighbours that are shown and vote
    double threshold = 0;  ///< least similarity, 0 to 1

    bool operator==(const NeighboursSettings&) const = default;
};

/// What fills the middle of the workspace.
enum class NeighboursPage { Browse, Duplicates, Evaluate };

/// What is there and what goes on.
struct NeighboursState {
    NeighboursPage page = NeighboursPage::Browse;
    bool gallery = false;
    bool opening = false;
    bool sourceMissing = false;  ///< the pictures are not where they were
    bool labels = false;
    bool query = false;      ///< something is asked for, computed or not
    bool computing = false;  ///< its feature, or a search
    bool searched = false;   ///< what is found is the answer, be it nothing
    int results = 0;         ///< shown
    int selected = 0;        ///< pictures of the grid on show
    bool canGoBack = false;
    bool canGoForward = false;
    bool building = false;
    bool keepingTeacher = false;  ///< before that, which takes a moment
    bool paused = false;
    bool attending = false;  ///< the attention over query or result is computed
    bool comparing = false;  ///< all with all, for near duplicates
    bool evaluating = false;
    bool exporting = false;
};

/// Which controls can be used.
struct NeighboursControls {
    bool openGallery = false;
    bool build = false;
    bool update = false;
    bool pause = false;
    bool resume = false;
    bool stop = false;
    bool relocate = false;
    bool back = false;
    bool forward = false;
    bool overview = false;
    bool ask = false;
    bool openInExplore = false;
    bool reveal = false;
    bool copyPath = false;
    bool exportResults = false;
    bool sliders = false;
    bool vote = false;
    bool findDuplicates = false;
    bool evaluate = false;
    bool cancel = false;
    bool column = false;     ///< query and result, large
    bool attention = false;  ///< over both of them
    bool panel = false;

    bool operator==(const NeighboursControls&) const = default;
};

NeighboursControls controlsFor(const NeighboursState& state);

/// How many of the results, best first, are within k and threshold.
int shownOf(const std::vector<Neighbour>& results, const NeighboursSettings& settings);

/// How many to look for so that k can be raised a while without another search.
std::int64_t fetchFor(std::int64_t k, std::int64_t items);

/// A slider's place for a number of neighbours from 1 to `most`, and back: each tenth of the way is the same
/// factor, since 5 and 10 differ as 500 and 1,000 do.
inline constexpr int kSliderSteps = 1000;
int sliderForK(std::int64_t k, std::int64_t most);
std::int64_t kForSlider(int place, std::int64_t most);

}  // namespace dinoscope
