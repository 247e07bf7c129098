#include "engine/train/initial_weights.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cmath>

#include "engine/nn/position_embedding.h"
#include "engine/nn/vision_transformer.h"
#include "engine/weights/load.h"

namespace dinoscope {

namespace {

constexpr const char* kBackbone = "backbone.";
constexpr const char* kPositions = "pos_embed";

std::string without(const std::string& prefix, const std::string& name) {
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

/// All tensors below a key, without DDP's prefix.
StateDict groupTensors(const Checkpoint& checkpoint, const TensorGroup& group) {
    StateDict found;
    for (std::size_t i = 0; i < group.tensors.size(); ++i)
        found[without("module.", group.tensors[i].name)] = copyOf(checkpoint.view(group, i)).to(at::kFloat);
    return found;
}

/// Brings learnt positions [1, 1 + side², dim] to the square grid of `target`. True if they changed.
bool fitPositions(at::Tensor& positions, const at::Tensor& target) {
    if (positions.sizes() == target.sizes() || positions.dim() != 3) return false;
    const int side = static_cast<int>(std::lround(std::sqrt(double(target.size(1) - 1))));
    positions = interpolatePositions(positions.to(at::kFloat), side, side).view({1, -1, positions.size(2)});
    return true;
}

bool fits(const StateDict& weights, const torch::nn::Module& module) {
    const std::string positions = std::string(kBackbone).append(kPositions);
    for (const auto& [name, tensor] : stateDict(module)) {
        const auto found = weights.find(name);
        if (found == weights.end()) return false;
        if (found->second.sizes() != tensor.sizes() && name != positions) return false;
    }
    return true;
}

/// Copies what `module` has of `weights`. True if positions were interpolated.
bool copyInto(torch::nn::Module& module, StateDict& weights) {
    StateDict chosen;
    bool interpolated = false;
    for (const auto& [name, target] : stateDict(module)) {
        at::Tensor& tensor = weights.at(name);
        if (name.ends_with(kPositions)) interpolated = fitPositions(tensor, target);
        chosen[name] = tensor;
    }
    copyWeights(module, chosen);
    return interpolated;
}

/// Student, teacher and centre of a training checkpoint with the same networks; false for any other file.
bool loadTrainingWeights(const Checkpoint& checkpoint, Objective& objective, bool& interpolated) {
    const TensorGroup* studentGroup = checkpoint.group("student");
    const TensorGroup* teacherGroup = checkpoint.group("teacher");
    if (!studentGroup || !teacherGroup) return false;
    StateDict student = groupTensors(checkpoint, *studentGroup);
    StateDict teacher = groupTensors(checkpoint, *teacherGroup);
    if (!fits(student, objective.student()) || !fits(teacher, objective.teacher())) return false;
    interpolated = copyInto(objective.student(), student);
    copyInto(objective.teacher(), teacher);
    const TensorGroup* loss = checkpoint.group("dino_loss");
    if (!objective.centre().defined() || !loss) return true;
    const StateDict tensors = groupTensors(checkpoint, *loss);
    const auto centre = tensors.find("center");
    if (centre != tensors.end() && centre->second.sizes() == objective.centre().sizes())
        objective.centre().copy_(centre->second);
    return true;
}

torch::nn::Module& backboneOf(torch::nn::Module& network) {
    return *network.named_children()["backbone"];
}

/// Names and shapes are the same for any number of heads, but not what they compute.
void requireSameHeads(const torch::nn::Module& network, const Backbone& given) {
    const auto* vit = dynamic_cast<const VisionTransformerImpl*>(&network);
    if (!vit || given.inspection.network != Network::VisionTransformer) return;
    if (vit->config().heads == given.config.heads) return;
    throw Error("these weights have " + std::to_string(given.config.heads) +
                    " heads a layer, and the network to be trained has " +
                    std::to_string(vit->config().heads),
                given.inspection.file, "choose the weights of a network with as many");
}

}  // namespace

std::vector<std::string> loadInitialWeights(const std::filesystem::path& file,
                                            const std::string& checkpointKey, Objective& objective,
                                            JobControl& control) {
    const at::NoGradGuard guard;
    std::vector<std::string> notes;
    bool interpolated = false;
    if (checkpointKey.empty() && loadTrainingWeights(Checkpoint(file), objective, interpolated)) {
        notes.push_back("continuing from the student, teacher and centre of " + file.string());
    } else {
        LoadOptions options;
        options.checkpointKey = checkpointKey;
        Backbone backbone = loadBackbone(file, options, control);
        requireSameHeads(backboneOf(objective.student()), backbone);
        const StateDict own = stateDict(backboneOf(objective.student()));
        const auto positions = own.find(kPositions);
        if (positions != own.end() && backbone.weights.contains(kPositions))
            interpolated = fitPositions(backbone.weights.at(kPositions), positions->second);
        copyWeights(backboneOf(objective.student()), backbone.weights);
        copyWeights(backboneOf(objective.teacher()), backbone.weights);
        notes.push_back("continuing from the backbone of " + file.string());
        notes.emplace_back("the head starts anew");
    }
    if (interpolated) notes.push_back("its positions were interpolated to --img-size");
    return notes;
}

}  // namespace dinoscope
