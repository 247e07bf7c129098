#include "engine/nn/resnet50.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include <cmath>

#include "engine/base/hash.h"

namespace dinoscope {

namespace {

namespace nn = torch::nn;

constexpr std::int64_t kExpansion = 4;

nn::Conv2d makeConvolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

void initialise(nn::Module& module, std::uint64_t seed) {
    const at::NoGradGuard guard;
    for (auto& item : module.named_parameters()) {
        at::Tensor& weight = item.value();
        if (weight.dim() != 4) continue;
        const auto fanOut = static_cast<double>(weight.size(0) * weight.size(2) * weight.size(3));
        fillNormal(weight, mix(seed, hashOfName(item.key())), std::sqrt(2 / fanOut));
    }
}

}  // namespace

BottleneckImpl::BottleneckImpl(std::int64_t in, std::int64_t width, std::int64_t stride) {
    const std::int64_t out = kExpansion * width;
    conv1_ = register_module("conv1", makeConvolution(in, width, 1, 1));
    bn1_ = register_module("bn1", JointBatchNorm2d(width));
    conv2_ = register_module("conv2", makeConvolution(width, width, 3, stride));
    bn2_ = register_module("bn2", JointBatchNorm2d(width));
    conv3_ = register_module("conv3", makeConvolution(width, out, 1, 1));
    bn3_ = register_module("bn3", JointBatchNorm2d(out));
    if (stride != 1 || in != out) {
        downsample_ = register_module(
            "downsample", nn::Sequential(makeConvolution(in, out, 1, stride), JointBatchNorm2d(out)));
    }
}

at::Tensor BottleneckImpl::forward(const at::Tensor& x) {
    const at::Tensor shortcut = downsample_.is_empty() ? x : downsample_->forward(x);
    at::Tensor y = bn1_(conv1_(x)).relu_();
    y = bn2_(spatial(y)).relu_();
    return (bn3_(conv3_(y)) + shortcut).relu_();
}

/// Of a map one pixel wide, oneDNN's gradient of a weight with stride 2 reads memory that nothing was written
/// to (LibTorch 2.11, bf16 on AVX512-BF16): the zeros around it are then there for it to read.
at::Tensor BottleneckImpl::spatial(const at::Tensor& x) {
    if (x.size(3) != 1) return conv2_(x);
    return at::conv2d(at::constant_pad_nd(x, {1, 1, 1, 1}), conv2_->weight, {}, conv2_->options.stride());
}

ResNet50Impl::ResNet50Impl(std::uint64_t seed) {
    conv1_ = register_module("conv1", makeConvolution(3, 64, 7, 2));
    bn1_ = register_module("bn1", JointBatchNorm2d(64));
    constexpr std::int64_t kBlocks[] = {3, 4, 6, 3};
    std::int64_t in = 64;
    for (int stage = 0; stage < 4; ++stage) {
        const std::int64_t width = 64LL << stage;
        nn::Sequential layer;
        for (std::int64_t block = 0; block < kBlocks[stage]; ++block) {
            layer->push_back(Bottleneck(in, width, stage > 0 && block == 0 ? 2 : 1));
            in = kExpansion * width;
        }
        layers_.push_back(register_module("layer" + std::to_string(stage + 1), layer));
    }
    initialise(*this, seed);
}

at::Tensor ResNet50Impl::lastMap(const at::Tensor& images) {
    at::Tensor x = at::max_pool2d(bn1_(conv1_(images)).relu_(), 3, 2, 1);
    for (nn::Sequential& layer : layers_)
        x = layer->forward(x);
    return x;
}

at::Tensor ResNet50Impl::forward(std::span<const at::Tensor> groups, const DropPath& /*dropPath*/) {
    std::vector<at::Tensor> features;
    for (const at::Tensor& group : groups)
        features.push_back(lastMap(group).mean({2, 3}));
    return features.size() == 1 ? features[0] : at::cat(features);
}

}  // namespace dinoscope
