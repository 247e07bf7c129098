#pragma once

#include <string>

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

}  // namespace dinoscope
