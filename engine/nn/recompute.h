#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace dinoscope {

/// run(x) without keeping what happens inside: the backward pass calls `run` again (gradient checkpointing,
/// Chen et al. 2016). `run` must give the same numbers each time. Parameters that `run` uses get their
/// gradients by accumulation, so this serves backward() and not autograd::grad().
at::Tensor recompute(std::function<at::Tensor(const at::Tensor&)> run, const at::Tensor& x);

}  // namespace dinoscope
