#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/pimpl.h>

#include <functional>
#include <span>

namespace dinoscope {

/// Makes each tensor, in place, its sum over all processes that share a step.
using BatchSum = std::function<void(std::span<const at::Tensor>)>;

/// While it lives, batch normalisations of this thread that train see the images of all processes together,
/// as PyTorch's SyncBatchNorm does; with an empty `sum` those of this process alone. All processes must
/// compute the same layers in the same order, backwards too.
class BatchSumGuard {
public:
    explicit BatchSumGuard(BatchSum sum);
    ~BatchSumGuard();
    BatchSumGuard(const BatchSumGuard&) = delete;
    BatchSumGuard& operator=(const BatchSumGuard&) = delete;

private:
    BatchSum before_;
};

/// Normalises each channel of `x` [n, C, …] by the mean and the variance over everything else in all
/// processes, and moves the running ones (Ioffe and Szegedy 2015, algorithm 1). The gradients of `weight` and
/// `bias` are those of this process's images.
at::Tensor jointBatchNorm(const at::Tensor& x, const torch::nn::BatchNormOptions& options,
                          const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& runningMean,
                          const at::Tensor& runningVariance, const BatchSum& sum);

/// The guard's sum on this thread; empty where there is none.
const BatchSum& batchSum();

/// PyTorch's module, but for what BatchSumGuard says.
template <typename Base>
class JointBatchNormImpl : public Base {
public:
    using Base::Base;

    at::Tensor forward(const at::Tensor& x) {
        if (!this->is_training() || !batchSum()) return Base::forward(x);
        this->num_batches_tracked += 1;
        return jointBatchNorm(x, this->options, this->weight, this->bias, this->running_mean,
                              this->running_var, batchSum());
    }
};

using JointBatchNorm1dImpl = JointBatchNormImpl<torch::nn::BatchNorm1dImpl>;
using JointBatchNorm2dImpl = JointBatchNormImpl<torch::nn::BatchNorm2dImpl>;
TORCH_MODULE(JointBatchNorm1d);
TORCH_MODULE(JointBatchNorm2d);

}  // namespace dinoscope
