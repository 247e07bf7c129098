#pragma once

#include <cstdint>

#include "engine/base/cpu_features.h"

// What one instruction set's file offers to the drivers. Plain structs and function pointers: nothing inline
// may leave those files, or the linker could keep the copy that the processor cannot run.

namespace dinoscope::kernels {

constexpr std::int64_t kMaxHeadDim = 128;
constexpr std::int64_t kQueriesPerBlock = 96;

/// One head's slice of qkv: rows of `headDim` numbers, `stride` numbers apart. float, or bfloat16 bits.
struct HeadRows {
    const void* first;
    std::int64_t stride;
};

/// Packs the keys and values [firstBlock, lastBlock) of one head. A block is `keysPerBlock` keys.
struct PackArgs {
    HeadRows keys;
    HeadRows values;
    std::int64_t tokens;
    std::int64_t headDim;
    std::int64_t firstBlock;
    std::int64_t lastBlock;
    float* packed;  // of the whole head, 64-byte aligned
};

/// Attends with up to kQueriesPerBlock queries of one head.
struct AttendArgs {
    HeadRows queries;  // the first query of the block
    std::int64_t queryCount;
    std::int64_t tokens;
    std::int64_t headDim;
    float scale;
    const float* packed;
    void* out;  // row of the first query
    std::int64_t outStride;
    float* logSums;  // of the first query, or null: log2 of the sum of 2^(log2(e) scale logit)
    std::int64_t logSumStride;
};

/// The gradient of one head of one sequence.
struct GradientArgs {
    HeadRows queries;
    HeadRows keys;
    HeadRows values;
    HeadRows out;          // what attend() gave
    HeadRows outGradient;  // of the loss by it
    const float* logSums;
    std::int64_t logSumStride;
    std::int64_t tokens;
    std::int64_t headDim;
    float scale;
    void* queryGradient;  // of the first token; rows are gradientStride apart
    void* keyGradient;
    void* valueGradient;
    std::int64_t gradientStride;
    float* scratch;  // 64-byte aligned
};

/// One element type of one instruction set.
struct AttentionKernel {
    std::int64_t keysPerBlock;
    std::int64_t bytesPerNumber;  // of packed keys and values
    void (*pack)(const PackArgs&);
    void (*attend)(const AttendArgs&);
    std::int64_t (*gradientScratch)(std::int64_t tokens, std::int64_t headDim);  // in floats
    void (*gradient)(const GradientArgs&);
};

/// out[row * outStride + key] = query . key.
struct LogitsArgs {
    HeadRows queries;
    std::int64_t rowCount;
    HeadRows keys;
    std::int64_t keyCount;
    std::int64_t headDim;
    float* out;
    std::int64_t outStride;
};

// Rows [first, last) of a matrix of `dim` numbers a row, a multiple of every path's lanes; where `rows` is
// given, row i of what a branch has is row rows[i] of the stream's.

/// Layer norm.
struct NormArgs {
    const float* x;  // the stream
    const std::int64_t* rows;
    std::int64_t first;
    std::int64_t last;
    std::int64_t dim;
    float epsilon;
    const float* weight;
    const float* bias;
    void* out;       // the branch's
    float* moments;  // [row of the branch][mean, 1 / deviation]
};

/// Its gradient, added to that of the stream; those of weight and bias are added to what is there.
struct NormGradientArgs {
    const float* x;
    const std::int64_t* rows;
    std::int64_t first;
    std::int64_t last;
    std::int64_t dim;
    const float* weight;
    const float* moments;
    const void* outGradient;
    const float* streamGradient;
    float* gradient;  // may be streamGradient
    float* weightGradient;
    float* biasGradient;
};

/// Adds a branch to the stream.
struct AddRowsArgs {
    const float* stream;
    const std::int64_t* rows;
    std::int64_t first;
    std::int64_t last;
    std::int64_t dim;
    const void* source;
    float scale;
    float* target;  // may be the stream
};

/// Takes rows of the stream for a branch.
struct TakeRowsArgs {
    const float* source;
    const std::int64_t* rows;
    std::int64_t first;
    std::int64_t last;
    std::int64_t dim;
    float scale;
    void* out;
};

/// out = scales source / |source|, a row at a time.
struct UnitRowsArgs {
    const float* source;
    std::int64_t first;
    std::int64_t last;
    std::int64_t dim;
    const float* scales;
    void* out;
};

/// The gradient of that.
struct UnitRowsGradientArgs {
    const float* source;
    std::int64_t first;
    std::int64_t last;
    std::int64_t dim;
    const float* scales;
    const void* outGradient;
    float* gradient;
    float* scaleGradient;
};

/// GELU of `count` numbers, a multiple of 16, or its gradient: out = gradient by x times outGradient.
struct GeluArgs {
    const void* x;
    const void* outGradient;  // null forward
    void* out;
    std::int64_t count;
};

/// One element type of a branch, or of what is made of rows.
struct RowKernel {
    void (*norm)(const NormArgs&);
    void (*normGradient)(const NormGradientArgs&);
    void (*add)(const AddRowsArgs&);
    void (*take)(const TakeRowsArgs&);
    void (*unit)(const UnitRowsArgs&);
    void (*unitGradient)(const UnitRowsGradientArgs&);
    void (*gelu)(const GeluArgs&);
    void (*geluGradient)(const GeluArgs&);
};

struct KernelTable {
    AttentionKernel attentionFloat;
    AttentionKernel attentionBf16;
    void (*logitsFloat)(const LogitsArgs&);
    void (*logitsBf16)(const LogitsArgs&);
    void (*softmaxRow)(float* row, std::int64_t count, float scale);
    RowKernel rowsFloat;
    RowKernel rowsBf16;
};

extern const KernelTable kPortableKernels;
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
extern const KernelTable kAvx512Bf16Kernels;
extern const KernelTable kAmxKernels;

const KernelTable& tableOf(CpuPath path);

}  // namespace dinoscope::kernels
