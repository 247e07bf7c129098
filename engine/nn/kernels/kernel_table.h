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

struct KernelTable {
    AttentionKernel attentionFloat;
    AttentionKernel attentionBf16;
    void (*logitsFloat)(const LogitsArgs&);
    void (*logitsBf16)(const LogitsArgs&);
    void (*softmaxRow)(float* row, std::int64_t count, float scale);
};

extern const KernelTable kPortableKernels;
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;
extern const KernelTable kAvx512Bf16Kernels;

const KernelTable& tableOf(CpuPath path);

}  // namespace dinoscope::kernels
