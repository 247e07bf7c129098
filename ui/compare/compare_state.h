#pragma once

#include <span>

#include "ui/explore/explore_state.h"

namespace dinoscope {

/// What the Compare workspace can do, from what its sides can.
struct CompareState {
    std::span<const ExploreState> sides;
    bool drawing = false;  ///< a sheet of the pictures
    int film = 0;          ///< files in the filmstrip
    int filmRow = -1;      ///< the one on show
};

inline constexpr int kFewestSides = 2;
inline constexpr int kMostSides = 4;  ///< more would be too narrow to see anything

/// Which controls can be used: those of what all sides share, where any of them can use them.
ExploreControls controlsFor(const CompareState& state);
/// The most heads, and layers, that a side has.
int headsOf(std::span<const ExploreState> sides);
int layersOf(std::span<const ExploreState> sides);

}  // namespace dinoscope
