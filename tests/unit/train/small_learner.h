#pragma once

#include <memory>

#include "engine/nn/vision_transformer.h"
#include "engine/train/learner.h"
#include "tests/unit/golden.h"

namespace dinoscope {

/// The network of tests/golden/ssl/make_ssl.py: 32 dimensions, 3 blocks, 24 prototypes.
inline DinoObjective::Options smallObjective() {
    DinoObjective::Options options;
    options.loss.crops = 5;
    options.head.inDim = 32;
    options.head.hiddenDim = 48;
    options.head.bottleneckDim = 16;
    options.head.outDim = 24;
    options.dropPathRate = 0;
    options.depth = 3;
    return options;
}

inline std::shared_ptr<BackboneNet> smallBackbone() {
    return VisionTransformer(goldenVitConfig(), 3).ptr();
}

inline std::shared_ptr<DinoObjective> makeSmallObjective(
    const DinoObjective::Options& options = smallObjective()) {
    return std::make_shared<DinoObjective>(smallBackbone, options, 5, at::kCPU);
}

/// Two global views of 32 px and three local ones of 16 px a sample, drawn from `seed`.
inline MicroBatch randomBatch(std::int64_t images, std::uint64_t seed) {
    MicroBatch batch;
    batch.groups = {at::empty({2 * images, 3, 32, 32}), at::empty({3 * images, 3, 16, 16})};
    for (std::size_t g = 0; g < 2; ++g)
        fillNormal(batch.groups[g], 2 * seed + g, 1);
    for (std::int64_t i = 0; i < images; ++i)
        batch.images.push_back(i);
    return batch;
}

/// Some images of every view.
inline MicroBatch part(const MicroBatch& whole, std::int64_t first, std::int64_t count) {
    const auto images = static_cast<std::int64_t>(whole.images.size());
    MicroBatch found;
    for (const at::Tensor& group : whole.groups) {
        const at::Tensor views = group.view({-1, images, 3, group.size(2), group.size(3)});
        found.groups.push_back(views.narrow(1, first, count).reshape({-1, 3, group.size(2), group.size(3)}));
    }
    found.images.assign(whole.images.begin() + first, whole.images.begin() + first + count);
    if (whole.labels.defined()) found.labels = whole.labels.narrow(0, first, count);
    return found;
}

}  // namespace dinoscope
