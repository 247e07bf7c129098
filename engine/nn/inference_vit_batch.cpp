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
    Embedded embedded = embed(images);
    const at::Tensor& x = embedded.tokens;
    for (int i = 0; i + 1 < config_.depth; ++i) {
        runBlock(embedded, blocks_[std::size_t(i)], control, batch);
        if (i >= config_.depth - layers) outputs.push_back(finish(x));
    }
    control.poll();
    if (classOnly) {
        outputs.push_back(finish(classOfLastBlock(embedded, batch)));
    } else {
        runBlock(embedded, blocks_.back(), control, batch);
        outputs.push_back(finish(x));
    }
    return outputs;
}

InferenceVit::Embedded InferenceVit::embed(const at::Tensor& images) const {
    const std::int64_t n = images.size(0);
    const int rows = static_cast<int>(images.size(2)) / config_.patchSize;
    const int columns = static_cast<int>(images.size(3)) / config_.patchSize;
    const at::Tensor pixels = patchesOf(images.to(device_), config_.patchSize).to(precision_);
    const at::Tensor projected =
        patchProjection_(pixels).to(at::kFloat).view({n, std::int64_t(rows) * columns, config_.dim});
    at::Tensor prefix = classToken_;
    at::Tensor positions;  // of the patches, [patches, dim]
    RotaryTable rotation;
    if (periods_.defined()) {
        rotation = rotaryTable(periods_, rows, columns);
    } else {
        const int before = config_.prefixPositions();
        const at::Tensor all = interpolatePositions(positions_, rows, columns, config_.positions, before);
        if (before > 0) prefix = prefix + all.slice(0, 0, before);
        positions = all.slice(0, before);
    }
    if (registers_.defined()) prefix = at::cat({prefix, registers_});
    const std::int64_t first = prefix.size(0);
    at::Tensor x = at::empty({n, first + projected.size(1), config_.dim}, projected.options());
    x.slice(1, 0, first).copy_(prefix.expand({n, first, config_.dim}));
    at::Tensor patches = x.slice(1, first);
    if (positions.defined()) {
        at::add_out(patches, projected, positions);
    } else {
        patches.copy_(projected);
    }
    return {x.view({n * x.size(1), config_.dim}), rotation};
}

/// Queries and keys of the patches, in place; nothing where positions are learnt.
void InferenceVit::rotatePatches(at::Tensor qkv, const RotaryTable& rotation, std::int64_t batch) const {
    if (!periods_.defined()) return;
    const at::Tensor perHead = qkv.view({batch, -1, 3, config_.heads, config_.headDim()});
    for (int part = 0; part < 2; ++part)
        rotate(perHead.slice(1, config_.prefixTokens()).select(2, part), rotation);
}

/// Of the last block only what [CLS] becomes: [batch * tokens, dim] -> [batch, dim].
at::Tensor InferenceVit::classOfLastBlock(const Embedded& embedded, std::int64_t batch) const {
    const at::Tensor& x = embedded.tokens;
    const Block& block = blocks_.back();
    const std::int64_t tokens = x.size(0) / batch;
    const at::Tensor qkv = block.qkv(normalise(x, block.norm1));
    rotatePatches(qkv, embedded.rotation, batch);
    const at::Tensor perHead = qkv.view({batch, tokens, 3, config_.heads, config_.headDim()})
                                   .permute({2, 0, 3, 1, 4});  // [3, batch, heads, tokens, headDim]
    const at::Tensor mixed =
        at::scaled_dot_product_attention(perHead[0].slice(2, 0, 1), perHead[1], perHead[2])
            .reshape({batch, config_.dim});
    at::Tensor classes = x.view({batch, tokens, config_.dim}).select(1, 0) + block.projection(mixed);
    classes.add_(block.contract(hiddenLayer(normalise(classes, block.norm2), block)));
    return classes;
}

}  // namespace dinoscope
