#include "engine/nn/unit_rows.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/base/parallel.h"
#include "engine/nn/autocast.h"
#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kRowsAtOnce = 256;
constexpr std::int64_t kLanesOfAnyPath = 16;

const kernels::RowKernel& kernelOf(const at::Tensor& unit) {
    const kernels::KernelTable& table = kernels::tableOf(cpuPath());
    return unit.scalar_type() == at::kBFloat16 ? table.rowsBf16 : table.rowsFloat;
}

class UnitRows : public torch::autograd::Function<UnitRows> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& v, const at::Tensor& g,
                              bool narrow) {
        at::Tensor out = at::empty_like(v, v.options().dtype(narrow ? at::kBFloat16 : at::kFloat));
        kernels::UnitRowsArgs args{};
        args.dim = v.size(1);
        args.source = v.const_data_ptr<float>();
        args.scales = g.const_data_ptr<float>();
        args.out = out.data_ptr();
        parallelFor(0, v.size(0), kRowsAtOnce, [&](std::int64_t first, std::int64_t last) {
            kernels::UnitRowsArgs part = args;
            part.first = first;
            part.last = last;
            kernelOf(out).unit(part);
        });
        context->save_for_backward({v, g});
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor change = outer[0].contiguous();
        at::Tensor gradient = at::empty_like(saved[0]);
        at::Tensor scaleGradient = at::empty_like(saved[1]);
        kernels::UnitRowsGradientArgs args{};
        args.dim = saved[0].size(1);
        args.source = saved[0].const_data_ptr<float>();
        args.scales = saved[1].const_data_ptr<float>();
        args.outGradient = change.const_data_ptr();
        args.gradient = gradient.data_ptr<float>();
        args.scaleGradient = scaleGradient.data_ptr<float>();
        parallelFor(0, gradient.size(0), kRowsAtOnce, [&](std::int64_t first, std::int64_t last) {
            kernels::UnitRowsGradientArgs part = args;
            part.first = first;
            part.last = last;
            kernelOf(change).unitGradient(part);
        });
        return {gradient, scaleGradient, at::Tensor()};
    }
};

}  // namespace

at::Tensor unitRows(const at::Tensor& v, const at::Tensor& g) {
    const bool own = v.is_cpu() && v.scalar_type() == at::kFloat && v.is_contiguous() && g.is_contiguous() &&
                     v.size(1) % kLanesOfAnyPath == 0;
    return own ? UnitRows::apply(v, g, isAutocastOn(at::kCPU)) : at::_weight_norm(v, g, 0);
}

}  // namespace dinoscope
