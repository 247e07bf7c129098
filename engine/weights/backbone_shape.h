#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dinoscope {

/// What a ViT checkpoint says about its network.
struct BackboneShape {
    int dim = 0;
    int depth = 0;
    int heads = 0;
    int patchSize = 0;
    int imageSize = 0;  ///< side of the square that the position embedding was trained for, pixels
    int mlpRatio = 4;   ///< hidden units of the MLP over dim
};

using KeyShapes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

/// Reads dim, depth, patch, image size and MLP ratio off reference names and their shapes
/// (facebookresearch/dino, vision_transformer.py). What is missing or has no possible shape stays 0
/// (mlpRatio: 4); heads stay 0, as no shape tells them.
BackboneShape inferVitShape(const KeyShapes& keys);

/// Every tensor of that network with its shape, in the reference's order. Those whose shape needs a value
/// that is 0 have an empty shape.
std::vector<std::pair<std::string, std::vector<std::int64_t>>> expectedVitKeys(const BackboneShape& shape);

/// "vit_tiny", "vit_small", "vit_base", "vit_large", else "vit_<dim>x<depth>".
std::string architectureName(const BackboneShape& shape);

/// The names above that have a fixed shape.
const std::vector<std::string>& architectureNames();

}  // namespace dinoscope
