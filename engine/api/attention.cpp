#include "engine/api/attention.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/api/model_impl.h"
#include "engine/explore/preprocess.h"
#include "engine/nn/kernels/attention_rows.h"

namespace dinoscope::api {

namespace {

std::string gigabytes(std::int64_t bytes) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f GB", static_cast<double>(bytes) / 1e9);
    return text.data();
}

}  // namespace

int resolveLayer(int layer, int depth) {
    const int resolved = layer < 0 ? depth + layer : layer;
    if (resolved < 0 || resolved >= depth) {
        throw UsageError("there is no layer " + std::to_string(layer), "--layer",
                         "give " + std::to_string(-depth) + " to " + std::to_string(depth - 1));
    }
    return resolved;
}

void requireRegister(int number, int registers) {
    if (number >= 0 && number < registers) return;
    throw UsageError("this network has " + std::to_string(registers) + " registers", "--query",
                     registers > 0 ? "give register0 to register" + std::to_string(registers - 1)
                                   : "give cls, or x,y in pixels as 120,80");
}

Cost estimateCost(const Model& model, const InputGeometry& geometry, int layer) {
    const std::int64_t tokens = model.impl().tokens(geometry.patches());
    return {model.impl().predictSeconds(tokens, resolveLayer(layer, model.info().layers)),
            model.impl().predictBytes(tokens)};
}

void requireMemory(const Model& model, const InputGeometry& geometry) {
    const std::int64_t bytes = model.impl().predictBytes(model.impl().tokens(geometry.patches()));
    // What did fit before fits again: allocators keep some of it, which then does not count as free.
    if (bytes <= model.impl().provenBytes()) return;
    const std::int64_t free = describeDevice(model.placement().device).freeMemory;
    if (free <= 0 || bytes <= free) return;
    throw Error("an input of " + std::to_string(geometry.inputWidth) + " x " +
                    std::to_string(geometry.inputHeight) + " pixels needs about " + gigabytes(bytes) +
                    " of memory, and " + gigabytes(free) + " are free",
                {}, "choose a smaller --size, or give it as width x height");
}

class AttentionField::Impl {
public:
    InputGeometry geometry;
    int layer = 0;
    int heads = 0;
    int headDim = 0;
    int prefix = 0;  ///< tokens before the first patch
    double seconds = 0;
    QueriesAndKeys tensors;
    at::Tensor energy;  ///< [rows, columns] of a convolutional network, which has the rest not
};

AttentionField::AttentionField(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AttentionField::~AttentionField() = default;

std::shared_ptr<const AttentionField> AttentionField::compute(const Model& model, const Image& image,
                                                              const InputSize& size, int layer,
                                                              JobControl& control) {
    const auto start = std::chrono::steady_clock::now();
    const Model::Impl& network = model.impl();
    auto impl = std::make_unique<Impl>();
    impl->geometry = planInput(image.width, image.height, size, model.info().patchSize);
    impl->layer = resolveLayer(layer, model.info().layers);
    impl->heads = model.info().heads;
    requireMemory(model, impl->geometry);
    const at::Tensor input = prepareInput(image, impl->geometry);
    if (network.isConvolutional()) {
        impl->energy = activationEnergy(network.resnet().lastMap(input, control));
    } else {
        impl->headDim = network.vit().config().headDim();
        impl->prefix = network.vit().config().prefixTokens();
        impl->tensors = network.vit().queriesAndKeys(input, impl->layer, control);
    }
    impl->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    network.learn(network.tokens(impl->geometry.patches()), impl->layer, impl->seconds);
    return std::shared_ptr<const AttentionField>(new AttentionField(std::move(impl)));
}

const InputGeometry& AttentionField::geometry() const {
    return impl_->geometry;
}
int AttentionField::layer() const {
    return impl_->layer;
}
int AttentionField::heads() const {
    return impl_->heads;
}
double AttentionField::seconds() const {
    return impl_->seconds;
}

int AttentionField::registers() const {
    return std::max(impl_->prefix - 1, 0);
}
bool AttentionField::isEnergy() const {
    return impl_->energy.defined();
}

std::int64_t AttentionField::bytes() const {
    if (isEnergy()) return std::int64_t(impl_->geometry.patches()) * std::int64_t(sizeof(float));
    return 2 * std::int64_t(impl_->heads) * (impl_->geometry.patches() + impl_->prefix) * impl_->headDim *
           std::int64_t(sizeof(float));
}

AttentionMap AttentionField::map(const Query& query) const {
    const Impl& field = *impl_;
    AttentionMap map{field.heads, field.geometry.rows, field.geometry.columns, {}, {}};
    if (isEnergy()) {
        const float* values = field.energy.const_data_ptr<float>();
        map.values.assign(values, values + field.energy.numel());
        return map;
    }
    const std::int64_t tokens = field.geometry.patches() + field.prefix;
    std::int64_t token = 0;
    if (query.patch) {
        const auto [row, column] = *query.patch;
        if (row < 0 || row >= field.geometry.rows || column < 0 || column >= field.geometry.columns) {
            throw Error("there is no patch in row " + std::to_string(row) + ", column " +
                        std::to_string(column));
        }
        token = field.prefix + std::int64_t(row) * field.geometry.columns + column;
    } else if (query.registerToken) {
        requireRegister(*query.registerToken, registers());
        token = 1 + *query.registerToken;
    }
    const std::int64_t headStride = tokens * field.headDim;
    const RowsOperand<float> asked{field.tensors.queries.const_data_ptr<float>() + token * field.headDim,
                                   headStride, field.headDim};
    const RowsOperand<float> keys{field.tensors.keys.const_data_ptr<float>(), headStride, field.headDim};
    std::vector<float> rows(std::size_t(field.heads * tokens));
    attentionRows(asked, keys, rows.data(), {field.heads, 1, tokens, field.headDim},
                  1 / std::sqrt(static_cast<float>(field.headDim)));
    map.values.reserve(std::size_t(field.heads * field.geometry.patches()));
    for (int head = 0; head < field.heads; ++head) {
        const auto first = rows.begin() + head * tokens;
        map.values.insert(map.values.end(), first + field.prefix, first + tokens);
        map.registers.insert(map.registers.end(), first + 1, first + field.prefix);
    }
    return map;
}

}  // namespace dinoscope::api
