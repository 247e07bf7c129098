#include "engine/nn/backbone_net.h"

#include <ATen/ATen.h>

#include <string>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

void appendName(std::string& list, const std::string& name) {
    list += list.empty() ? name : ", " + name;
}

}  // namespace

StateDict stateDict(const torch::nn::Module& module) {
    StateDict found;
    for (const auto& item : module.named_parameters())
        found[item.key()] = item.value();
    for (const auto& item : module.named_buffers())
        found[item.key()] = item.value();
    return found;
}

void copyWeights(torch::nn::Module& module, const StateDict& weights) {
    StateDict targets = stateDict(module);
    std::string wrong;
    for (const auto& [name, target] : targets) {
        const auto given = weights.find(name);
        if (given == weights.end() || given->second.sizes() != target.sizes()) appendName(wrong, name);
    }
    for (const auto& [name, given] : weights) {
        if (!targets.contains(name)) appendName(wrong, name);
    }
    if (!wrong.empty()) {
        throw Error("these weights do not fit the network", wrong,
                    "choose the architecture they were made for");
    }
    const at::NoGradGuard guard;
    for (auto& [name, target] : targets)
        target.copy_(weights.at(name));
}

}  // namespace dinoscope
