#include "engine/nn/inference_vit.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

#include "engine/base/error.h"
#include "engine/nn/kernels/attention.h"

namespace dinoscope {

namespace {

/// Tokens that pass through linear layers together: bounds the memory of what is between them (the hidden
/// layer of the MLP is four times as wide as the network) and the time between two polls.
constexpr std::int64_t kPieceTokens = 2048;

/// Calls body(first, last) for one piece of `tokens` after the other.
template <typename Body>
void forPieces(std::int64_t tokens, const Body& body) {
    for (std::int64_t first = 0; first < tokens; first += kPieceTokens) {
        body(first, std::min(tokens, first + kPieceTokens));
    }
}

std::int64_t bytesOf(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.numel() * tensor.element_size() : 0;
}

}  // namespace

InferenceVit::InferenceVit(const VitConfig& config, const StateDict& weights, at::Device device,
                           at::ScalarType precision)
    : config_(config), device_(device), precision_(precision) {
    if (!attentionSupported(config.headDim())) {
        throw Error("attention heads of " + std::to_string(config.headDim()) + " channels are not supported",
                    std::to_string(config.heads) + " heads",
                    "give --heads-per-layer so that dim / heads is a "
                    "multiple of 16 up to 128");
    }
    const c10::InferenceMode guard;
    const auto get = [&](const std::string& name, at::ScalarType type, bool willBePacked = false) {
        const auto found = weights.find(name);
        if (found == weights.end()) return at::Tensor();
        const at::Tensor moved = found->second.to(device, type);
        // A copy of our own: the weights may lie in a mapped file, which others may overwrite or cut short.
        // Packing makes one.
        const bool copied = willBePacked || !moved.is_alias_of(found->second);
        return copied ? moved.contiguous() : moved.clone(at::MemoryFormat::Contiguous);
    };
    const bool packs = LinearLayer::packs(device, precision);
    const auto linear = [&](const std::string& name, Activation activation = Activation::None) {
        return LinearLayer(get(name + ".weight", precision, packs), get(name + ".bias", precision),
                           activation);
    };
    // LayerScale multiplies what a branch gives, and so may as well multiply the rows of its last layer.
    const auto scaledLinear = [&](const std::string& name, const std::string& scale) {
        const at::Tensor factor = get(scale, at::kFloat);
        if (!factor.defined()) return linear(name);
        return LinearLayer((get(name + ".weight", at::kFloat) * factor.unsqueeze(1)).to(precision),
                           (get(name + ".bias", at::kFloat) * factor).to(precision));
    };
    const auto qkvLinear = [&](const std::string& name) {
        const at::Tensor mask = get(name + ".bias_mask", at::kFloat);
        if (!mask.defined()) return linear(name);
        return LinearLayer(get(name + ".weight", precision),
                           (get(name + ".bias", at::kFloat) * mask).to(precision));
    };
    const auto norm = [&](const std::string& name) {
        return Norm{get(name + ".weight", at::kFloat), get(name + ".bias", at::kFloat)};
    };
    patchProjection_ = LinearLayer(get("patch_embed.proj.weight", precision, packs).flatten(1),
                                   get("patch_embed.proj.bias", precision));
    classToken_ = get("cls_token", at::kFloat)[0];
    if (config.distillationToken) classToken_ = at::cat({classToken_, get("dist_token", at::kFloat)[0]});
    if (config.registers > 0) registers_ = get("register_tokens", at::kFloat)[0];
    if (config.learntPositions()) {
        positions_ = get("pos_embed", at::kFloat);
    } else {
        periods_ = config.ropePeriods ? get("rope_embed.periods", at::kFloat)
                                      : defaultRotaryPeriods(config.headDim()).to(device);
    }
    norm_ = norm("norm");
    blocks_.reserve(config.depth);
    for (int i = 0; i < config.depth; ++i) {
        const std::string name = "blocks." + std::to_string(i) + ".";
        blocks_.push_back({norm(name + "norm1"), qkvLinear(name + "attn.qkv"),
                           scaledLinear(name + "attn.proj", name + "ls1.gamma"), norm(name + "norm2"),
                           linear(name + "mlp.fc1", config.swiGlu ? Activation::None : Activation::Gelu),
                           scaledLinear(name + "mlp.fc2", name + "ls2.gamma")});
    }
}

std::int64_t InferenceVit::bytes() const {
    std::int64_t total =
        patchProjection_.bytes() + bytesOf(positions_) + bytesOf(classToken_) + bytesOf(registers_);
    for (const Block& block : blocks_) {
        total += block.qkv.bytes() + block.projection.bytes() + block.expand.bytes() + block.contract.bytes();
        total += 4 * bytesOf(block.norm1.weight);
    }
    return total;
}

QueriesAndKeys InferenceVit::queriesAndKeys(const at::Tensor& image, int layer, JobControl& control) const {
    const c10::InferenceMode guard;
    control.setTotal(layer + 1, "blocks");
    Embedded embedded = embed(image);
    for (int i = 0; i < layer; ++i)
        runBlock(embedded, blocks_[i], control);
    control.poll();
    QueriesAndKeys found = projectQueriesAndKeys(embedded, blocks_[layer]);
    control.advance();
    return found;
}

std::vector<QueriesAndKeys> InferenceVit::allQueriesAndKeys(const at::Tensor& image,
                                                            JobControl& control) const {
    const c10::InferenceMode guard;
    control.setTotal(config_.depth, "blocks");
    Embedded embedded = embed(image);
    std::vector<QueriesAndKeys> found;
    for (const Block& block : blocks_) {
        found.push_back(projectQueriesAndKeys(embedded, block));
        if (&block != &blocks_.back()) runBlock(embedded, block, control);
    }
    control.advance();
    return found;
}

QueriesAndKeys InferenceVit::projectQueriesAndKeys(const Embedded& embedded, const Block& block) const {
    const at::Tensor& x = embedded.tokens;
    at::Tensor perHead = at::empty({2, config_.heads, x.size(0), config_.headDim()}, at::kFloat);
    forPieces(x.size(0), [&](std::int64_t first, std::int64_t last) {
        const at::Tensor qkv = block.qkv(normalise(x.slice(0, first, last), block.norm1));
        perHead.slice(2, first, last)
            .copy_(qkv.view({last - first, 3, config_.heads, config_.headDim()})
                       .slice(1, 0, 2)
                       .permute({1, 2, 0, 3}));
    });
    if (periods_.defined()) {
        for (int part = 0; part < 2; ++part)
            rotate(perHead[part].slice(1, config_.prefixTokens()).transpose(0, 1), embedded.rotation);
    }
    return {perHead[0], perHead[1]};
}

at::Tensor InferenceVit::tokens(const at::Tensor& image, JobControl& control) const {
    const c10::InferenceMode guard;
    control.setTotal(config_.depth, "blocks");
    Embedded x = embed(image);
    for (const Block& block : blocks_)
        runBlock(x, block, control);
    return at::layer_norm(x.tokens, {config_.dim}, norm_.weight, norm_.bias, config_.layerNormEpsilon);
}

at::Tensor InferenceVit::normalise(const at::Tensor& x, const Norm& norm) const {
    return at::layer_norm(x, {config_.dim}, norm.weight, norm.bias, config_.layerNormEpsilon).to(precision_);
}

void InferenceVit::runBlock(Embedded& x, const Block& block, JobControl& control, std::int64_t batch) const {
    control.poll();
    attend(x.tokens, block, x.rotation, batch);
    feedForward(x.tokens, block, control);
    control.advance();
}

at::Tensor InferenceVit::selfAttention(const at::Tensor& qkv, std::int64_t batch) const {
    const std::int64_t tokens = qkv.size(0) / batch;
    if (!qkv.is_cpu()) {
        const at::Tensor perHead =
            qkv.reshape({batch, tokens, 3, config_.heads, config_.headDim()}).permute({2, 0, 3, 1, 4});
        return at::scaled_dot_product_attention(perHead[0], perHead[1], perHead[2])
            .transpose(1, 2)
            .reshape({batch * tokens, config_.dim});
    }
    at::Tensor mixed = at::empty({batch * tokens, config_.dim}, qkv.options());
    const AttentionShape shape{batch, tokens, config_.heads, config_.headDim()};
    const float scale = 1 / std::sqrt(static_cast<float>(config_.headDim()));
    if (qkv.scalar_type() == at::kFloat) {
        attention(qkv.const_data_ptr<float>(), mixed.data_ptr<float>(), shape, scale);
    } else {
        attention(static_cast<const std::uint16_t*>(qkv.const_data_ptr()),
                  static_cast<std::uint16_t*>(mixed.data_ptr()), shape, scale);
    }
    return mixed;
}

std::int64_t InferenceVit::attentionScratch(std::int64_t tokens) const {
    return device_.is_cpu() ? attentionScratchBytes({1, tokens, config_.heads, config_.headDim()}) : 0;
}

void InferenceVit::attend(at::Tensor& x, const Block& block, const RotaryTable& rotation,
                          std::int64_t batch) const {
    at::Tensor qkv;
    if (x.size(0) <= kPieceTokens) {
        qkv = block.qkv(normalise(x, block.norm1));
    } else {
        qkv = at::empty({x.size(0), 3 * config_.dim}, x.options().dtype(precision_));
        forPieces(x.size(0), [&](std::int64_t first, std::int64_t last) {
            qkv.slice(0, first, last).copy_(block.qkv(normalise(x.slice(0, first, last), block.norm1)));
        });
    }
    rotatePatches(qkv, rotation, batch);
    const at::Tensor mixed = selfAttention(qkv, batch);
    forPieces(x.size(0), [&](std::int64_t first, std::int64_t last) {
        x.slice(0, first, last).add_(block.projection(mixed.slice(0, first, last)));
    });
}

/// [tokens, dim] -> [tokens, mlpDim]
at::Tensor InferenceVit::hiddenLayer(const at::Tensor& x, const Block& block) const {
    const at::Tensor hidden = block.expand(x);
    if (!config_.swiGlu) return hidden;
    return at::silu(hidden.slice(1, 0, config_.mlpDim)).mul_(hidden.slice(1, config_.mlpDim));
}

void InferenceVit::feedForward(at::Tensor& x, const Block& block, JobControl& control) const {
    forPieces(x.size(0), [&](std::int64_t first, std::int64_t last) {
        if (first > 0) control.poll();
        at::Tensor piece = x.slice(0, first, last);
        piece.add_(block.contract(hiddenLayer(normalise(piece, block.norm2), block)));
    });
}

}  // namespace dinoscope
