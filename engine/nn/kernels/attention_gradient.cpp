#include "engine/nn/kernels/attention_gradient.h"

#include "engine/base/parallel.h"
#include "engine/nn/kernels/kernel_table.h"
#include "engine/nn/kernels/scratch.h"

namespace dinoscope {

namespace {

template <class Number>
kernels::GradientArgs argsOf(const AttentionGradientData<Number>& data, const AttentionShape& shape,
                             std::int64_t item) {
    const std::int64_t dim = shape.heads * shape.headDim;
    const std::int64_t row = item / shape.heads * shape.tokens;
    const std::int64_t head = item % shape.heads;
    const std::int64_t column = head * shape.headDim;
    const Number* qkv = data.qkv + row * 3 * dim + column;
    Number* gradient = data.qkvGradient + row * 3 * dim + column;
    kernels::GradientArgs args{};
    args.queries = {qkv, 3 * dim};
    args.keys = {qkv + dim, 3 * dim};
    args.values = {qkv + 2 * dim, 3 * dim};
    args.out = {data.out + row * dim + column, dim};
    args.outGradient = {data.outGradient + row * dim + column, dim};
    args.logSums = data.logSums + row * shape.heads + head;
    args.logSumStride = shape.heads;
    args.tokens = shape.tokens;
    args.headDim = shape.headDim;
    args.queryGradient = gradient;
    args.keyGradient = gradient + dim;
    args.valueGradient = gradient + 2 * dim;
    args.gradientStride = 3 * dim;
    return args;
}

template <class Number>
void compute(const AttentionGradientData<Number>& data, const AttentionShape& shape, float scale,
             const kernels::AttentionKernel& kernel) {
    checkAttention(shape, scale);
    if (shape.tokens == 0) return;
    const std::int64_t bytes = 4 * kernel.gradientScratch(shape.tokens, shape.headDim);
    parallelFor(0, shape.batch * shape.heads, 1, [&](std::int64_t begin, std::int64_t end) {
        kernels::ScratchFloats scratch(bytes);
        for (std::int64_t item = begin; item < end; ++item) {
            kernels::GradientArgs args = argsOf(data, shape, item);
            args.scale = scale;
            args.scratch = scratch.data();
            kernel.gradient(args);
        }
    });
}

}  // namespace

void attentionGradient(const AttentionGradientData<float>& data, const AttentionShape& shape, float scale,
                       const kernels::KernelTable& table) {
    compute(data, shape, scale, table.attentionFloat);
}

void attentionGradient(const AttentionGradientData<std::uint16_t>& data, const AttentionShape& shape,
                       float scale, const kernels::KernelTable& table) {
    compute(data, shape, scale, table.attentionBf16);
}

}  // namespace dinoscope
