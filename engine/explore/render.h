#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/explore/attention_map.h"
#include "engine/image/colour_map.h"
#include "engine/image/image.h"

namespace dinoscope {

/// Colours a grid into `pixels` (0xFFRRGGBB, one a patch). Neither allocates nor throws.
void colourGrid(std::span<const float> grid, ValueRange range, ColourMap map,
                std::span<std::uint32_t> pixels);

/// All heads at once: each patch takes the hues of the heads mixed by the fourth power of their normalised
/// attention; its opacity (top byte, not premultiplied) is that of the strongest head. `heads` holds the
/// indices shown.
void colourHeads(const AttentionMap& map, std::span<const ValueRange> ranges, std::span<const int> heads,
                 std::span<std::uint32_t> pixels);

/// A grid as a picture of the network's input size, nearest neighbour: what `<stem>-head<k>.png` holds.
Image gridPicture(std::span<const float> grid, ValueRange range, ColourMap map,
                  const InputGeometry& geometry);

/// Black and white, likewise.
Image maskPicture(std::span<const std::uint8_t> mask, const InputGeometry& geometry);

/// The upright original with the grid's colours over it: bilinear between patch centres, `opacity` 0 to 1.
/// The strip that the crop cut off stays as it is. Where `mask` is not empty, patches outside it are dimmed.
Image overlayPicture(const Image& original, std::span<const float> grid, ValueRange range, ColourMap map,
                     double opacity, const InputGeometry& geometry, std::span<const std::uint8_t> mask = {});

/// The same with all heads at once, as colourHeads() colours them; `opacity` is that of a patch at the top of
/// its head's range.
Image headsOverlayPicture(const Image& original, const AttentionMap& map, std::span<const ValueRange> ranges,
                          std::span<const int> heads, double opacity, const InputGeometry& geometry,
                          std::span<const std::uint8_t> mask = {});

}  // namespace dinoscope
