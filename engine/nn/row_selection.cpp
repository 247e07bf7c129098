#include "engine/nn/row_selection.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>

#include "engine/base/parallel.h"
#include "engine/nn/autocast.h"
#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Also the piece that sums of the norm's gradient are made of, so that they do not depend on the threads.
constexpr std::int64_t kRowsAtOnce = 64;
constexpr std::int64_t kLanesOfAnyPath = 16;

/// An autograd function takes no undefined tensor.
using OptionalRows = std::optional<at::Tensor>;

OptionalRows optional(const at::Tensor& rows) {
    return rows.defined() ? OptionalRows(rows) : std::nullopt;
}

bool isNarrow(const at::Tensor& tensor) {
    return tensor.scalar_type() == at::kBFloat16;
}

bool hasOwnKernel(const at::Tensor& x) {
    return x.is_cpu() && x.scalar_type() == at::kFloat && x.size(1) % kLanesOfAnyPath == 0;
}

const kernels::RowKernel& kernelOf(const at::Tensor& branch) {
    const kernels::KernelTable& table = kernels::tableOf(cpuPath());
    return isNarrow(branch) ? table.rowsBf16 : table.rowsFloat;
}

const std::int64_t* numbersOf(const at::Tensor& rows) {
    return rows.defined() ? rows.const_data_ptr<std::int64_t>() : nullptr;
}

/// target = stream, and scale * source on its rows.
void addRows(const at::Tensor& target, const at::Tensor& stream, const at::Tensor& rows,
             const at::Tensor& source, double scale) {
    kernels::AddRowsArgs args{};
    args.rows = numbersOf(rows);
    args.dim = stream.size(1);
    args.stream = stream.const_data_ptr<float>();
    args.source = source.const_data_ptr();
    args.scale = static_cast<float>(scale);
    args.target = target.data_ptr<float>();
    parallelFor(0, source.size(0), kRowsAtOnce, [&](std::int64_t first, std::int64_t last) {
        kernels::AddRowsArgs part = args;
        part.first = first;
        part.last = last;
        kernelOf(source).add(part);
    });
}

void takeRows(const at::Tensor& out, const at::Tensor& source, const at::Tensor& rows, double scale) {
    kernels::TakeRowsArgs args{};
    args.rows = numbersOf(rows);
    args.dim = source.size(1);
    args.source = source.const_data_ptr<float>();
    args.scale = static_cast<float>(scale);
    args.out = out.data_ptr();
    parallelFor(0, out.size(0), kRowsAtOnce, [&](std::int64_t first, std::int64_t last) {
        kernels::TakeRowsArgs part = args;
        part.first = first;
        part.last = last;
        kernelOf(out).take(part);
    });
}

