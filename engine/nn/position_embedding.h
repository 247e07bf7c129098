#pragma once

#include <ATen/core/Tensor.h>

namespace dinoscope {

/// The matrix that takes `side` learnt positions along one axis to `count` patches, as facebookresearch/dino
/// interpolates them (vision_transformer.py, interpolate_pos_encoding): bicubic with a = -0.75, not
/// antialiased, at the scale (count + 0.1) / side. Float32 [count, side].
at::Tensor positionMatrix(int side, int count);

/// Positions for a grid of rows x columns patches out of those of a square grid, [CLS] first:
/// [1, 1 + side², dim] -> [1 + rows * columns, dim]. On the native grid they come back unchanged.
/// As two matrix products it is deterministic on CUDA and differentiable.
at::Tensor interpolatePositions(const at::Tensor& positions, int rows, int columns);

}  // namespace dinoscope
