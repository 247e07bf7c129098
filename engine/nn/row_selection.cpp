#include "engine/nn/row_selection.h"

#include <torch/torch.h>

#include "engine/base/parallel.h"

namespace dinoscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kRowsAtOnce = 64;

/// target[rows[i]] += scale * source[i]
void addInPlace(const at::Tensor& target, const at::Tensor& rows, const at::Tensor& source, double scale) {
    if (!target.is_cpu() || target.scalar_type() != at::kFloat || source.scalar_type() != at::kFloat) {
        target.index_add_(0, rows, source.to(target.scalar_type()), scale);
        return;
    }
    const at::Tensor values = source.contiguous();
    const std::int64_t dim = target.size(1);
    const std::int64_t* row = rows.const_data_ptr<std::int64_t>();
    const float* from = values.const_data_ptr<float>();
    float* to = target.data_ptr<float>();
    const auto factor = static_cast<float>(scale);
    parallelFor(0, rows.numel(), kRowsAtOnce, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            const float* a = from + i * dim;
            float* b = to + row[i] * dim;
            for (std::int64_t k = 0; k < dim; ++k)
                b[k] += factor * a[k];
        }
    });
}

class SelectRows : public torch::autograd::Function<SelectRows> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& rows) {
        context->save_for_backward({rows});
        context->saved_data["count"] = x.size(0);
        return x.index_select(0, rows);
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        const at::Tensor rows = context->get_saved_variables()[0];
        at::Tensor gradient =
            at::zeros({context->saved_data["count"].toInt(), outer[0].size(1)}, outer[0].options());
        addInPlace(gradient, rows, outer[0], 1);
        return {gradient, at::Tensor()};
    }
};

class AddToRows : public torch::autograd::Function<AddToRows> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& rows,
                              const at::Tensor& branch, double scale) {
        context->save_for_backward({rows});
        context->saved_data["scale"] = scale;
        context->saved_data["type"] = branch.scalar_type();
        at::Tensor sum = x.clone(at::MemoryFormat::Contiguous);
        addInPlace(sum, rows, branch, scale);
        return sum;
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        const at::Tensor rows = context->get_saved_variables()[0];
        const at::Tensor branch =
            outer[0].index_select(0, rows).mul_(context->saved_data["scale"].toDouble());
        return {outer[0], at::Tensor(), branch.to(context->saved_data["type"].toScalarType()), at::Tensor()};
    }
};

}  // namespace

at::Tensor selectRows(const at::Tensor& x, const at::Tensor& rows) {
    return SelectRows::apply(x, rows);
}

at::Tensor addToRows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& branch, double scale) {
    return AddToRows::apply(x, rows, branch, scale);
}

}  // namespace dinoscope
