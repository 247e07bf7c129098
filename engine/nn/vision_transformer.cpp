#include "engine/nn/vision_transformer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/generated/variable_factories.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <algorithm>

#include "engine/nn/autocast.h"
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

/// Samples that take part in a branch, and where their rows and their [CLS] are; or all of them, where a
/// dropped one counts nothing.
struct Selection {
    std::vector<TokenGroup> groups;
    at::Tensor rows;           ///< numbers of their rows, undefined for all
    at::Tensor samples;        ///< their numbers over all groups, undefined for all
    at::Tensor rowWeights;     ///< [rows, 1] what a row's branch counts, undefined for `scale`
    at::Tensor sampleWeights;  ///< [samples, 1]
    double scale = 1;          ///< what every branch counts
    std::int64_t fillers = 0;  ///< of the rows, the last: computed, and of no consequence
};

/// oneDNN makes code for each number of rows that it meets in bf16, and keeps that of a thousand: half a
/// gigabyte, growing for hundreds of steps. Of so many numbers there are any between none and all rows.
constexpr std::int64_t kRowCounts = 32;

/// Rows of dropped samples that fill up the kept ones to the next such number. They are a sequence of their
/// own, so that nobody attends to them.
void fillUp(Selection& selection, std::vector<std::int64_t>& rows, std::int64_t all) {
    const std::int64_t multiple = (all + kRowCounts - 1) / kRowCounts;
    const auto kept = static_cast<std::int64_t>(rows.size());
    const std::int64_t wanted = std::min(all, (kept + multiple - 1) / multiple * multiple);
    std::int64_t next = 0;  // in the kept rows, which ascend
    for (std::int64_t row = 0; static_cast<std::int64_t>(rows.size()) < wanted; ++row) {
        if (next < kept && rows[std::size_t(next)] == row) {
            ++next;
        } else {
            rows.push_back(row);
        }
    }
    selection.fillers = wanted - kept;
    if (selection.fillers > 0) selection.groups.push_back({1, selection.fillers});
}

/// Where a processor saves the arithmetic of what is dropped.
Selection selectKept(const std::vector<TokenGroup>& groups, const DropPath& dropPath, int block, int branch,
                     bool fills) {
    Selection selection;
    selection.scale = 1 / dropPath.keep(block);
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
    if (fills && !rows.empty()) fillUp(selection, rows, firstRow);
    selection.rows = at::tensor(rows, at::kLong);
    selection.samples = at::tensor(samples, at::kLong);
    return selection;
}

std::int64_t sampleCount(const std::vector<TokenGroup>& groups) {
    std::int64_t count = 0;
    for (const TokenGroup& group : groups)
        count += group.samples;
    return count;
}

/// What a branch counts for each of the samples, 0 where it is dropped.
void weighSamples(const std::vector<TokenGroup>& groups, const DropPath& dropPath, int block, int branch,
                  float* weights) {
    std::fill_n(weights, sampleCount(groups), 0.0F);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        for (const std::int64_t sample : dropPath.kept(block, branch, g))
            weights[sample] = static_cast<float>(1 / dropPath.keep(block));
        weights += groups[g].samples;
    }
}

/// Zeros that a card can copy while the processor goes on; ordinary ones where no memory can be locked.
at::Tensor lockedZeros(at::IntArrayRef sizes) {
    try {
        return at::zeros(sizes, at::TensorOptions(at::kFloat).pinned_memory(true));
    } catch (const c10::Error&) {
        return at::zeros(sizes, at::TensorOptions(at::kFloat));
    }
}

/// What all branches of a pass count, on the card of `x`: [blocks, 2, samples] in its type. One copy that
/// nothing waits for: with one for each branch, waited for, the processor could not run ahead of the card.
/// Undefined where nothing is dropped, and for a processor, which mostly selects.
at::Tensor uploadWeights(const std::vector<TokenGroup>& groups, const DropPath& dropPath, int blocks,
                         const at::Tensor& x) {
    if (x.is_cpu() || !dropPath.drops(blocks - 1)) return {};
    const std::int64_t samples = sampleCount(groups);
    const at::Tensor weights = lockedZeros({blocks, 2, samples});
    for (int block = 0; block < blocks; ++block) {
        if (!dropPath.drops(block)) continue;
        for (int branch = 0; branch < 2; ++branch) {
            float* row = weights.data_ptr<float>() + (2 * block + branch) * samples;
            weighSamples(groups, dropPath, block, branch, row);
        }
    }
    return weights.to(x.device(), at::kFloat, /*non_blocking=*/true).to(x.scalar_type());
}

/// [samples, 1]; `uploaded` is the block's part of uploadWeights().
at::Tensor weightsOfSamples(const std::vector<TokenGroup>& groups, const DropPath& dropPath, int block,
                            int branch, const at::Tensor& uploaded, const at::TensorOptions& options) {
    if (uploaded.defined()) return uploaded.select(0, branch).unsqueeze(1);
    const at::Tensor weights = at::empty({sampleCount(groups)}, at::TensorOptions(at::kFloat));
    weighSamples(groups, dropPath, block, branch, weights.data_ptr<float>());
    return weights.to(options).unsqueeze(1);
}

