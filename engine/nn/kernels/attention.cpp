#include "engine/nn/kernels/attention.h"

#include <algorithm>
#include <new>
#include <string>

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/nn/kernels/kernel_table.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kScratchBytes = std::int64_t{32} << 20;

void check(const AttentionShape& shape, float scale) {
    if (shape.batch < 0 || shape.tokens < 0 || shape.heads < 0) {
        throw Error("attention cannot have a negative size", "attention", "report this as a bug");
    }
    if (!attentionSupported(shape.headDim)) {
        throw Error("heads of " + std::to_string(shape.headDim) + " dimensions are not supported",
                    "attention", "use a head size that is a multiple of 16, up to 128");
    }
    if (!(scale > 0))
        throw Error("the attention's scale is not positive", "attention", "report this as a bug");
}

std::int64_t bytesPerHead(const AttentionShape& shape, const kernels::AttentionKernel& kernel) {
    const std::int64_t blocks = (shape.tokens + kernel.keysPerBlock - 1) / kernel.keysPerBlock;
    return blocks * kernel.keysPerBlock * shape.headDim * 2 * kernel.bytesPerNumber;
}

std::int64_t headsAtOnce(const AttentionShape& shape, std::int64_t perHead) {
    return std::clamp<std::int64_t>(kScratchBytes / std::max<std::int64_t>(1, perHead), 1,
                                    std::max<std::int64_t>(1, shape.batch * shape.heads));
}

// 64-byte aligned floats, not initialised.
class Scratch {
public:
    explicit Scratch(std::int64_t bytes)
        : data_(static_cast<float*>(::operator new(static_cast<std::size_t>(bytes), kAlignment))) {}
    ~Scratch() { ::operator delete(data_, kAlignment); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    float* data() { return data_; }

private:
    static constexpr std::align_val_t kAlignment{64};
    float* data_;
};

// One call: packs the keys and values of a group of heads, attends with all their queries, goes on.
template <class Number>
class AttentionCall {
public:
    AttentionCall(const Number* qkv, Number* out, const AttentionShape& shape, float scale,
                  const kernels::AttentionKernel& kernel)
        : qkv_(qkv),
          out_(out),
          shape_(shape),
          scale_(scale),
          kernel_(kernel),
          keyBlocks_((shape.tokens + kernel.keysPerBlock - 1) / kernel.keysPerBlock),
          queryBlocks_((shape.tokens + kernels::kQueriesPerBlock - 1) / kernels::kQueriesPerBlock),
          perHead_(bytesPerHead(shape, kernel)),
          group_(headsAtOnce(shape, perHead_)),
          scratch_(group_ * perHead_) {}

    void run() {
        const std::int64_t all = shape_.batch * shape_.heads;
        for (std::int64_t first = 0; first < all; first += group_) {
            const std::int64_t heads = std::min(group_, all - first);
            parallelFor(0, heads * keyBlocks_, 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    pack(first, i / keyBlocks_, i % keyBlocks_);
            });
            parallelFor(0, heads * queryBlocks_, 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    attend(first, i / queryBlocks_, i % queryBlocks_);
            });
        }
    }

private:
    std::int64_t dim() const { return shape_.heads * shape_.headDim; }

    // Rows of queries (0), keys (1) or values (2) of one head, heads of all images counted through.
    kernels::HeadRows rows(std::int64_t head, int which, std::int64_t token) const {
        const std::int64_t image = head / shape_.heads;
        const std::int64_t column = which * dim() + head % shape_.heads * shape_.headDim;
        return {qkv_ + (image * shape_.tokens + token) * 3 * dim() + column, 3 * dim()};
    }

    float* packedHead(std::int64_t slot) { return scratch_.data() + slot * perHead_ / 4; }

    void pack(std::int64_t first, std::int64_t slot, std::int64_t block) {
        kernel_.pack({rows(first + slot, 1, 0), rows(first + slot, 2, 0), shape_.tokens, shape_.headDim,
                      block, block + 1, packedHead(slot)});
    }

    void attend(std::int64_t first, std::int64_t slot, std::int64_t block) {
        const std::int64_t head = first + slot;
        const std::int64_t token = block * kernels::kQueriesPerBlock;
        const std::int64_t count = std::min(kernels::kQueriesPerBlock, shape_.tokens - token);
        Number* out = out_ + (head / shape_.heads * shape_.tokens + token) * dim() +
                      head % shape_.heads * shape_.headDim;
        kernel_.attend({rows(head, 0, token), count, shape_.tokens, shape_.headDim, scale_, packedHead(slot),
                        out, dim()});
    }

    const Number* qkv_;
    Number* out_;
    const AttentionShape shape_;
    const float scale_;
    const kernels::AttentionKernel& kernel_;
    const std::int64_t keyBlocks_;
    const std::int64_t queryBlocks_;
    const std::int64_t perHead_;
    const std::int64_t group_;
    Scratch scratch_;
};

template <class Number>
void attend(const Number* qkv, Number* out, const AttentionShape& shape, float scale,
            const kernels::AttentionKernel& kernel) {
    check(shape, scale);
    if (shape.batch * shape.heads * shape.tokens == 0) return;
    AttentionCall<Number>(qkv, out, shape, scale, kernel).run();
}

}  // namespace

bool attentionSupported(std::int64_t headDim) {
    return headDim >= 16 && headDim <= kernels::kMaxHeadDim && headDim % 16 == 0;
}

void attention(const float* qkv, float* out, const AttentionShape& shape, float scale,
               const kernels::KernelTable& table) {
    attend(qkv, out, shape, scale, table.attentionFloat);
}

void attention(const std::uint16_t* qkv, std::uint16_t* out, const AttentionShape& shape, float scale,
               const kernels::KernelTable& table) {
    attend(qkv, out, shape, scale, table.attentionBf16);
}

void attention(const float* qkv, float* out, const AttentionShape& shape, float scale, CpuPath path) {
    attention(qkv, out, shape, scale, kernels::tableOf(path));
}

void attention(const std::uint16_t* qkv, std::uint16_t* out, const AttentionShape& shape, float scale,
               CpuPath path) {
    attention(qkv, out, shape, scale, kernels::tableOf(path));
}

std::int64_t attentionScratchBytes(const AttentionShape& shape) {
    const std::int64_t perHead = bytesPerHead(shape, kernels::kPortableKernels.attentionFloat);
    return headsAtOnce(shape, perHead) * perHead;
}

}  // namespace dinoscope
