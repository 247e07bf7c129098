#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <span>

#include "engine/nn/drop_path.h"
#include "engine/nn/state_dict.h"

namespace dinoscope {

/// A network that turns images into features and can be trained.
class BackboneNet : public torch::nn::Module {
public:
    /// Groups [n, 3, height, width] of one size each -> features [sum of n, featureDim()], group after group.
    virtual at::Tensor forward(std::span<const at::Tensor> groups, const DropPath& dropPath) = 0;
    virtual std::int64_t featureDim() const = 0;
};

/// Copies `weights` into the parameters and buffers of `module`. Throws Error listing what is missing, left
/// over or of another shape; then nothing was copied.
void copyWeights(torch::nn::Module& module, const StateDict& weights);

/// The parameters and buffers of `module` by name; views, not copies.
StateDict stateDict(const torch::nn::Module& module);

}  // namespace dinoscope
