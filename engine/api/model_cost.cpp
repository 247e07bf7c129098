// What a forward pass costs: a guess by operations, corrected by what is measured.
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/api/model_impl.h"
#include "engine/nn/linear_layer.h"
#include "engine/nn/resnet_shapes.h"

namespace dinoscope::api {

namespace {

constexpr std::int64_t kPieceTokens = 2048;  ///< as InferenceVit's

/// Operations of ResNet-50 for each pixel of its last map: 4.1 G multiply-adds over the 7 x 7 of 224 x 224
/// pixels.
constexpr double kResNetWork = 2 * 4.1e9 / 49;
/// Numbers alive at its widest place, the first stage, for each pixel of its last map: four maps of 256
/// channels (input, shortcut, sum and what the convolution arranges for itself) at a quarter of the input's
/// side, and the input.
constexpr std::int64_t kResNetActivations =
    (4 * 256 / 16 + 3) * std::int64_t{kResNet50Stride} * kResNet50Stride;

/// Seconds a call of `work` takes: the least of three, after one to warm up.
template <typename Work>
double timeOf(const Work& work) {
    double best = 1e9;
    work();
    for (int i = 0; i < 3; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        best =
            std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

/// Operations of the linear layers and of attention over one block, n tokens.
double linearWork(const VitConfig& config, double tokens) {
    return 2 * tokens * config.dim * (4.0 * config.dim + 2.0 * config.mlpDim);
}

double attentionWork(const VitConfig& config, double tokens) {
    return 4 * tokens * tokens * config.dim;
}

}  // namespace

void Model::Impl::calibrate() const {
    constexpr std::int64_t kTokens = 512;
    if (isConvolutional()) return;
    const c10::InferenceMode guard;
    const VitConfig& config = vit().config();
    const at::TensorOptions options = at::TensorOptions(vit().device()).dtype(vit().precision());
    const LinearLayer layer(at::full({config.mlpDim, config.dim}, 0.01, options), {});
    const at::Tensor x = at::ones({kTokens, config.dim}, options);
    linearRate_ = 2.0 * kTokens * config.dim * config.mlpDim / timeOf([&] { layer(x); });
    const at::Tensor qkv = at::ones({kTokens, 3 * config.dim}, options);
    attentionRate_ = attentionWork(config, kTokens) / timeOf([&] { vit().selfAttention(qkv); });
    correction_ = 1;
    calibrated_ = true;
}

double Model::Impl::predictSeconds(std::int64_t tokens, int layer) const {
    if (isConvolutional()) {
        return correction_.load() * kResNetWork * static_cast<double>(tokens) / linearRate_;
    }
    const VitConfig& config = vit().config();
    const double n = static_cast<double>(tokens);
    const double blocks = layer;
    const double projection = 2 * n * config.dim * 3 * config.dim;
    return correction_.load() * ((blocks * linearWork(config, n) + projection) / linearRate_ +
                                 blocks * attentionWork(config, n) / attentionRate_);
}

std::int64_t Model::Impl::predictBytes(std::int64_t tokens) const {
    const std::int64_t wide = placement.precision == Precision::Bf16 ? 2 : 4;
    if (isConvolutional()) return tokens * kResNetActivations * wide;
    const VitConfig& config = vit().config();
    const std::int64_t row = tokens * config.dim;
    const std::int64_t residual = 4 * row;
    const std::int64_t attention = 4 * row * wide + vit().attentionScratch(tokens);
    const std::int64_t kept = 8 * row;  // queries and keys of the asked layer
    const std::int64_t piece = std::min(tokens, kPieceTokens) * (config.mlpDim + 2 * config.dim) * wide;
    return residual + std::max(attention, kept) + piece;
}

void Model::Impl::learn(std::int64_t tokens, int layer, double seconds) const {
    provenBytes_ = std::max(provenBytes_.load(), predictBytes(tokens));
    // A short pass (a small image, the first layer) is mostly what the prediction leaves out: resizing,
    // embedding.
    constexpr double kTelling = 0.05;
    const double correction = correction_.load();
    const double uncorrected = predictSeconds(tokens, layer) / correction;
    if (uncorrected <= kTelling) return;
    const double found = seconds / uncorrected;
    if (!calibrated_) {
        correction_ = found;
        return;
    }
    // Half of what one pass says, within bounds: another program may have had the processor meanwhile, and
    // what is measured is never far from the calibration for long.
    constexpr double kLeast = 0.5;
    constexpr double kMost = 3;
    correction_ = std::clamp(std::sqrt(correction * found), kLeast, kMost);
}

}  // namespace dinoscope::api
