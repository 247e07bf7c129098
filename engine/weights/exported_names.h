#pragma once

#include <string>
#include <vector>

#include "engine/weights/load.h"

namespace dinoscope {

/// Whose names an exported backbone gets.
enum class NameStyle {
    Authors,  ///< of the networks' own repositories: facebookresearch/dino, dinov2, dinov3; torchvision
    Timm,
};

/// The tensors of a network and its classifier under the names that its authors' code or timm loads. What
/// such code demands and a file may lack is added (DINOv2's mask_token, zero; DINOv3's periods and bias
/// mask); what it does not know is left out. timm adds the position of [CLS] to the token itself where there
/// are registers. What is lost that way is told in `notes`. Throws Error where timm has no such network.
StateDict exportedNames(const Backbone& backbone, NameStyle style, std::vector<std::string>& notes);

}  // namespace dinoscope
