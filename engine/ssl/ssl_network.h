#pragma once

#include <torch/nn/pimpl.h>

#include <memory>
#include <span>

#include "engine/nn/backbone_net.h"
#include "engine/ssl/dino_head.h"

namespace dinoscope {

/// A backbone and a projection head (MultiCropWrapper of facebookresearch/dino). Names begin with
/// "backbone." and "head.".
class SslNetworkImpl : public torch::nn::Module {
public:
    SslNetworkImpl(std::shared_ptr<BackboneNet> backbone, DinoHead head);

    /// Groups of views [n, 3, height, width] of one size each -> logits [sum of n, K], group after group.
    at::Tensor forward(std::span<const at::Tensor> groups, const DropPath& dropPath = {});

    BackboneNet& backbone() { return *backbone_; }
    DinoHead& head() { return head_; }

private:
    std::shared_ptr<BackboneNet> backbone_;
    DinoHead head_{nullptr};
};
TORCH_MODULE(SslNetwork);

}  // namespace dinoscope
