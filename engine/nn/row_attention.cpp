#include "engine/nn/row_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "engine/nn/kernels/attention_gradient.h"
#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool hasOwnKernel(const at::Tensor& qkv, std::int64_t heads) {
    const bool type = qkv.scalar_type() == at::kFloat || qkv.scalar_type() == at::kBFloat16;
    return qkv.is_cpu() && type && attentionSupported(qkv.size(1) / 3 / heads);
}

/// bfloat16 as the kernels take it.
template <class Number>
Number* numbers(const at::Tensor& tensor) {
    return static_cast<Number*>(tensor.data_ptr());
}

/// Calls body(shape, first row) for each group.
template <class Body>
void eachGroup(const std::vector<TokenGroup>& groups, std::int64_t heads, std::int64_t dim, Body body) {
    std::int64_t first = 0;
    for (const auto& [samples, tokens] : groups) {
        body(AttentionShape{samples, tokens, heads, dim / heads}, first);
        first += samples * tokens;
    }
}

float scaleOf(const AttentionShape& shape) {
    return 1.0F / std::sqrt(static_cast<float>(shape.headDim));
}

template <class Number>
void attendGroups(const at::Tensor& qkv, const at::Tensor& out, const at::Tensor& logSums,
                  const std::vector<TokenGroup>& groups, std::int64_t heads) {
    const std::int64_t dim = out.size(1);
    eachGroup(groups, heads, dim, [&](const AttentionShape& shape, std::int64_t first) {
        attention(numbers<const Number>(qkv) + first * 3 * dim, numbers<Number>(out) + first * dim, shape,
                  scaleOf(shape), kernels::tableOf(cpuPath()), numbers<float>(logSums) + first * heads);
    });
}

template <class Number>
void gradientOfGroups(const variable_list& saved, const at::Tensor& outGradient,
                      const at::Tensor& qkvGradient, const std::vector<TokenGroup>& groups,
                      std::int64_t heads) {
    const std::int64_t dim = outGradient.size(1);
    eachGroup(groups, heads, dim, [&](const AttentionShape& shape, std::int64_t first) {
        const AttentionGradientData<Number> data{
            numbers<const Number>(saved[0]) + first * 3 * dim, numbers<const Number>(saved[1]) + first * dim,
            numbers<const Number>(outGradient) + first * dim, numbers<const float>(saved[2]) + first * heads,
            numbers<Number>(qkvGradient) + first * 3 * dim};
        attentionGradient(data, shape, scaleOf(shape), kernels::tableOf(cpuPath()));
    });
}

class RowAttention : public torch::autograd::Function<RowAttention> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& given,
                              const std::vector<TokenGroup>& groups, std::int64_t heads) {
        const at::Tensor qkv = given.contiguous();
        at::Tensor out = at::empty({qkv.size(0), qkv.size(1) / 3}, qkv.options());
        const at::Tensor logSums = at::empty({qkv.size(0), heads}, qkv.options().dtype(at::kFloat));
        qkv.scalar_type() == at::kFloat ? attendGroups<float>(qkv, out, logSums, groups, heads)
                                        : attendGroups<std::uint16_t>(qkv, out, logSums, groups, heads);
        context->save_for_backward({qkv, out, logSums});
        std::vector<std::int64_t> sizes;
        for (const auto& [samples, tokens] : groups)
            sizes.insert(sizes.end(), {samples, tokens});
        context->saved_data["groups"] = sizes;
        context->saved_data["heads"] = heads;
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        const variable_list saved = context->get_saved_variables();
        const std::vector<std::int64_t> sizes = context->saved_data["groups"].toIntVector();
        std::vector<TokenGroup> groups;
        for (std::size_t i = 0; i < sizes.size(); i += 2)
            groups.push_back({sizes[i], sizes[i + 1]});
        const std::int64_t heads = context->saved_data["heads"].toInt();
        const at::Tensor outGradient = outer[0].contiguous();
        at::Tensor gradient = at::empty_like(saved[0]);
        gradient.scalar_type() == at::kFloat
            ? gradientOfGroups<float>(saved, outGradient, gradient, groups, heads)
            : gradientOfGroups<std::uint16_t>(saved, outGradient, gradient, groups, heads);
        return {gradient, at::Tensor(), at::Tensor()};
    }
};

at::Tensor attendPlainly(const at::Tensor& qkv, const std::vector<TokenGroup>& groups, std::int64_t heads) {
    const std::int64_t dim = qkv.size(1) / 3;
    // split and unbind, since their gradients are one copy each, where those of slices fill with zeros and
    // add.
    const std::vector<at::Tensor> parts = splitGroups(qkv, groups);
    std::vector<at::Tensor> mixed;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const auto [samples, tokens] = groups[g];
        const std::vector<at::Tensor> qkvOfGroup =
            parts[g].view({samples, tokens, 3, heads, dim / heads}).permute({2, 0, 3, 1, 4}).unbind();
        const at::Tensor out = at::scaled_dot_product_attention(qkvOfGroup[0], qkvOfGroup[1], qkvOfGroup[2]);
        mixed.push_back(out.transpose(1, 2).reshape({samples * tokens, dim}));
    }
    return mixed.size() == 1 ? mixed[0] : at::cat(mixed);
}

}  // namespace

std::vector<at::Tensor> splitGroups(const at::Tensor& rows, const std::vector<TokenGroup>& groups) {
    std::vector<std::int64_t> sizes;
    for (const auto& [samples, tokens] : groups)
        sizes.push_back(samples * tokens);
    return rows.split_with_sizes(sizes);
}

at::Tensor attendRows(const at::Tensor& qkv, const std::vector<TokenGroup>& groups, std::int64_t heads) {
    return hasOwnKernel(qkv, heads) ? RowAttention::apply(qkv, groups, heads)
                                    : attendPlainly(qkv, groups, heads);
}

}  // namespace dinoscope
