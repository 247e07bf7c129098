#pragma once

#include <ATen/core/Tensor.h>

#include "engine/nn/vit_config.h"

namespace dinoscope {

/// The matrix that takes `side` learnt positions along one axis to `count` patches. Offset is what
/// facebookresearch/dino does (vision_transformer.py, interpolate_pos_encoding), Bicubic and Antialiased are
/// torch.nn.functional.interpolate(mode="bicubic") to a given size without and with antialias. Not for
/// Rotary. Float32 [count, side].
at::Tensor positionMatrix(int side, int count, PositionRule rule = PositionRule::Offset);

/// Positions for a grid of rows x columns patches out of those of a square grid, after `prefix` rows that
/// stay as they are: [1, prefix + side², dim] -> [prefix + rows * columns, dim]. On the native grid they come
/// back unchanged. As two matrix products it is deterministic on CUDA and differentiable; autocast
/// does not reach into it.
at::Tensor interpolatePositions(const at::Tensor& positions, int rows, int columns,
                                PositionRule rule = PositionRule::Offset, int prefix = 1);

}  // namespace dinoscope
