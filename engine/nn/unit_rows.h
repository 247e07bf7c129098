#pragma once

#include <ATen/core/Tensor.h>

namespace dinoscope {

/// Weight normalisation (Salimans and Kingma 2016): each row of v [n, dim] divided by its length, times g [n,
/// 1], with gradients. On the CPU, in fp32, one pass each way; there the result is bf16 where autocast is on.
at::Tensor unitRows(const at::Tensor& v, const at::Tensor& g);

}  // namespace dinoscope
