#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "engine/base/job.h"
#include "engine/nn/state_dict.h"

namespace dinoscope {

/// ResNet-50 for inference, batch norms by their running statistics. Immutable; one forward at a time a
/// thread. Source: He et al. 2016, torchvision's resnet50.
class InferenceResNet {
public:
    /// `weights` has the names of expectedResNet50Shapes() and the counters of batches.
    InferenceResNet(const StateDict& weights, at::Device device, at::ScalarType precision);
    ~InferenceResNet();

    at::Device device() const { return device_; }
    std::int64_t bytes() const;

    /// The last map, float32 on the device: [n, 3, height, width], normalised -> [n, 2048, height / 32, width
    /// / 32]. The sides are multiples of 32. Polls before it; a forward pass of 224 x 224 pixels is one unit.
    at::Tensor lastMap(const at::Tensor& images, JobControl& control) const;

    /// What a classifier sees: the mean of the last map, [n, 2048].
    at::Tensor features(const at::Tensor& images, JobControl& control) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
    at::Device device_;
    at::ScalarType precision_;
};

/// Mean of the squares over the channels of a map [1, channels, rows, columns]: where a convolutional network
/// is active. Float32 [rows, columns] on the CPU.
at::Tensor activationEnergy(const at::Tensor& map);

}  // namespace dinoscope
