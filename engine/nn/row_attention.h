#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace dinoscope {

/// `samples` sequences of `tokens` rows.
struct TokenGroup {
    std::int64_t samples = 0;
    std::int64_t tokens = 0;
};

/// The rows of each group, views of `rows` [all, …].
std::vector<at::Tensor> splitGroups(const at::Tensor& rows, const std::vector<TokenGroup>& groups);

/// Self-attention within each sequence, scaled by 1/sqrt(head dimension), with gradients. qkv [rows, 3 * dim]
/// holds the rows of all groups, one after the other -> [rows, dim]. On the CPU, in fp32 and bf16, by our own
/// kernels straight from the rows, with memory linear in them: there the gradient is not differentiable
/// again.
at::Tensor attendRows(const at::Tensor& qkv, const std::vector<TokenGroup>& groups, std::int64_t heads);

}  // namespace dinoscope
