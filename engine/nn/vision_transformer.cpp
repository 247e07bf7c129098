#include "engine/nn/vision_transformer.h"

#include <torch/torch.h>

#include "engine/nn/gelu.h"
#include "engine/nn/position_embedding.h"
#include "engine/nn/recompute.h"
#include "engine/nn/row_selection.h"

namespace dinoscope {

namespace {

namespace nn = torch::nn;

nn::LayerNorm makeNorm(const VitConfig& config) {
    return nn::LayerNorm(nn::LayerNormOptions({config.dim}).eps(config.layerNormEpsilon));
}

/// Samples that take part in a branch, and where their rows and their [CLS] are.
struct Selection {
    std::vector<TokenGroup> groups;
    at::Tensor rows;     ///< numbers of their rows, undefined for all
    at::Tensor samples;  ///< their numbers over all groups, undefined for all
};

Selection selectKept(const std::vector<TokenGroup>& groups, const DropPath& dropPath, int block, int branch,
                     at::Device device) {
    if (!dropPath.drops(block)) return {groups, {}, {}};
    Selection selection;
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> samples;
    std::int64_t firstRow = 0;
    std::int64_t firstSample = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const auto [count, tokens] = groups[g];
        const std::vector<std::int64_t> kept = dropPath.kept(block, branch, g);
        for (const std::int64_t sample : kept) {
            samples.push_back(firstSample + sample);
            for (std::int64_t t = 0; t < tokens; ++t)
                rows.push_back(firstRow + sample * tokens + t);
        }
        selection.groups.push_back({static_cast<std::int64_t>(kept.size()), tokens});
        firstRow += count * tokens;
        firstSample += count;
    }
    selection.rows = at::tensor(rows, at::kLong).to(device, true);
    selection.samples = at::tensor(samples, at::kLong).to(device, true);
    return selection;
}

std::int64_t sampleCount(const std::vector<TokenGroup>& groups) {
    std::int64_t count = 0;
    for (const TokenGroup& group : groups)
        count += group.samples;
    return count;
}

/// The first row of each sequence: [rows, dim] -> [samples, dim]
at::Tensor classRows(const at::Tensor& x, const std::vector<TokenGroup>& groups) {
    std::vector<at::Tensor> parts;
    std::int64_t first = 0;
    for (const auto& [samples, tokens] : groups) {
        parts.push_back(x.narrow(0, first, samples * tokens).view({samples, tokens, x.size(1)}).select(1, 0));
        first += samples * tokens;
    }
    return at::cat(parts);
}

NormedRows normed(const nn::LayerNorm& norm, const at::Tensor& x, const at::Tensor& rows) {
    return normRows(x, rows, norm->weight, norm->bias, norm->options.eps());
}

}  // namespace

PatchEmbedImpl::PatchEmbedImpl(const VitConfig& config) {
    const nn::Conv2dOptions options =
        nn::Conv2dOptions(3, config.dim, config.patchSize).stride(config.patchSize);
    proj_ = register_module("proj", nn::Conv2d(options));
}

at::Tensor PatchEmbedImpl::forward(const at::Tensor& images) {
    return proj_(images).flatten(2).transpose(1, 2);
}

VitAttentionImpl::VitAttentionImpl(const VitConfig& config) : heads_(config.heads) {
    qkv_ = register_module("qkv",
                           nn::Linear(nn::LinearOptions(config.dim, 3 * config.dim).bias(config.qkvBias)));
    proj_ = register_module("proj", nn::Linear(config.dim, config.dim));
}

at::Tensor VitAttentionImpl::forward(const at::Tensor& x, const std::vector<TokenGroup>& groups) {
    return proj_(attendRows(qkv_(x), groups, heads_));
}

at::Tensor VitAttentionImpl::forwardClass(const at::Tensor& x, const std::vector<TokenGroup>& groups) {
    const std::int64_t dim = x.size(1);
    const auto part = [&](const at::Tensor& whole, std::int64_t first, std::int64_t count) {
        return whole.defined() ? whole.narrow(0, first, count) : whole;
    };
    const at::Tensor asked =
        at::linear(classRows(x, groups), part(qkv_->weight, 0, dim), part(qkv_->bias, 0, dim));
    const at::Tensor answers =
        at::linear(x, part(qkv_->weight, dim, 2 * dim), part(qkv_->bias, dim, 2 * dim));
    std::vector<at::Tensor> mixed;
    std::int64_t first = 0;
    std::int64_t sample = 0;
    for (const auto& [samples, tokens] : groups) {
        const at::Tensor queries = asked.narrow(0, sample, samples).view({samples, heads_, 1, dim / heads_});
        const at::Tensor parts = answers.narrow(0, first, samples * tokens)
                                     .view({samples, tokens, 2, heads_, dim / heads_})
                                     .permute({2, 0, 3, 1, 4});
        mixed.push_back(
            at::scaled_dot_product_attention(queries, parts[0], parts[1]).reshape({samples, dim}));
        first += samples * tokens;
        sample += samples;
    }
    return proj_(at::cat(mixed));
}

