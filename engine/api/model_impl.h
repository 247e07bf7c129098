#pragma once

#include <atomic>
#include <memory>

#include "engine/api/model.h"
#include "engine/nn/inference_vit.h"

// Not for app or ui: what a Model is made of.
namespace dinoscope::api {

class Model::Impl {
public:
    Impl(ModelSource source, ModelInfo info, const Placement& placement, const VitConfig& config,
         const StateDict& weights);

    /// Seconds and bytes of the blocks before `layer` and its projection, for n = `tokens`.
    double predictSeconds(std::int64_t tokens, int layer) const;
    std::int64_t predictBytes(std::int64_t tokens) const;

    /// Tells how long a forward pass really took, for the predictions that follow.
    void learnSeconds(std::int64_t tokens, int layer, double seconds) const;

    const ModelSource source;
    const ModelInfo info;
    const Placement placement;
    const InferenceVit vit;

    /// Times a small linear layer and a small attention.
    void calibrate() const;

private:
    /// Floating-point operations a second; a middling processor's until calibrated.
    mutable std::atomic<double> linearRate_{1e11};
    mutable std::atomic<double> attentionRate_{1e11};
    mutable std::atomic<double> correction_{1};
};

}  // namespace dinoscope::api
