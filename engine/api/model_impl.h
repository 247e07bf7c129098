#pragma once

#include <atomic>
#include <memory>

#include "engine/api/model.h"
#include "engine/neighbours/feature_network.h"
#include "engine/nn/inference_resnet.h"
#include "engine/nn/inference_vit.h"

// Not for app or ui: what a Model is made of.
namespace dinoscope::api {

class Model::Impl {
public:
    Impl(ModelSource source, ModelInfo info, const Placement& placement, const VitConfig& config,
         const StateDict& weights);
    /// A ResNet-50.
    Impl(ModelSource source, ModelInfo info, const Placement& placement, const StateDict& weights);

    /// Exactly one of these is there.
    bool isConvolutional() const { return resnet_ != nullptr; }
    const InferenceVit& vit() const;  ///< throws Error of a convolutional network, which has no attention
    const InferenceResNet& resnet() const { return *resnet_; }
    FeatureNetwork featureNetwork() const;

    /// Tokens of a forward pass over so many patches.
    std::int64_t tokens(std::int64_t patches) const;

    /// Seconds and bytes of the blocks before `layer` and its projection, for n = `tokens`.
    double predictSeconds(std::int64_t tokens, int layer) const;
    std::int64_t predictBytes(std::int64_t tokens) const;

    /// Tells of a forward pass that ended, and how long it took, for the predictions that follow.
    void learn(std::int64_t tokens, int layer, double seconds) const;

    /// The most that predictBytes() told of a forward pass that did fit.
    std::int64_t provenBytes() const { return provenBytes_; }

    const ModelSource source;
    const ModelInfo info;
    const Placement placement;
    const std::string fingerprint;  ///< of the weights: weightsFingerprint()

    /// Times a small linear layer and a small attention.
    void calibrate() const;

private:
    std::unique_ptr<const InferenceVit> vit_;
    std::unique_ptr<const InferenceResNet> resnet_;
    /// Floating-point operations a second; a middling processor's until calibrated.
    mutable std::atomic<double> linearRate_{1e11};
    mutable std::atomic<double> attentionRate_{1e11};
    mutable std::atomic<double> correction_{1};
    mutable std::atomic<bool> calibrated_{false};
    mutable std::atomic<std::int64_t> provenBytes_{0};
};

}  // namespace dinoscope::api
