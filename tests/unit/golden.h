#pragma once

#include <ATen/ATen.h>

#include <string>

#include "engine/base/error.h"
#include "engine/nn/state_dict.h"
#include "engine/weights/checkpoint.h"
#include "engine/weights/load.h"

namespace dinoscope {

/// Tensors of a safetensors file below tests/golden, by name.
class Golden {
public:
    explicit Golden(const std::string& file) : checkpoint_(GOLDEN_DIR "/" + file) {}

    at::Tensor operator[](const std::string& name) const {
        for (const TensorGroup& group : checkpoint_.groups()) {
            for (std::size_t i = 0; i < group.tensors.size(); ++i) {
                if (fullName(group, i) == name) return loadTensor(checkpoint_, group, i).clone();
            }
        }
        throw Error("there is no such golden tensor", name);
    }

    /// What begins with `prefix`, without it.
    StateDict below(const std::string& prefix) const {
        StateDict found;
        for (const TensorGroup& group : checkpoint_.groups()) {
            for (std::size_t i = 0; i < group.tensors.size(); ++i) {
                const std::string name = fullName(group, i);
                if (name.starts_with(prefix)) {
                    found[name.substr(prefix.size())] = loadTensor(checkpoint_, group, i).clone();
                }
            }
        }
        return found;
    }

private:
    static std::string fullName(const TensorGroup& group, std::size_t i) {
        return group.key.empty() ? group.tensors[i].name : group.key + "." + group.tensors[i].name;
    }

    Checkpoint checkpoint_;
};

/// The greatest difference of two tensors, infinite where one is not a number.
inline double greatest(const at::Tensor& a, const at::Tensor& b) {
    if (a.numel() == 0 || a.sizes() != b.sizes()) return a.sizes() == b.sizes() ? 0 : INFINITY;
    const double found = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
    return std::isnan(found) ? INFINITY : found;
}

/// The shape of the network in tests/golden/vit.
inline VitConfig goldenVitConfig() {
    VitConfig config;
    config.dim = 32;
    config.depth = 3;
    config.heads = 2;
    config.patchSize = 8;
    config.imageSize = 32;
    config.mlpDim = 128;
    return config;
}

}  // namespace dinoscope
