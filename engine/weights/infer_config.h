#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/nn/vit_config.h"

namespace dinoscope {

using KeyShapes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

/// Reads a network's shape off reference names and tensor shapes. What is missing, or beyond any network
/// there is, becomes 0; without an MLP mlpDim is 4 * dim. The number of heads is in no shape: it stays 0.
VitConfig inferVitConfig(const KeyShapes& keys);

/// "vit_tiny", "vit_small", "vit_base", "vit_large", else "vit_<dim>x<depth>".
std::string architectureName(const VitConfig& config);

}  // namespace dinoscope
