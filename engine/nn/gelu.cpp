#include "engine/nn/gelu.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/base/parallel.h"
#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kNumbersAtOnce = 16384;
constexpr std::int64_t kLanesOfAnyPath = 16;

/// GELU, or where there is a gradient by the output, that by x.
at::Tensor compute(const at::Tensor& x, const at::Tensor& outer) {
    const kernels::KernelTable& table = kernels::tableOf(cpuPath());
    const kernels::RowKernel& kernel = x.scalar_type() == at::kBFloat16 ? table.rowsBf16 : table.rowsFloat;
    at::Tensor out = at::empty_like(x);
    const auto at = [](const at::Tensor& tensor, std::int64_t number) {
        return static_cast<char*>(tensor.data_ptr()) + number * tensor.element_size();
    };
    parallelFor(0, x.numel(), kNumbersAtOnce, [&](std::int64_t first, std::int64_t last) {
        const kernels::GeluArgs args{at(x, first), outer.defined() ? at(outer, first) : nullptr,
                                     at(out, first), last - first};
        outer.defined() ? kernel.geluGradient(args) : kernel.gelu(args);
    });
    return out;
}

class Gelu : public torch::autograd::Function<Gelu> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
        context->save_for_backward({x});
        return compute(x, {});
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        return {compute(context->get_saved_variables()[0], outer[0].contiguous())};
    }
};

}  // namespace

at::Tensor geluOf(const at::Tensor& x) {
    const bool type = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
    const bool own = x.is_cpu() && type && x.is_contiguous() && x.numel() % kLanesOfAnyPath == 0;
    return own ? Gelu::apply(x) : at::gelu(x);
}

}  // namespace dinoscope
