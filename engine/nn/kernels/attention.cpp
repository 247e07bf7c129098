#include "engine/nn/kernels/attention.h"

#include <algorithm>
#include <string>

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/nn/kernels/kernel_table.h"
#include "engine/nn/kernels/scratch.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kScratchBytes = std::int64_t{32} << 20;
constexpr std::int64_t kBlocksOfShortHeads = 4;

std::int64_t bytesPerHead(const AttentionShape& shape, const kernels::AttentionKernel& kernel) {
    const std::int64_t blocks = (shape.tokens + kernel.keysPerBlock - 1) / kernel.keysPerBlock;
    return blocks * kernel.keysPerBlock * shape.headDim * 2 * kernel.bytesPerNumber;
}

std::int64_t headsAtOnce(const AttentionShape& shape, std::int64_t perHead) {
    return std::clamp<std::int64_t>(kScratchBytes / std::max<std::int64_t>(1, perHead), 1,
                                    std::max<std::int64_t>(1, shape.batch * shape.heads));
}

// One call: packs the keys and values of a group of heads, attends with all their queries, goes on.
template <class Number>
class AttentionCall {
public:
    AttentionCall(const Number* qkv, Number* out, const AttentionShape& shape, float scale,
                  const kernels::AttentionKernel& kernel, float* logSums)
        : qkv_(qkv),
          out_(out),
          logSums_(logSums),
          shape_(shape),
          scale_(scale),
          kernel_(kernel),
          keyBlocks_((shape.tokens + kernel.keysPerBlock - 1) / kernel.keysPerBlock),
          queryBlocks_((shape.tokens + kernels::kQueriesPerBlock - 1) / kernels::kQueriesPerBlock),
          perHead_(bytesPerHead(shape, kernel)),
          group_(headsAtOnce(shape, perHead_)) {}

    void run() {
        if (keyBlocks_ <= kBlocksOfShortHeads && shape_.batch > 1) {
            runShort();
        } else {
            runLong();
        }
    }

private:
    /// A thread takes whole heads: what it packs is still in its cache when it attends.
    void runShort() {
        parallelFor(0, shape_.batch * shape_.heads, 1, [&](std::int64_t begin, std::int64_t end) {
            kernels::ScratchFloats scratch(perHead_);
            for (std::int64_t head = begin; head < end; ++head) {
                for (std::int64_t block = 0; block < keyBlocks_; ++block)
                    pack(head, block, scratch.data());
                for (std::int64_t block = 0; block < queryBlocks_; ++block)
                    attend(head, block, scratch.data());
            }
        });
    }

    /// Threads share the work of a head.
    void runLong() {
        kernels::ScratchFloats scratch(group_ * perHead_);
        const auto packedHead = [&](std::int64_t slot) { return scratch.data() + slot * perHead_ / 4; };
        const std::int64_t all = shape_.batch * shape_.heads;
        for (std::int64_t first = 0; first < all; first += group_) {
            const std::int64_t heads = std::min(group_, all - first);
            parallelFor(0, heads * keyBlocks_, 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    pack(first + i / keyBlocks_, i % keyBlocks_, packedHead(i / keyBlocks_));
            });
            parallelFor(0, heads * queryBlocks_, 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    attend(first + i / queryBlocks_, i % queryBlocks_, packedHead(i / queryBlocks_));
            });
        }
    }

    std::int64_t dim() const { return shape_.heads * shape_.headDim; }

    // Rows of queries (0), keys (1) or values (2) of one head, heads of all images counted through.
    kernels::HeadRows rows(std::int64_t head, int which, std::int64_t token) const {
        const std::int64_t image = head / shape_.heads;
        const std::int64_t column = which * dim() + head % shape_.heads * shape_.headDim;
        return {qkv_ + (image * shape_.tokens + token) * 3 * dim() + column, 3 * dim()};
    }

    void pack(std::int64_t head, std::int64_t block, float* packed) const {
        kernel_.pack(
            {rows(head, 1, 0), rows(head, 2, 0), shape_.tokens, shape_.headDim, block, block + 1, packed});
    }

    void attend(std::int64_t head, std::int64_t block, const float* packed) const {
        const std::int64_t token = block * kernels::kQueriesPerBlock;
        const std::int64_t count = std::min(kernels::kQueriesPerBlock, shape_.tokens - token);
        Number* out = out_ + (head / shape_.heads * shape_.tokens + token) * dim() +
                      head % shape_.heads * shape_.headDim;
        const std::int64_t row = head / shape_.heads * shape_.tokens + token;
        float* sums = logSums_ ? logSums_ + row * shape_.heads + head % shape_.heads : nullptr;
        kernel_.attend({rows(head, 0, token), count, shape_.tokens, shape_.headDim, scale_, packed, out,
                        dim(), sums, shape_.heads});
    }

    const Number* qkv_;
    Number* out_;
    float* logSums_;
    const AttentionShape shape_;
    const float scale_;
    const kernels::AttentionKernel& kernel_;
    const std::int64_t keyBlocks_;
    const std::int64_t queryBlocks_;
    const std::int64_t perHead_;
    const std::int64_t group_;
};

template <class Number>
void attend(const Number* qkv, Number* out, const AttentionShape& shape, float scale,
            const kernels::AttentionKernel& kernel, float* logSums) {
    checkAttention(shape, scale);
    if (shape.batch * shape.heads * shape.tokens == 0) return;
    AttentionCall<Number>(qkv, out, shape, scale, kernel, logSums).run();
}

}  // namespace

void checkAttention(const AttentionShape& shape, float scale) {
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

static_assert(attentionSupported(kernels::kMaxHeadDim) && !attentionSupported(kernels::kMaxHeadDim + 16));

void attention(const float* qkv, float* out, const AttentionShape& shape, float scale,
               const kernels::KernelTable& table, float* logSums) {
    attend(qkv, out, shape, scale, table.attentionFloat, logSums);
}

void attention(const std::uint16_t* qkv, std::uint16_t* out, const AttentionShape& shape, float scale,
               const kernels::KernelTable& table, float* logSums) {
    attend(qkv, out, shape, scale, table.attentionBf16, logSums);
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