/// A card computes all samples: to gather rows and to add them back would move more than it saves.
Selection weighKept(const std::vector<TokenGroup>& groups, const at::Tensor& sampleWeights) {
    Selection selection{groups, {}, {}, {}, {}, 1};
    selection.sampleWeights = sampleWeights;
    std::vector<at::Tensor> ofGroups;
    std::int64_t first = 0;
    for (const auto& [count, tokens] : groups) {
        const at::Tensor ofSamples = selection.sampleWeights.narrow(0, first, count);
        ofGroups.push_back(ofSamples.expand({count, tokens}).reshape({count * tokens, 1}));
        first += count;
    }
    selection.rowWeights = at::cat(ofGroups);
    return selection;
}

/// For a branch over whole sequences, or over their [CLS] alone.
Selection select(const std::vector<TokenGroup>& groups, const DropPath& dropPath, int block, int branch,
                 const at::Tensor& uploaded, const at::Tensor& x, bool classOnly) {
    if (!dropPath.drops(block)) return {groups, {}, {}, {}, {}, 1};
    const bool rounds = isAutocastOn(c10::DeviceType::CPU);
    // The one block that asks for [CLS] alone has little to save, and numbers of rows that nothing fills up.
    const bool selects = x.is_cpu() && x.scalar_type() == at::kFloat && !(rounds && classOnly);
    if (selects) return selectKept(groups, dropPath, block, branch, rounds);
    return weighKept(groups, weightsOfSamples(groups, dropPath, block, branch, uploaded, x.options()));
}

/// The first row of each sequence: [rows, dim] -> [samples, dim]
at::Tensor classRows(const at::Tensor& x, const std::vector<TokenGroup>& groups) {
    std::vector<at::Tensor> parts = splitGroups(x, groups);
    for (std::size_t g = 0; g < groups.size(); ++g)
        parts[g] = parts[g].view({groups[g].samples, groups[g].tokens, x.size(1)}).select(1, 0);
    return at::cat(parts);
}

NormedRows normed(const nn::LayerNorm& norm, const at::Tensor& x, const at::Tensor& rows) {
    return normRows(x, rows, norm->weight, norm->bias, norm->options.eps());
}

/// The stream with what a branch says of the rows, or of the samples' [CLS] where those are all there is.
at::Tensor added(const at::Tensor& stream, const Selection& selection, const at::Tensor& branch,
                 bool classOnly) {
    const at::Tensor& weights = classOnly ? selection.sampleWeights : selection.rowWeights;
    if (weights.defined()) return at::addcmul(stream, branch.to(stream.scalar_type()), weights);
    if (classOnly) return addToRows(stream, selection.samples, branch, selection.scale);
    if (selection.fillers == 0) return addToRows(stream, selection.rows, branch, selection.scale);
    const std::int64_t kept = selection.rows.size(0) - selection.fillers;
    return addToRows(stream, selection.rows.narrow(0, 0, kept), branch.narrow(0, 0, kept), selection.scale);
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
    const std::vector<at::Tensor> parts = splitGroups(answers, groups);
    std::vector<at::Tensor> mixed;
    std::int64_t sample = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const auto [samples, tokens] = groups[g];
        const at::Tensor queries = asked.narrow(0, sample, samples).view({samples, heads_, 1, dim / heads_});
        const std::vector<at::Tensor> keysAndValues =
            parts[g].view({samples, tokens, 2, heads_, dim / heads_}).permute({2, 0, 3, 1, 4}).unbind();
        mixed.push_back(at::scaled_dot_product_attention(queries, keysAndValues[0], keysAndValues[1])
                            .reshape({samples, dim}));
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
                                 const DropPath& dropPath, const at::Tensor& uploaded, bool classOnly) {
    at::Tensor stream = x;
    const Selection attending = select(groups, dropPath, index_, 0, uploaded, x, classOnly);
    at::Tensor branch;
    if (sampleCount(attending.groups) > 0) {
        const NormedRows input = normed(norm1_, x, attending.rows);
        branch = classOnly ? attn_->forwardClass(input.rows, attending.groups)
                           : attn_->forward(input.rows, attending.groups);
        stream = input.stream;
    }
    if (classOnly) stream = classRows(stream, groups);
    if (branch.defined()) stream = added(stream, attending, branch, classOnly);
    const Selection computing = select(groups, dropPath, index_, 1, uploaded, x, classOnly);
    if (sampleCount(computing.groups) > 0) {
        const NormedRows input = normed(norm2_, stream, classOnly ? computing.samples : computing.rows);
        stream = added(input.stream, computing, mlp_(input.rows), classOnly);
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
                                           const std::vector<TokenGroup>& groups, const DropPath& dropPath,
                                           const at::Tensor& uploaded) {
    VitBlockImpl* block = blocks_[std::size_t(index)]->as<VitBlock>();
    const bool last = index == config_.depth - 1;
    const at::Tensor weights = uploaded.defined() ? uploaded.select(0, index) : at::Tensor();
    const auto run = [=](const at::Tensor& input) {
        return block->forward(input, groups, dropPath, weights, last);
    };
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
    const at::Tensor uploaded = uploadWeights(groups, dropPath, config_.depth, x);
    for (int i = 0; i < config_.depth; ++i)
        x = runBlock(i, x, groups, dropPath, uploaded);
    return norm_(x);
}

}  // namespace dinoscope
