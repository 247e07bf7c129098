#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "engine/nn/vit_config.h"

namespace dinoscope {

/// Tensors by their names in the reference's state dict: "blocks.0.attn.qkv.weight" [3 * dim, dim], …
using StateDict = std::map<std::string, at::Tensor>;

/// Weights as the reference initialises them (normal of deviation 0.02 for linear layers, positions and
/// [CLS]; zero biases; the patch projection uniform in ±1/√fan-in). Equal on every machine for one seed.
StateDict initialWeights(const VitConfig& config, std::uint64_t seed);

inline constexpr double kInitialDeviation = 0.02;

/// Fills float32 `tensor` with normal values; value i depends on (seed, i) alone, whatever the threads.
void fillNormal(at::Tensor& tensor, std::uint64_t seed, double deviation);

/// The same with values uniform in ±`bound`.
void fillUniform(at::Tensor& tensor, std::uint64_t seed, double bound);

}  // namespace dinoscope
