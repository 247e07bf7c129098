#include "engine/nn/kernels/attention_rows.h"

#include <algorithm>
#include <string>

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kKeysPerPiece = 512;

void check(const RowsShape& shape, float scale) {
    if (shape.heads < 0 || shape.rows < 0 || shape.tokens < 0) {
        throw Error("attention cannot have a negative size", "attentionRows", "report this as a bug");
    }
    if (shape.headDim <= 0 || shape.headDim % 16 != 0) {
        throw Error("heads of " + std::to_string(shape.headDim) + " dimensions are not supported",
                    "attentionRows", "use a head size that is a multiple of 16");
    }
    if (!(scale > 0))
        throw Error("the attention's scale is not positive", "attentionRows", "report this as a bug");
}

template <class Number>
kernels::HeadRows rowsOf(const RowsOperand<Number>& operand, std::int64_t head, std::int64_t row) {
    return {operand.data + head * operand.headStride + row * operand.rowStride, operand.rowStride};
}

template <class Number>
void compute(const RowsOperand<Number>& queries, const RowsOperand<Number>& keys, float* out,
             const RowsShape& shape, float scale, const kernels::KernelTable& table,
             void (*logits)(const kernels::LogitsArgs&)) {
    check(shape, scale);
    const std::int64_t pieces = (shape.tokens + kKeysPerPiece - 1) / kKeysPerPiece;
    // Neighbouring items read the same rows of a strided qkv: heads run fastest.
    parallelFor(0, pieces * shape.heads, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t head = i % shape.heads;
            const std::int64_t key = i / shape.heads * kKeysPerPiece;
            logits({rowsOf(queries, head, 0), shape.rows, rowsOf(keys, head, key),
                    std::min(kKeysPerPiece, shape.tokens - key), shape.headDim,
                    out + head * shape.rows * shape.tokens + key, shape.tokens});
        }
    });
    parallelFor(0, shape.heads * shape.rows, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
            table.softmaxRow(out + i * shape.tokens, shape.tokens, scale);
    });
}

}  // namespace

void attentionRows(const RowsOperand<float>& queries, const RowsOperand<float>& keys, float* out,
                   const RowsShape& shape, float scale, const kernels::KernelTable& table) {
    compute(queries, keys, out, shape, scale, table, table.logitsFloat);
}

void attentionRows(const RowsOperand<std::uint16_t>& queries, const RowsOperand<std::uint16_t>& keys,
                   float* out, const RowsShape& shape, float scale, const kernels::KernelTable& table) {
    compute(queries, keys, out, shape, scale, table, table.logitsBf16);
}

void attentionRows(const RowsOperand<float>& queries, const RowsOperand<float>& keys, float* out,
                   const RowsShape& shape, float scale, CpuPath path) {
    attentionRows(queries, keys, out, shape, scale, kernels::tableOf(path));
}

void attentionRows(const RowsOperand<std::uint16_t>& queries, const RowsOperand<std::uint16_t>& keys,
                   float* out, const RowsShape& shape, float scale, CpuPath path) {
    attentionRows(queries, keys, out, shape, scale, kernels::tableOf(path));
}

}  // namespace dinoscope
