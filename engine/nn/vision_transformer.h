#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/pimpl.h>

#include <vector>

#include "engine/nn/backbone_net.h"
#include "engine/nn/row_attention.h"

namespace dinoscope {

/// The Vision Transformer for training. Parameter names equal those of facebookresearch/dino's state dict.
/// For inference without gradients InferenceVit is faster.
///
/// Tokens of all groups are rows of one matrix [rows, dim], so that linear layers see them at once; only
/// attention looks at a group alone. The work that cannot reach a feature is left out: a branch for the
/// samples that drop it, and in the last block everything but keys and values for the rows that are not
/// [CLS].

class PatchEmbedImpl : public torch::nn::Module {
public:
    explicit PatchEmbedImpl(const VitConfig& config);
    /// [n, 3, height, width] -> [n, patches, dim]
    at::Tensor forward(const at::Tensor& images);

private:
    torch::nn::Conv2d proj_{nullptr};
};
TORCH_MODULE(PatchEmbed);

class VitAttentionImpl : public torch::nn::Module {
public:
    explicit VitAttentionImpl(const VitConfig& config);
    /// Every token asks: [rows, dim] -> [rows, dim]
    at::Tensor forward(const at::Tensor& x, const std::vector<TokenGroup>& groups);
    /// Only [CLS], the first token of each sequence, asks: -> [samples of all groups, dim]
    at::Tensor forwardClass(const at::Tensor& x, const std::vector<TokenGroup>& groups);

private:
    std::int64_t heads_;
    torch::nn::Linear qkv_{nullptr};
    torch::nn::Linear proj_{nullptr};
};
TORCH_MODULE(VitAttention);

class VitMlpImpl : public torch::nn::Module {
public:
    explicit VitMlpImpl(const VitConfig& config);
    at::Tensor forward(const at::Tensor& x);  ///< [rows, dim]

private:
    torch::nn::Linear fc1_{nullptr};
    torch::nn::Linear fc2_{nullptr};
};
TORCH_MODULE(VitMlp);

class VitBlockImpl : public torch::nn::Module {
public:
    VitBlockImpl(const VitConfig& config, int index);
    /// [rows, dim] -> [rows, dim], or [samples of all groups, dim], the [CLS] rows, where `classOnly`.
    /// `uploaded` is what each of the two branches counts for each sample, [2, samples], where that is on the
    /// card already; undefined elsewhere.
    at::Tensor forward(const at::Tensor& x, const std::vector<TokenGroup>& groups, const DropPath& dropPath,
                       const at::Tensor& uploaded, bool classOnly);

private:
    int index_;
    torch::nn::LayerNorm norm1_{nullptr};
    VitAttention attn_{nullptr};
    torch::nn::LayerNorm norm2_{nullptr};
    VitMlp mlp_{nullptr};
};
TORCH_MODULE(VitBlock);

class VisionTransformerImpl : public BackboneNet {
public:
    /// Weights are those of initialWeights(config, seed).
    VisionTransformerImpl(const VitConfig& config, std::uint64_t seed);

    /// [CLS] after the last norm.
    at::Tensor forward(std::span<const at::Tensor> groups, const DropPath& dropPath) override;
    std::int64_t featureDim() const override { return config_.dim; }

    /// Forgets the activations of each block and computes them again in the backward pass: less memory for a
    /// third more work.
    void setRecomputing(bool on) { recomputing_ = on; }

    const VitConfig& config() const { return config_; }

private:
    at::Tensor embed(const at::Tensor& images);
    at::Tensor runBlock(int index, const at::Tensor& x, const std::vector<TokenGroup>& groups,
                        const DropPath& dropPath, const at::Tensor& uploaded);

    VitConfig config_;
    bool recomputing_ = false;
    at::Tensor cls_token_;
    at::Tensor pos_embed_;
    PatchEmbed patch_embed_{nullptr};
    torch::nn::ModuleList blocks_;
    torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(VisionTransformer);

}  // namespace dinoscope
