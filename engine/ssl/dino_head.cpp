#include "engine/ssl/dino_head.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/generated/variable_factories.h>
#include <torch/nn/functional/normalization.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

#include "engine/base/hash.h"
#include "engine/nn/joint_batch_norm.h"
#include "engine/nn/state_dict.h"
#include "engine/nn/unit_rows.h"

namespace dinoscope {

namespace {

namespace nn = torch::nn;

/// Linear(in, hidden) [BN] GELU … Linear(hidden, out), `layers` linear layers in all.
nn::Sequential makeMlp(std::int64_t in, std::int64_t hidden, std::int64_t out, int layers, bool batchNorm) {
    nn::Sequential mlp;
    for (int i = 0; i + 1 < layers; ++i) {
        mlp->push_back(nn::Linear(i == 0 ? in : hidden, hidden));
        if (batchNorm) mlp->push_back(JointBatchNorm1d(hidden));
        mlp->push_back(nn::GELU());
    }
    mlp->push_back(nn::Linear(layers == 1 ? in : hidden, out));
    return mlp;
}

/// The last layer's parameters live in a module of their own, for the sake of their names.
class LastLayerImpl : public nn::Module {
public:
    LastLayerImpl(const DinoHeadOptions& options, at::Tensor& weightG, at::Tensor& weightV) {
        weightG = register_parameter("weight_g", torch::ones({options.outDim, 1}), !options.normLastLayer);
        weightV = register_parameter("weight_v", torch::empty({options.outDim, options.bottleneckDim}));
    }
};

/// Normal of deviation 0.02, with zero biases. The reference makes the last layer after it has initialised
/// the others, so that one keeps what nn.Linear draws: uniform in ±1/√fan-in.
void initialise(nn::Module& module, std::uint64_t seed) {
    const at::NoGradGuard guard;
    for (auto& item : module.named_parameters()) {
        if (item.value().dim() < 2 || item.key().ends_with("weight_g")) {
            if (item.key().ends_with(".bias")) item.value().zero_();
            continue;
        }
        at::Tensor drawn = at::empty(item.value().sizes(), at::kFloat);
        const std::uint64_t ownSeed = mix(seed, hashOfName(item.key()));
        if (item.key().ends_with("weight_v")) {
            fillUniform(drawn, ownSeed, 1 / std::sqrt(static_cast<double>(drawn.size(1))));
        } else {
            fillNormal(drawn, ownSeed, kInitialDeviation);
        }
        item.value().copy_(drawn);
    }
}

}  // namespace

DinoHeadImpl::DinoHeadImpl(const DinoHeadOptions& options, std::uint64_t seed) : options_(options) {
    const std::int64_t bottleneck = options.bottleneckDim;
    mlp_ = register_module(
        "mlp", makeMlp(options.inDim, options.hiddenDim, bottleneck, options.layers, options.batchNorm));
    if (options.predictor) {
        predictor_ = register_module(
            "predictor", makeMlp(bottleneck, options.hiddenDim, bottleneck, 2, options.batchNorm));
    }
    register_module("last_layer", std::make_shared<LastLayerImpl>(options, weight_g_, weight_v_));
    initialise(*this, seed);
}

at::Tensor DinoHeadImpl::forward(const at::Tensor& features) {
    at::Tensor x = mlp_->forward(features);
    if (predictor_) x = predictor_->forward(x);
    x = nn::functional::normalize(x, nn::functional::NormalizeFuncOptions().dim(-1));
    return at::linear(x, unitRows(weight_v_, weight_g_));
}

}  // namespace dinoscope
