#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dinoscope {

enum class ColourMap { Viridis, Inferno, Magma, Turbo, Gray };

/// "viridis", "inferno", "magma", "turbo" or "gray".
std::string name(ColourMap map);
/// The map of that name; a UsageError lists them if there is none.
ColourMap parseColourMap(std::string_view name);
/// In the order in which they are shown.
std::vector<ColourMap> allColourMaps();

/// 256 colours from the lowest to the highest value, as 0xFFRRGGBB.
const std::array<std::uint32_t, 256>& colourTable(ColourMap map);

/// The colour of t in [0, 1], the entry floor(256 t) as in matplotlib; what lies outside takes the end's
/// colour, NaN that of 0.
std::uint32_t colour(ColourMap map, float t);

/// A colour, 0xFFRRGGBB, for each of `heads` heads, 0 <= k < heads: hues at equal angles of the OKLCH circle,
/// all of the same perceived lightness and chroma. An Error if there is no such head.
std::uint32_t headHue(int k, int heads);

}  // namespace dinoscope
