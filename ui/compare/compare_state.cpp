#include "ui/compare/compare_state.h"

#include <algorithm>

namespace dinoscope {

namespace {

bool any(std::span<const ExploreState> sides, bool ExploreState::*what) {
    return std::ranges::any_of(sides, what);
}

bool all(std::span<const ExploreState> sides, bool ExploreState::*what) {
    return std::ranges::all_of(sides, what);
}

}  // namespace

int headsOf(std::span<const ExploreState> sides) {
    int heads = 0;
    for (const ExploreState& side : sides)
        heads = std::max(heads, side.heads);
    return heads;
}

int layersOf(std::span<const ExploreState> sides) {
    int layers = 0;
    for (const ExploreState& side : sides)
        layers = std::max(layers, side.layers);
    return layers;
}

ExploreControls controlsFor(const CompareState& state) {
    const std::span<const ExploreState> sides = state.sides;
    ExploreState joint = sides.front();  // what is set is the same on each side
    joint.model = any(sides, &ExploreState::model);
    joint.map = any(sides, &ExploreState::map);
    joint.loadingModel = any(sides, &ExploreState::loadingModel);
    joint.computing = any(sides, &ExploreState::computing);
    joint.waiting = any(sides, &ExploreState::waiting);
    joint.told = any(sides, &ExploreState::told);
    joint.exporting = state.drawing;
    joint.energy = all(sides, &ExploreState::energy);
    joint.allHeads = all(sides, &ExploreState::allHeads);
    joint.heads = headsOf(sides);
    joint.layers = layersOf(sides);
    joint.film = state.film;
    joint.filmRow = state.filmRow;
    ExploreControls controls = controlsFor(joint);
    controls.copyPicture = controls.copyPicture && !state.drawing;
    return controls;
}

}  // namespace dinoscope
