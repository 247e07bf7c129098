#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/pimpl.h>

#include "engine/nn/backbone_net.h"
#include "engine/nn/joint_batch_norm.h"

namespace dinoscope {

/// Three convolutions around a shortcut (He et al. 2016, figure 5), the stride in the middle one as
/// torchvision has it.
class BottleneckImpl : public torch::nn::Module {
public:
    BottleneckImpl(std::int64_t in, std::int64_t width, std::int64_t stride);
    at::Tensor forward(const at::Tensor& x);  ///< [n, in, h, w] -> [n, 4 * width, h / stride, w / stride]

private:
    at::Tensor spatial(const at::Tensor& x);

    torch::nn::Conv2d conv1_{nullptr};
    JointBatchNorm2d bn1_{nullptr};
    torch::nn::Conv2d conv2_{nullptr};
    JointBatchNorm2d bn2_{nullptr};
    torch::nn::Conv2d conv3_{nullptr};
    JointBatchNorm2d bn3_{nullptr};
    torch::nn::Sequential downsample_{nullptr};
};
TORCH_MODULE(Bottleneck);

/// ResNet-50 without its classifier. Names equal torchvision's. Drop path does not apply to it.
class ResNet50Impl : public BackboneNet {
public:
    /// Convolutions are normal with variance 2 / fan-out (He et al. 2015), norms 1 and 0, drawn from `seed`.
    explicit ResNet50Impl(std::uint64_t seed);

    /// The mean of the last map: -> [n, 2048]. Batch norm sees each group alone.
    at::Tensor forward(std::span<const at::Tensor> groups, const DropPath& dropPath) override;
    std::int64_t featureDim() const override { return 2048; }

    /// The last map: [n, 3, height, width] -> [n, 2048, height / 32, width / 32]
    at::Tensor lastMap(const at::Tensor& images);

private:
    torch::nn::Conv2d conv1_{nullptr};
    JointBatchNorm2d bn1_{nullptr};
    std::vector<torch::nn::Sequential> layers_;
};
TORCH_MODULE(ResNet50);

}  // namespace dinoscope
