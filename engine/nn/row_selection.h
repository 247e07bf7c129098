#pragma once

#include <ATen/core/Tensor.h>

namespace dinoscope {

/// Rows of a matrix by number, with gradients. As ATen's index_select and index_add, but on the CPU their
/// gradients run over rows in parallel, which ATen's do not. Rows must not repeat.

/// x [n, dim], rows [m] int64 -> [m, dim]
at::Tensor selectRows(const at::Tensor& x, const at::Tensor& rows);

/// x with scale * branch [m, dim] added to `rows` [m] of it: -> [n, dim]
at::Tensor addToRows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& branch, double scale);

}  // namespace dinoscope
