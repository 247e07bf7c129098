#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/image_input.h"
#include "engine/neighbours/store/gallery_terms.h"
#include "engine/nn/inference_vit.h"
#include "engine/nn/state_dict.h"

namespace dinoscope {

/// Numbers of a feature.
int featureDim(const VitConfig& config, FeatureKind kind, int layers);

/// The features of a batch, of unit length: float32 [n, featureDim()] on the CPU. `images` is float32
/// [n, 3, height, width].
at::Tensor features(const InferenceVit& vit, const at::Tensor& images, FeatureKind kind, int layers,
                    JobControl& control);

/// Each row divided by its length.
at::Tensor toUnitLength(const at::Tensor& rows);

/// The same without scaling to unit length, and for Concat without the patches where not `average`: for
/// linear probes.
at::Tensor rawFeatures(const InferenceVit& vit, const at::Tensor& images, FeatureKind kind, int layers,
                       bool average, JobControl& control);

/// Inputs of one size as a batch, float32 [n, 3, height, width].
at::Tensor toBatch(std::span<const NetworkInput* const> inputs);

/// 32 hexadecimal digits that change with any weight and with the network's shape, but neither with the
/// file's format nor with how its numbers were stored, where these are the same numbers.
std::string weightsFingerprint(const VitConfig& config, const StateDict& weights);

}  // namespace dinoscope
