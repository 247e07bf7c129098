#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>

#include <cstdint>

namespace dinoscope {

struct DinoHeadOptions {
    std::int64_t inDim = 384;
    std::int64_t outDim = 65536;  ///< K, the number of prototypes
    std::int64_t hiddenDim = 2048;
    std::int64_t bottleneckDim = 256;
    int layers = 3;
    bool batchNorm = false;
    bool normLastLayer = true;  ///< keeps the prototypes at length 1: weight_g is not trained
    bool predictor = false;     ///< an MLP more before the bottleneck is normalised, as BYOL's student has
};

/// The projection head of DINO (paper, section 3 and appendix C; DINOHead of facebookresearch/dino): an MLP
/// with GELU, l2-normalisation of the bottleneck, and a weight-normed linear layer without bias. Parameter
/// names equal the reference's: mlp.0.weight, …, last_layer.weight_g, last_layer.weight_v.
class DinoHeadImpl : public torch::nn::Module {
public:
    /// Linear weights are normal with deviation 0.02, drawn from `seed`; biases are zero.
    DinoHeadImpl(const DinoHeadOptions& options, std::uint64_t seed);

    /// Features [n, inDim] -> logits [n, outDim]
    at::Tensor forward(const at::Tensor& features);

    const DinoHeadOptions& options() const { return options_; }

private:
    DinoHeadOptions options_;
    torch::nn::Sequential mlp_{nullptr};
    torch::nn::Sequential predictor_{nullptr};
    at::Tensor weight_g_;  ///< [outDim, 1]
    at::Tensor weight_v_;  ///< [outDim, bottleneckDim]
};
TORCH_MODULE(DinoHead);

}  // namespace dinoscope
