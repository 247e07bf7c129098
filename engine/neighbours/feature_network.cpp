#include "engine/neighbours/feature_network.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/nn/resnet_shapes.h"

namespace dinoscope {

namespace {

constexpr double kGemPower = 3;
constexpr double kGemLeast = 1e-6;
constexpr std::size_t kTokensOnCpu = 2048;
constexpr std::size_t kTokensOnCard = 1 << 16;
constexpr int kResNetCell = 16;  // px: where a ResNet's work and memory count as a token's

/// Radenović et al. 2018, equation 3, over `dims`.
at::Tensor generalisedMean(const at::Tensor& values, at::IntArrayRef dims) {
    return values.clamp_min(kGemLeast).pow(kGemPower).mean(dims).pow(1 / kGemPower);
}

at::Tensor vitFeatures(const InferenceVit& vit, const at::Tensor& images, FeatureKind kind, int layers,
                       bool average, JobControl& control) {
    if (kind == FeatureKind::Class) {
        return vit.lastLayers(images, 1, true, control).front().select(1, 0);
    }
    const bool concat = kind == FeatureKind::Concat;
    const bool classOnly = concat && !average;
    const std::vector<at::Tensor> outputs = vit.lastLayers(images, concat ? layers : 1, classOnly, control);
    const at::Tensor patches = outputs.back().slice(1, vit.config().prefixTokens());
    if (!concat) return generalisedMean(patches, {1});
    std::vector<at::Tensor> parts;
    for (const at::Tensor& output : outputs)
        parts.push_back(output.select(1, 0));
    if (average) parts.push_back(patches.mean(1));
    return at::cat(parts, 1);
}

at::Tensor resnetFeatures(const InferenceResNet& resnet, const at::Tensor& images, FeatureKind kind,
                          JobControl& control) {
    if (kind == FeatureKind::Class) return resnet.features(images, control);
    return generalisedMean(resnet.lastMap(images, control), {2, 3});
}

}  // namespace

at::Device FeatureNetwork::device() const {
    return vit_ ? vit_->device() : resnet_->device();
}

int FeatureNetwork::stride() const {
    return vit_ ? vit_->config().patchSize : kResNet50Stride;
}

std::size_t FeatureNetwork::batchOf(int width, int height) const {
    const int cell = vit_ ? stride() : kResNetCell;
    const std::size_t tokens =
        1 + static_cast<std::size_t>(width / cell) * static_cast<std::size_t>(height / cell);
    return std::max<std::size_t>(1, (device().is_cpu() ? kTokensOnCpu : kTokensOnCard) / tokens);
}

void FeatureNetwork::check(FeatureKind kind, int layers) const {
    if (kind != FeatureKind::Concat) return;
    if (!vit_) {
        throw UsageError("a convolutional network has no layers with [CLS] to join", "--features concat",
                         "choose cls, the mean of its last map, or gem");
    }
    if (layers > vit_->config().depth) {
        throw UsageError("the network has no " + std::to_string(layers) + " layers", "--layers",
                         "give at most " + std::to_string(vit_->config().depth));
    }
}

int FeatureNetwork::dim(FeatureKind kind, int layers) const {
    if (!vit_) return kResNet50Dim;
    return kind == FeatureKind::Concat ? (layers + 1) * vit_->config().dim : vit_->config().dim;
}

at::Tensor FeatureNetwork::features(const at::Tensor& images, FeatureKind kind, int layers, bool average,
                                    JobControl& control) const {
    return start(images, kind, layers, average, control).get();
}

PendingRows FeatureNetwork::start(const at::Tensor& images, FeatureKind kind, int layers, bool average,
                                  JobControl& control) const {
    check(kind, layers);
    const c10::InferenceMode guard;
    JobControl blocks(control);  // whose progress counts images
    const at::Tensor rows = vit_ ? vitFeatures(*vit_, images, kind, layers, average, blocks)
                                 : resnetFeatures(*resnet_, images, kind, blocks);
    return PendingRows(rows);
}

}  // namespace dinoscope
