#pragma once

#include <cstdint>
#include <string>

#include "engine/api/attention.h"
#include "engine/api/images.h"

namespace dinoscope {

/// What of the heads is shown large.
struct HeadChoice {
    enum class Kind { Mean, All, One };
    Kind kind = Kind::Mean;
    int head = 0;  ///< of One

    bool operator==(const HeadChoice&) const = default;
};

/// Tiles are the mean, all heads at once, then one a head.
inline constexpr int kMeanTile = 0;
inline constexpr int kAllTile = 1;
inline constexpr int kFirstHeadTile = 2;
int tileOf(const HeadChoice& choice);
HeadChoice choiceOf(int tile);

/// Everything a person sets in the Explore workspace.
struct ExploreSettings {
    HeadChoice heads;
    double opacity = 0.6;
    ColourMap colourMap = ColourMap::Viridis;
    bool smooth = true;
    bool maskOn = false;
    double mass = 0.6;  ///< share that the mask keeps, 0 to 1
    Scale scale;
    InputSize size;
    int layer = -1;       ///< negative from the end
    bool follow = false;  ///< the patch under the mouse asks

    bool operator==(const ExploreSettings&) const = default;
};

/// Whether both colour a map alike, however they lay it over the picture.
bool sameColours(const ExploreSettings& a, const ExploreSettings& b);

/// What is there and what goes on.
struct ExploreState {
    bool picture = false;
    bool pictureHasFile = false;
    bool model = false;
    bool map = false;           ///< attention of the picture is on show
    bool loadingModel = false;  ///< or none was asked for yet
    bool computing = false;
    bool waiting = false;  ///< nothing was computed: it would take long, or was cancelled
    bool exporting = false;
    bool told = false;    ///< whatever runs has run for so long that the card tells of it
    bool energy = false;  ///< the model is convolutional: the map is of no head and no query
    int heads = 0;
    int layers = 0;
    bool queryIsPatch = false;
    bool fixedScale = false;
    bool maskOn = false;
    bool exactSize = false;
    bool nativeSize = false;
    bool allHeads = false;
    bool grid = false;  ///< all heads large instead of one picture
    int film = 0;       ///< files in the filmstrip
    int filmRow = -1;   ///< the one on show
};

/// Which controls can be used.
struct ExploreControls {
    bool zoom = false;
    bool grid = false;
    bool heads = false;
    bool appearance = false;  ///< opacity, smoothing, mask, scale
    bool colourMap = false;
    bool mass = false;
    bool fixedRange = false;
    bool clip = false;
    bool query = false;
    bool backToCls = false;
    bool sizeWidth = false;
    bool sizeHeight = false;
    bool layer = false;
    bool compute = false;
    bool cancel = false;
    bool exportFiles = false;
    bool copyPicture = false;
    bool copyCommand = false;
    bool neighbours = false;  ///< of the picture or a rectangle of it
    bool neighboursOfMask = false;
    bool previous = false;
    bool next = false;

    bool operator==(const ExploreControls&) const = default;
};

ExploreControls controlsFor(const ExploreState& state);

/// True where a computation should be asked for first: more than 5 s, or more than half of the free memory.
bool needsConsent(const api::Cost& cost, std::int64_t freeMemory);

}  // namespace dinoscope