class NormRows : public torch::autograd::Function<NormRows> {
public:
    static variable_list forward(AutogradContext* context, const at::Tensor& x, const OptionalRows& chosen,
                                 const at::Tensor& weight, const at::Tensor& bias, double epsilon,
                                 bool narrow) {
        const at::Tensor rows = chosen.value_or(at::Tensor());
        const std::int64_t count = rows.defined() ? rows.numel() : x.size(0);
        const at::ScalarType type = narrow ? at::kBFloat16 : at::kFloat;
        at::Tensor out = at::empty({count, x.size(1)}, x.options().dtype(type));
        const at::Tensor moments = at::empty({count, 2}, x.options());
        kernels::NormArgs args{};
        args.x = x.const_data_ptr<float>();
        args.rows = numbersOf(rows);
        args.dim = x.size(1);
        args.epsilon = static_cast<float>(epsilon);
        args.weight = weight.const_data_ptr<float>();
        args.bias = bias.const_data_ptr<float>();
        args.out = out.data_ptr();
        args.moments = moments.data_ptr<float>();
        parallelFor(0, count, kRowsAtOnce, [&](std::int64_t first, std::int64_t last) {
            kernels::NormArgs part = args;
            part.first = first;
            part.last = last;
            kernelOf(out).norm(part);
        });
        context->save_for_backward({x, rows, weight, moments});
        return {out, x};
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& x = saved[0];
        const at::Tensor& rows = saved[1];
        const std::int64_t dim = x.size(1);
        const at::Tensor change = outer[0].contiguous();
        const at::Tensor stream = outer[1].contiguous();
        at::Tensor gradient = rows.defined() ? stream.clone() : at::empty_like(stream);
        const std::int64_t pieces = (change.size(0) + kRowsAtOnce - 1) / kRowsAtOnce;
        const at::Tensor sums = at::zeros({2, pieces, dim}, x.options());
        kernels::NormGradientArgs args{};
        args.x = x.const_data_ptr<float>();
        args.rows = numbersOf(rows);
        args.dim = dim;
        args.weight = saved[2].const_data_ptr<float>();
        args.moments = saved[3].const_data_ptr<float>();
        args.outGradient = change.const_data_ptr();
        args.streamGradient = (rows.defined() ? gradient : stream).const_data_ptr<float>();
        args.gradient = gradient.data_ptr<float>();
        float* ofPieces = sums.data_ptr<float>();
        parallelFor(0, pieces, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t piece = begin; piece < end; ++piece) {
                kernels::NormGradientArgs part = args;
                part.first = piece * kRowsAtOnce;
                part.last = std::min(change.size(0), part.first + kRowsAtOnce);
                part.weightGradient = ofPieces + piece * dim;
                part.biasGradient = ofPieces + (pieces + piece) * dim;
                kernelOf(change).normGradient(part);
            }
        });
        const at::Tensor total = sums.sum(1);
        return {gradient, at::Tensor(), total[0], total[1], at::Tensor(), at::Tensor()};
    }
};

class AddToRows : public torch::autograd::Function<AddToRows> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const OptionalRows& chosen,
                              const at::Tensor& branch, double scale) {
        const at::Tensor rows = chosen.value_or(at::Tensor());
        context->save_for_backward({rows});
        context->saved_data["scale"] = scale;
        context->saved_data["type"] = branch.scalar_type();
        at::Tensor sum = rows.defined() ? x.clone(at::MemoryFormat::Contiguous) : at::empty_like(x);
        addRows(sum, rows.defined() ? sum : x, rows, branch.contiguous(), scale);
        return sum;
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        const at::Tensor rows = context->get_saved_variables()[0];
        const double scale = context->saved_data["scale"].toDouble();
        const at::ScalarType type = context->saved_data["type"].toScalarType();
        const at::Tensor change = outer[0].contiguous();
        const std::int64_t count = rows.defined() ? rows.numel() : change.size(0);
        at::Tensor branch = at::empty({count, change.size(1)}, change.options().dtype(type));
        takeRows(branch, change, rows, scale);
        return {outer[0], at::Tensor(), branch, at::Tensor()};
    }
};

}  // namespace

NormedRows normRows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& weight,
                    const at::Tensor& bias, double epsilon) {
    if (!hasOwnKernel(x)) {
        const at::Tensor chosen = rows.defined() ? x.index_select(0, rows) : x;
        return {at::layer_norm(chosen, {x.size(1)}, weight, bias, epsilon), x};
    }
    const bool narrow = isAutocastOn(at::kCPU);
    const variable_list both = NormRows::apply(x.contiguous(), optional(rows), weight, bias, epsilon, narrow);
    return {both[0], both[1]};
}

at::Tensor addToRows(const at::Tensor& x, const at::Tensor& rows, const at::Tensor& branch, double scale) {
    const bool known = branch.scalar_type() == at::kFloat || isNarrow(branch);
    if (hasOwnKernel(x) && known) return AddToRows::apply(x.contiguous(), optional(rows), branch, scale);
    const at::Tensor change = scale == 1 ? branch : branch * scale;
    return rows.defined() ? x.index_add(0, rows, change.to(x.scalar_type())) : x + change;
}

}  // namespace dinoscope
