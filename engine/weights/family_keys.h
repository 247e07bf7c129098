#pragma once

#include <vector>

#include "engine/weights/families.h"

// Not for others than families.cpp and the exporter: the key maps themselves.
namespace dinoscope {

using KeyRules = std::vector<KeyRule>;

const KeyRules& dinov2Keys();              ///< facebookresearch/dinov2, with registers too
const KeyRules& dinov3Keys();              ///< facebookresearch/dinov3
const KeyRules& timmKeys();                ///< timm's VisionTransformer
const KeyRules& timmDinov3Keys();          ///< timm's Eva, as which it has DINOv3
const KeyRules& transformersVitKeys();     ///< transformers: ViT, DeiT
const KeyRules& transformersDinov2Keys();  ///< transformers: Dinov2, Dinov2WithRegisters
const KeyRules& transformersDinov3Keys();  ///< transformers: DINOv3ViT
const KeyRules& torchvisionResNetKeys();

}  // namespace dinoscope
