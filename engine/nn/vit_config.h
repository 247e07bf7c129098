#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dinoscope {

/// How a network knows where its patches are, and what becomes of learnt positions on another grid.
enum class PositionRule : std::uint8_t {
    Offset,       ///< bicubic, a = -0.75, at the scale (n + 0.1) / side: facebookresearch/dino, iBOT, DINOv2
    Bicubic,      ///< bicubic, a = -0.75, at the scale n / side: MAE, transformers
    Antialiased,  ///< bicubic, a = -0.5, antialiased: timm, DINOv2 with registers
    Rotary,       ///< none are learnt: queries and keys are rotated (DINOv3)
};

/// The shape of a Vision Transformer. The defaults are those of vision_transformer.py of
/// facebookresearch/dino; what other families add or change stands below them.
struct VitConfig {
    int dim = 384;
    int depth = 12;
    int heads = 6;
    int patchSize = 16;
    int imageSize = 224;  ///< side of the square the position embedding was trained for, pixels
    int mlpDim = 1536;
    bool qkvBias = true;
    double layerNormEpsilon = 1e-6;

    PositionRule positions = PositionRule::Offset;
    bool classPosition = true;       ///< pos_embed begins with rows for [CLS] and the distillation token
    bool distillationToken = false;  ///< DeiT: a token like [CLS] behind it
    int registers = 0;               ///< tokens without a position between [CLS] and the patches
    bool layerScale = false;         ///< a learnt factor a channel on both branches of a block
    bool swiGlu = false;       ///< the MLP is W₂(silu(W₁x) · W₁'x), W₁ and W₁' stacked in fc1
    bool qkvBiasMask = false;  ///< DINOv3: which elements of the bias count
    bool ropePeriods = false;  ///< DINOv3: the file holds the periods of the rotation

    int headDim() const { return dim / heads; }
    int gridSide() const { return imageSize / patchSize; }
    bool learntPositions() const { return positions != PositionRule::Rotary; }
    /// Tokens before the first patch: [CLS], then the distillation token or registers.
    int prefixTokens() const { return 1 + (distillationToken ? 1 : 0) + registers; }
    /// Rows of pos_embed that belong to no patch.
    int prefixPositions() const { return classPosition ? 1 + (distillationToken ? 1 : 0) : 0; }

    /// "vit_tiny", "vit_small", "vit_base" or "vit_large" with a patch size. Throws UsageError naming --arch.
    static VitConfig byName(const std::string& architecture, int patchSize);

    bool operator==(const VitConfig&) const = default;
};

/// The names in the reference's state dict and the shapes that a Vision Transformer of this shape has, no
/// more and no less. What the reference does not have is named as DINOv2 and DINOv3 do: register_tokens,
/// blocks.#.ls1.gamma, blocks.#.attn.qkv.bias_mask, rope_embed.periods; and as DeiT does: dist_token.
std::map<std::string, std::vector<std::int64_t>> expectedShapes(const VitConfig& config);

}  // namespace dinoscope
