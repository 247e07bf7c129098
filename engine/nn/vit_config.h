#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dinoscope {

/// The shape of a Vision Transformer, as vision_transformer.py of facebookresearch/dino builds it.
struct VitConfig {
    int dim = 384;
    int depth = 12;
    int heads = 6;
    int patchSize = 16;
    int imageSize = 224;  ///< side of the square the position embedding was trained for, pixels
    int mlpDim = 1536;
    bool qkvBias = true;
    double layerNormEpsilon = 1e-6;

    int headDim() const { return dim / heads; }
    int gridSide() const { return imageSize / patchSize; }

    /// "vit_tiny", "vit_small", "vit_base" or "vit_large" with a patch size. Throws UsageError naming --arch.
    static VitConfig byName(const std::string& architecture, int patchSize);

    bool operator==(const VitConfig&) const = default;
};

/// The names in the reference's state dict and the shapes that a Vision Transformer of this shape has, no
/// more and no less.
std::map<std::string, std::vector<std::int64_t>> expectedShapes(const VitConfig& config);

}  // namespace dinoscope
