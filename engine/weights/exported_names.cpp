#include "engine/weights/exported_names.h"

#include <ATen/ATen.h>

#include "engine/nn/rotary_embedding.h"
#include "engine/weights/family_keys.h"

namespace dinoscope {

namespace {

Family withKeys(const KeyRules& keys) {
    Family family;
    family.keys = keys;
    return family;
}

/// The tensor's parts under a family's names.
void addUnderNames(const Family& family, const std::string& name, const at::Tensor& tensor, bool swiGlu,
                   StateDict& into) {
    for (const ReferenceKey& key : namesInFile(family, name, swiGlu)) {
        const std::int64_t rows = tensor.dim() > 0 ? tensor.size(0) / key.parts : 0;
        into[key.name] =
            key.parts == 1 ? tensor : tensor.slice(0, key.part * rows, (key.part + 1) * rows).contiguous();
    }
}

StateDict renamedBy(const KeyRules& keys, const StateDict& weights, bool swiGlu) {
    const Family family = withKeys(keys);
    StateDict found;
    for (const auto& [name, tensor] : weights)
        addUnderNames(family, name, tensor, swiGlu, found);
    return found;
}

at::Tensor biasMask(std::int64_t dim, const at::Tensor& like) {
    at::Tensor mask = at::ones({3 * dim}, like.options());
    mask.slice(0, dim, 2 * dim).zero_();
    return mask;
}

/// What DINOv3's own code asks for beside the weights.
void completeDinov3(const VitConfig& config, StateDict& weights) {
    const at::Tensor token = weights.at("cls_token");
    weights.try_emplace("mask_token", at::zeros({1, config.dim}, token.options()));
    weights.try_emplace("rope_embed.periods", defaultRotaryPeriods(config.headDim()));
    for (int i = 0; i < config.depth && config.qkvBias; ++i) {
        const std::string name = "blocks." + std::to_string(i) + ".attn.qkv.bias";
        weights.try_emplace(name + "_mask", biasMask(config.dim, weights.at(name)));
    }
}

/// timm's DINOv3 has no bias of the keys, computes the periods itself and knows no mask.
void fitTimmDinov3(const VitConfig& config, StateDict& weights, std::vector<std::string>& notes) {
    const auto periods = weights.find("rope_embed.periods");
    if (periods != weights.end()) {
        const at::Tensor expected = defaultRotaryPeriods(config.headDim());
        if (!at::allclose(periods->second.to(at::kFloat), expected, 1e-6)) {
            notes.emplace_back(
                "its rotary periods differ a little from those that timm computes, and are left out");
        }
        weights.erase(periods);
    }
    for (int i = 0; i < config.depth && config.qkvBias; ++i) {
        const std::string name = "blocks." + std::to_string(i) + ".attn.qkv.bias";
        at::Tensor& bias = weights.at(name);
        const auto mask = weights.find(name + "_mask");
        if (mask != weights.end()) {
            bias = bias * mask->second;
            weights.erase(mask);
        }
        if (bias.slice(0, config.dim, 2 * config.dim).ne(0).any().item<bool>()) {
            throw Error("timm's DINOv3 has no bias of the keys, and tensor " + name + " has one", {},
                        "give --format backbone");
        }
    }
}

/// timm has no position for [CLS] where there are registers.
void fitTimmRegisters(StateDict& weights, std::vector<std::string>& notes) {
    at::Tensor& positions = weights.at("pos_embed");
    at::Tensor& token = weights.at("cls_token");
    token = token + positions.slice(1, 0, 1);
    positions = positions.slice(1, 1).contiguous();
    notes.emplace_back("the position of [CLS] is added to its token, as timm has it");
}

StateDict vitNames(const Backbone& backbone, NameStyle style, std::vector<std::string>& notes) {
    const VitConfig& config = backbone.config;
    StateDict weights = backbone.weights;
    const bool timm = style == NameStyle::Timm;
    if (!config.learntPositions()) {
        if (timm) {
            fitTimmDinov3(config, weights, notes);
        } else {
            completeDinov3(config, weights);
        }
        return renamedBy(timm ? timmDinov3Keys() : dinov3Keys(), weights, config.swiGlu);
    }
    if (timm) {
        if (config.registers > 0 && config.classPosition) fitTimmRegisters(weights, notes);
        return renamedBy(timmKeys(), weights, config.swiGlu);
    }
    const bool likeDinov2 = config.layerScale && backbone.classifier.empty();
    if (!likeDinov2) return renamedBy(config.registers > 0 ? timmKeys() : KeyRules{}, weights, config.swiGlu);
    if (config.registers > 0 && !config.classPosition) {
        // The official network adds a position to [CLS]: none changes nothing.
        at::Tensor& positions = weights.at("pos_embed");
        positions = at::cat({at::zeros({1, 1, config.dim}, positions.options()), positions}, 1);
    }
    weights.try_emplace("mask_token", at::zeros({1, config.dim}, weights.at("cls_token").options()));
    return renamedBy(dinov2Keys(), weights, config.swiGlu);
}

}  // namespace

StateDict exportedNames(const Backbone& backbone, NameStyle style, std::vector<std::string>& notes) {
    const bool convolutional = backbone.inspection.network == Network::ResNet50;
    StateDict named = convolutional ? backbone.weights : vitNames(backbone, style, notes);
    for (const auto& [name, tensor] : backbone.classifier) {
        named[convolutional ? namesInFile(withKeys(torchvisionResNetKeys()), name, false)[0].name : name] =
            tensor;
    }
    return named;
}

}  // namespace dinoscope
