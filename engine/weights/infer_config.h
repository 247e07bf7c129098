#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/nn/vit_config.h"
#include "engine/weights/families.h"

namespace dinoscope {

using KeyShapes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

/// Reads a network's shape off reference names and tensor shapes; positions and the norms' epsilon are those
/// of `traits`. What is missing, or beyond any network there is, becomes 0; without an MLP mlpDim is 4 * dim.
/// The number of heads is in no shape but that of rotary periods: else it stays 0.
VitConfig inferVitConfig(const KeyShapes& keys, const VitTraits& traits = {});

/// Whether these are a ResNet's tensors, but not ResNet-50's: told by its blocks and widths, so that a tensor
/// that is missing or misshapen does not make it one.
bool isOtherResNet(const KeyShapes& keys);

/// "vit_tiny" to "vit_7b" as timm, DINOv2 and DINOv3 name them, else "vit_<dim>x<depth>".
std::string architectureName(const VitConfig& config);

}  // namespace dinoscope
