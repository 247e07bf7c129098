#include "engine/nn/inference_resnet.h"

#include <ATen/ATen.h>

#include "engine/nn/resnet50.h"

namespace dinoscope {

class InferenceResNet::Impl {
public:
    mutable ResNet50 network{0};
};

InferenceResNet::InferenceResNet(const StateDict& weights, at::Device device, at::ScalarType precision)
    : impl_(std::make_unique<Impl>()), device_(device), precision_(precision) {
    copyWeights(*impl_->network, weights);
    impl_->network->eval();
    impl_->network->to(device, precision);
}

InferenceResNet::~InferenceResNet() = default;

std::int64_t InferenceResNet::bytes() const {
    std::int64_t total = 0;
    for (const auto& [name, tensor] : stateDict(*impl_->network))
        total += tensor.numel() * tensor.element_size();
    return total;
}

at::Tensor InferenceResNet::lastMap(const at::Tensor& images, JobControl& control) const {
    const c10::InferenceMode guard;
    control.setTotal(1, "blocks");
    control.poll();
    at::Tensor map = impl_->network->lastMap(images.to(device_, precision_)).to(at::kFloat);
    control.advance();
    return map;
}

at::Tensor InferenceResNet::features(const at::Tensor& images, JobControl& control) const {
    const c10::InferenceMode guard;
    return lastMap(images, control).mean({2, 3});
}

at::Tensor activationEnergy(const at::Tensor& map) {
    const c10::InferenceMode guard;
    return map[0].square().mean(0).to(at::kCPU, at::kFloat).contiguous();
}

}  // namespace dinoscope
