#include "engine/ssl/ssl_network.h"

#include <ATen/ATen.h>

namespace dinoscope {

SslNetworkImpl::SslNetworkImpl(std::shared_ptr<BackboneNet> backbone, DinoHead head)
    : backbone_(register_module("backbone", std::move(backbone))),
      head_(register_module("head", std::move(head))) {}

at::Tensor SslNetworkImpl::forward(std::span<const at::Tensor> groups, const DropPath& dropPath) {
    return head_(backbone_->forward(groups, dropPath));
}

}  // namespace dinoscope