VitMlpImpl::VitMlpImpl(const VitConfig& config) {
    fc1_ = register_module("fc1", nn::Linear(config.dim, config.mlpDim));
    fc2_ = register_module("fc2", nn::Linear(config.mlpDim, config.dim));
}

at::Tensor VitMlpImpl::forward(const at::Tensor& x) {
    return fc2_(geluOf(fc1_(x)));
}

VitBlockImpl::VitBlockImpl(const VitConfig& config, int index) : index_(index) {
    norm1_ = register_module("norm1", makeNorm(config));
    attn_ = register_module("attn", VitAttention(config));
    norm2_ = register_module("norm2", makeNorm(config));
    mlp_ = register_module("mlp", VitMlp(config));
}

at::Tensor VitBlockImpl::forward(const at::Tensor& x, const std::vector<TokenGroup>& groups,
                                 const DropPath& dropPath, bool classOnly) {
    const double scale = 1 / dropPath.keep(index_);
    at::Tensor stream = x;
    const Selection attending = selectKept(groups, dropPath, index_, 0, x.device());
    at::Tensor branch;
    if (sampleCount(attending.groups) > 0) {
        const NormedRows input = normed(norm1_, x, attending.rows);
        branch = classOnly ? attn_->forwardClass(input.rows, attending.groups)
                           : attn_->forward(input.rows, attending.groups);
        stream = input.stream;
    }
    if (classOnly) stream = classRows(stream, groups);
    if (branch.defined()) {
        stream = addToRows(stream, classOnly ? attending.samples : attending.rows, branch, scale);
    }
    const Selection computing = selectKept(groups, dropPath, index_, 1, x.device());
    if (sampleCount(computing.groups) > 0) {
        const at::Tensor& rows = classOnly ? computing.samples : computing.rows;
        const NormedRows input = normed(norm2_, stream, rows);
        stream = addToRows(input.stream, rows, mlp_(input.rows), scale);
    }
    return stream;
}

VisionTransformerImpl::VisionTransformerImpl(const VitConfig& config, std::uint64_t seed) : config_(config) {
    const std::int64_t tokens = std::int64_t(config.gridSide()) * config.gridSide() + 1;
    cls_token_ = register_parameter("cls_token", torch::zeros({1, 1, config.dim}));
    pos_embed_ = register_parameter("pos_embed", torch::zeros({1, tokens, config.dim}));
    patch_embed_ = register_module("patch_embed", PatchEmbed(config));
    blocks_ = register_module("blocks", nn::ModuleList());
    for (int i = 0; i < config.depth; ++i)
        blocks_->push_back(VitBlock(config, i));
    norm_ = register_module("norm", makeNorm(config));
    copyWeights(*this, initialWeights(config, seed));
}

at::Tensor VisionTransformerImpl::embed(const at::Tensor& images) {
    const int rows = static_cast<int>(images.size(2)) / config_.patchSize;
    const int columns = static_cast<int>(images.size(3)) / config_.patchSize;
    const at::Tensor patches = patch_embed_(images);
    const at::Tensor classTokens = cls_token_.expand({images.size(0), 1, config_.dim});
    const at::Tensor tokens = at::cat({classTokens, patches.to(classTokens.scalar_type())}, 1);
    return (tokens + interpolatePositions(pos_embed_, rows, columns)).view({-1, config_.dim});
}

at::Tensor VisionTransformerImpl::runBlock(int index, const at::Tensor& x,
                                           const std::vector<TokenGroup>& groups, const DropPath& dropPath) {
    VitBlockImpl* block = blocks_[std::size_t(index)]->as<VitBlock>();
    const bool last = index == config_.depth - 1;
    const auto run = [=](const at::Tensor& input) { return block->forward(input, groups, dropPath, last); };
    return recomputing_ && x.requires_grad() ? recompute(run, x) : run(x);
}

at::Tensor VisionTransformerImpl::forward(std::span<const at::Tensor> images, const DropPath& dropPath) {
    std::vector<at::Tensor> parts;
    std::vector<TokenGroup> groups;
    for (const at::Tensor& group : images) {
        parts.push_back(embed(group));
        groups.push_back({group.size(0), parts.back().size(0) / group.size(0)});
    }
    at::Tensor x = parts.size() == 1 ? parts[0] : at::cat(parts);
    for (int i = 0; i < config_.depth; ++i)
        x = runBlock(i, x, groups, dropPath);
    return norm_(x);
}

}  // namespace dinoscope
