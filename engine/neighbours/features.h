#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "engine/base/job.h"
#include "engine/neighbours/feature_network.h"
#include "engine/neighbours/store/gallery_terms.h"
#include "engine/nn/state_dict.h"

namespace dinoscope {

/// The features of a batch, of unit length: float32 [n, network.dim()] on the CPU. `images` is float32
/// [n, 3, height, width].
at::Tensor features(const FeatureNetwork& network, const at::Tensor& images, FeatureKind kind, int layers,
                    JobControl& control);

/// Each row divided by its length.
at::Tensor toUnitLength(const at::Tensor& rows);

/// 32 hexadecimal digits that change with any weight and with the network's shape, but neither with the
/// file's format nor with how its numbers were stored, where these are the same numbers.
std::string weightsFingerprint(const VitConfig& config, const StateDict& weights);

}  // namespace dinoscope
