#include "ui/explore/explore_state.h"

namespace dinoscope {

namespace {

constexpr double kSecondsWithoutAsking = 5;

}  // namespace

int tileOf(const HeadChoice& choice) {
    switch (choice.kind) {
        case HeadChoice::Kind::Mean:
            return kMeanTile;
        case HeadChoice::Kind::All:
            return kAllTile;
        case HeadChoice::Kind::One:
            break;
    }
    return kFirstHeadTile + choice.head;
}

HeadChoice choiceOf(int tile) {
    if (tile == kMeanTile) return {HeadChoice::Kind::Mean, 0};
    if (tile == kAllTile) return {HeadChoice::Kind::All, 0};
    return {HeadChoice::Kind::One, tile - kFirstHeadTile};
}

bool sameColours(const ExploreSettings& a, const ExploreSettings& b) {
    return a.heads == b.heads && a.colourMap == b.colourMap && a.maskOn == b.maskOn && a.mass == b.mass &&
           a.scale == b.scale;
}

ExploreControls controlsFor(const ExploreState& state) {
    ExploreControls controls;
    const bool shown = state.picture && state.map;
    controls.zoom = state.picture && !state.grid;
    controls.grid = state.picture && !state.energy;
    controls.heads = shown && state.heads > 0 && !state.energy;
    controls.appearance = shown;
    controls.colourMap = shown && !state.allHeads;
    controls.mass = shown && state.maskOn;
    controls.fixedRange = shown && state.fixedScale;
    controls.clip = shown && !state.fixedScale;
    controls.query = shown && !state.energy;
    controls.backToCls = controls.query && state.queryIsPatch;
    controls.sizeWidth = !state.nativeSize;
    controls.sizeHeight = state.exactSize;
    controls.layer = state.model && state.layers > 0 && !state.energy;
    controls.compute = state.picture && state.model && state.waiting && !state.computing;
    controls.cancel = state.computing || state.exporting || state.told;
    controls.exportFiles = shown && !state.exporting;
    controls.copyPicture = shown;
    controls.copyCommand = shown && state.pictureHasFile;
    controls.neighbours = state.picture;
    controls.neighboursOfMask = shown && state.maskOn;
    controls.previous = state.film > 0 && state.filmRow > 0;
    controls.next = state.film > 0 && state.filmRow + 1 < state.film;
    return controls;
}

bool needsConsent(const api::Cost& cost, std::int64_t freeMemory) {
    return cost.seconds > kSecondsWithoutAsking || (freeMemory > 0 && cost.bytes > freeMemory / 2);
}

}  // namespace dinoscope
