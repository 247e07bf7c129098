#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>

#include "engine/base/job.h"
#include "engine/neighbours/pending_rows.h"
#include "engine/neighbours/store/gallery_terms.h"
#include "engine/nn/inference_resnet.h"
#include "engine/nn/inference_vit.h"

namespace dinoscope {

/// A network that makes features: a Vision Transformer or a ResNet-50. It refers to the network, which must
/// outlive it; where a network is taken, either can be given.
class FeatureNetwork {
public:
    FeatureNetwork(const InferenceVit& vit) : vit_(&vit) {}
    FeatureNetwork(const InferenceResNet& resnet) : resnet_(&resnet) {}

    at::Device device() const;

    /// px: both sides of an input are multiples of it.
    int stride() const;

    /// Images of this size in one forward pass: what fits into a CPU's caches, or keeps a card busy.
    std::size_t batchOf(int width, int height) const;

    /// Throws UsageError where the network has no such features: no so many layers, or no layers of [CLS].
    void check(FeatureKind kind, int layers) const;

    /// Numbers of a feature.
    int dim(FeatureKind kind, int layers) const;

    /// float32 [n, dim()] on the CPU; with Concat without the patches where not `average`. `images` is
    /// float32 [n, 3, height, width], normalised. A ResNet's Class is the mean of its last map, which a
    /// classifier sees; its Gem is of that map.
    at::Tensor features(const at::Tensor& images, FeatureKind kind, int layers, bool average,
                        JobControl& control) const;

    /// The same, without waiting for a card to have computed them.
    PendingRows start(const at::Tensor& images, FeatureKind kind, int layers, bool average,
                      JobControl& control) const;

private:
    const InferenceVit* vit_ = nullptr;  ///< exactly one of the two is there
    const InferenceResNet* resnet_ = nullptr;
};

}  // namespace dinoscope
