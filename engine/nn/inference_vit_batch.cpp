#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "engine/base/error.h"
#include "engine/nn/inference_vit.h"
#include "engine/nn/position_embedding.h"

namespace dinoscope {

namespace {

/// [n, 3, rows * p, columns * p] -> [n * rows * columns, 3 * p * p], each row one patch.
at::Tensor patchesOf(const at::Tensor& images, std::int64_t p) {
    const std::int64_t n = images.size(0);
    const std::int64_t rows = images.size(2) / p;
    const std::int64_t columns = images.size(3) / p;
    return images.reshape({n, 3, rows, p, columns, p})
        .permute({0, 2, 4, 1, 3, 5})
        .reshape({n * rows * columns, 3 * p * p});
}

}  // namespace

std::vector<at::Tensor> InferenceVit::lastLayers(const at::Tensor& images, int layers, bool classOnly,
                                                 JobControl& control) const {
    if (layers < 1 || layers > config_.depth) {
        throw UsageError("the network has no last " + std::to_string(layers) + " layers", "--layers",
                         "give 1 to " + std::to_string(config_.depth));
    }
    const c10::InferenceMode guard;
    const std::int64_t batch = images.size(0);
    const auto finish = [&](const at::Tensor& x) {
        const at::Tensor tokens = x.view({batch, -1, config_.dim});
        const at::Tensor asked = classOnly ? tokens.slice(1, 0, 1).contiguous() : tokens;
        return at::layer_norm(asked, {config_.dim}, norm_.weight, norm_.bias, config_.layerNormEpsilon);
    };
    std::vector<at::Tensor> outputs;
    at::Tensor x = embedBatch(images);
    for (int i = 0; i + 1 < config_.depth; ++i) {
        runBlock(x, blocks_[std::size_t(i)], control, batch);
        if (i >= config_.depth - layers) outputs.push_back(finish(x));
    }
    control.poll();
    if (classOnly) {
        outputs.push_back(finish(classOfLastBlock(x, batch)));
    } else {
        runBlock(x, blocks_.back(), control, batch);
        outputs.push_back(finish(x));
    }
    return outputs;
}

at::Tensor InferenceVit::embedBatch(const at::Tensor& images) const {
    const std::int64_t n = images.size(0);
    const int rows = static_cast<int>(images.size(2)) / config_.patchSize;
    const int columns = static_cast<int>(images.size(3)) / config_.patchSize;
    const at::Tensor positions = interpolatePositions(positions_, rows, columns);  // [tokens, dim]
    const at::Tensor pixels = patchesOf(images.to(device_), config_.patchSize).to(precision_);
    const at::Tensor projected = patchProjection_(pixels).to(at::kFloat).view({n, rows * columns, config_.dim});
    at::Tensor x = at::empty({n, 1 + rows * columns, config_.dim}, positions.options());
    x.slice(1, 0, 1).copy_((classToken_ + positions.slice(0, 0, 1)).expand({n, 1, config_.dim}));
    at::Tensor patches = x.slice(1, 1);
    at::add_out(patches, projected, positions.slice(0, 1));
    return x.view({n * x.size(1), config_.dim});
}

/// Of the last block only what [CLS] becomes: [batch * tokens, dim] -> [batch, dim].
at::Tensor InferenceVit::classOfLastBlock(const at::Tensor& x, std::int64_t batch) const {
    const Block& block = blocks_.back();
    const std::int64_t tokens = x.size(0) / batch;
    const at::Tensor perHead = block.qkv(normalise(x, block.norm1))
                                   .view({batch, tokens, 3, config_.heads, config_.headDim()})
                                   .permute({2, 0, 3, 1, 4});  // [3, batch, heads, tokens, headDim]
    const at::Tensor mixed =
        at::scaled_dot_product_attention(perHead[0].slice(2, 0, 1), perHead[1], perHead[2])
            .reshape({batch, config_.dim});
    at::Tensor classes = x.view({batch, tokens, config_.dim}).select(1, 0) + block.projection(mixed);
    classes.add_(block.contract(block.expand(normalise(classes, block.norm2))));
    return classes;
}

}  // namespace dinoscope
