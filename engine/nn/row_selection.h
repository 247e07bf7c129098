#pragma once

#include <ATen/core/Tensor.h>

namespace dinoscope {

/// Rows of the residual stream by number, with gradients. `rows` [m] int64 must not repeat; undefined, it
/// stands for all of them. On the CPU, with an fp32 stream, our own kernels run over rows in parallel, once
/// each way, and what a branch sees and gives is in the branch's precision: nothing is widened in memory.

/// The stream as a branch finds it.
struct NormedRows {
    at::Tensor rows;  ///< layer norm of the rows [m, dim], bf16 under the CPU's bf16 autocast
    at::Tensor
        stream;  ///< x itself [n, dim]; used from here on, its gradient and the norm's are summed at once
};

/// Layer norm of rows of x [n, dim].
NormedRows normRows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& weight,
                    const at::Tensor& bias, double epsilon);

/// x with scale * branch [m, dim] added to `rows` of it: -> [n, dim]
at::Tensor addToRows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& branch, double scale);

}  // namespace dinoscope
