#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/base/job.h"
#include "engine/nn/linear_layer.h"
#include "engine/nn/rotary_embedding.h"
#include "engine/nn/state_dict.h"
#include "engine/nn/vit_config.h"

namespace dinoscope {

/// Queries and keys of one layer over one image, float32 on the CPU. Token 0 is [CLS], then come the other
/// config().prefixTokens(), then the patches in rows.
struct QueriesAndKeys {
    at::Tensor queries;  ///< [heads, tokens, headDim]
    at::Tensor keys;     ///< [heads, tokens, headDim]
};

/// A Vision Transformer for inference: weights packed for one device and precision, O(n) memory in the number
/// of tokens. Layer norms and the residual stay in float32 in either precision. Immutable; one forward at a
/// time a thread. Source: Dosovitskiy et al. 2021, and vision_transformer.py of facebookresearch/dino; what
/// other families add is in VitConfig. LayerScale is multiplied into the weights once, and costs nothing
/// after that.
class InferenceVit {
public:
    /// `weights` has exactly the names of expectedShapes(config); `precision` is at::kFloat or at::kBFloat16.
    /// Throws Error where the heads have a size that the kernels do not know.
    InferenceVit(const VitConfig& config, const StateDict& weights, at::Device device,
                 at::ScalarType precision);

    const VitConfig& config() const { return config_; }
    at::Device device() const { return device_; }
    at::ScalarType precision() const { return precision_; }
    std::int64_t bytes() const;  ///< held by the weights

    /// What a user can ask a layer for without the network having computed more than it needs: all blocks
    /// before `layer` run fused, of the layer itself only the norm and the projection to queries and keys.
    /// `image` is float32 [1, 3, height, width], normalised, both sides multiples of the patch. Polls in
    /// every block, and between pieces of a long MLP; progress counts blocks.
    /// Rotary positions are in what it returns.
    QueriesAndKeys queriesAndKeys(const at::Tensor& image, int layer, JobControl& control) const;

    /// The same of every layer, in one pass through the network.
    std::vector<QueriesAndKeys> allQueriesAndKeys(const at::Tensor& image, JobControl& control) const;

    /// What each of the last `layers` blocks leaves, after the last norm, the last block's last: float32
    /// [n, tokens, dim] on the device (config().prefixTokens() of them before the first patch), or [n, 1,
    /// dim], [CLS] alone, where `classOnly`; then the last block computes no more than that. `images` is
    /// float32 [n, 3, height, width]. On a CPU it is fastest with some 2,000 tokens in all. Polls in every
    /// block.
    std::vector<at::Tensor> lastLayers(const at::Tensor& images, int layers, bool classOnly,
                                       JobControl& control) const;

    /// softmax(q kᵀ / √headDim) v of every head: [batch * tokens, 3 * dim] as the qkv layer leaves it ->
    /// [batch * tokens, dim].
    at::Tensor selfAttention(const at::Tensor& qkv, std::int64_t batch = 1) const;
    /// Bytes that selfAttention() takes beside its input and output.
    std::int64_t attentionScratch(std::int64_t tokens) const;

    /// All tokens after the last norm, float32 [tokens, dim] on the device.
    at::Tensor tokens(const at::Tensor& image, JobControl& control) const;

private:
    struct Norm {
        at::Tensor weight;
        at::Tensor bias;
    };
    struct Block {
        Norm norm1;
        LinearLayer qkv;
        LinearLayer projection;
        Norm norm2;
        LinearLayer expand;  ///< with GELU, but for SwiGLU
        LinearLayer contract;
    };

    /// Tokens before the first block, and the rotation of its patches where there is one.
    struct Embedded {
        at::Tensor tokens;  ///< [n * tokens, dim]
        RotaryTable rotation;
    };

    Embedded embed(const at::Tensor& images) const;
    QueriesAndKeys projectQueriesAndKeys(const Embedded& embedded, const Block& block) const;
    void rotatePatches(at::Tensor qkv, const RotaryTable& rotation, std::int64_t batch) const;
    at::Tensor normalise(const at::Tensor& x, const Norm& norm) const;
    at::Tensor classOfLastBlock(const Embedded& embedded, std::int64_t batch) const;
    void attend(at::Tensor& x, const Block& block, const RotaryTable& rotation, std::int64_t batch) const;
    at::Tensor hiddenLayer(const at::Tensor& x, const Block& block) const;
    void feedForward(at::Tensor& x, const Block& block, JobControl& control) const;
    void runBlock(Embedded& x, const Block& block, JobControl& control, std::int64_t batch = 1) const;

    VitConfig config_;
    at::Device device_;
    at::ScalarType precision_;
    LinearLayer patchProjection_;
    at::Tensor classToken_;  ///< [1, dim]; DeiT: and the distillation token, [2, dim]
    at::Tensor registers_;   ///< [registers, dim], or undefined
    at::Tensor positions_;   ///< [1, prefixPositions + side², dim], or undefined
    at::Tensor periods_;     ///< [headDim / 4] of rotary positions, or undefined
    std::vector<Block> blocks_;
    Norm norm_;
};

}  // namespace dinoscope
