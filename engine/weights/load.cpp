#include "engine/weights/load.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>

#include "engine/base/printable.h"
#include "engine/weights/assign_keys.h"

namespace dinoscope {

namespace {

at::ScalarType scalarType(ElementType type) {
    switch (type) {
        case ElementType::F64:
            return at::kDouble;
        case ElementType::F32:
            return at::kFloat;
        case ElementType::F16:
            return at::kHalf;
        case ElementType::BF16:
            return at::kBFloat16;
        case ElementType::F8E4M3:
            return at::kFloat8_e4m3fn;
        case ElementType::F8E5M2:
            return at::kFloat8_e5m2;
        case ElementType::I64:
            return at::kLong;
        case ElementType::I32:
            return at::kInt;
        case ElementType::I16:
            return at::kShort;
        case ElementType::I8:
            return at::kChar;
        case ElementType::U64:
            return at::kUInt64;
        case ElementType::U32:
            return at::kUInt32;
        case ElementType::U16:
            return at::kUInt16;
        case ElementType::U8:
            return at::kByte;
        case ElementType::Bool:
            return at::kBool;
        case ElementType::C64:
            return at::kComplexFloat;
        case ElementType::C128:
            return at::kComplexDouble;
        case ElementType::Unknown:
            break;
    }
    throw Error("a tensor is of a type that is not read");
}

}  // namespace

at::Tensor copyOf(const TensorView& view) {
    const auto reached = static_cast<std::int64_t>(view.bytes.size() / elementSize(view.type));
    const at::Tensor storage = at::empty({reached}, at::TensorOptions().dtype(scalarType(view.type)));
    if (reached > 0) std::memcpy(storage.data_ptr(), view.bytes.data(), view.bytes.size());
    return storage.as_strided(view.sizes, view.strides);
}

at::Tensor loadTensor(const Checkpoint& checkpoint, const TensorGroup& group, std::size_t index) {
    const TensorView view = checkpoint.view(group, index);
    const at::TensorOptions options = at::TensorOptions().dtype(scalarType(view.type));
    const bool aligned = reinterpret_cast<std::uintptr_t>(view.bytes.data()) % elementSize(view.type) == 0;
    const auto& mapping = checkpoint.mapping(group, index);
    if (aligned && mapping && !view.bytes.empty()) {
        return at::from_blob(
            const_cast<std::byte*>(view.bytes.data()), view.sizes, view.strides, [mapping](void*) {},
            options);
    }
    return copyOf(view);
}

namespace {

/// One part as it is, several below each other; a part that the file leaves out is zero.
at::Tensor assemble(const Checkpoint& checkpoint, const TensorGroup& group,
                    const Inspection::Source& source) {
    if (source.parts.size() == 1) return loadTensor(checkpoint, group, *source.parts[0]);
    std::vector<at::Tensor> parts;
    for (const std::optional<std::size_t>& part : source.parts) {
        parts.push_back(part ? loadTensor(checkpoint, group, *part) : at::Tensor());
    }
    const at::Tensor like = parts[0];
    for (at::Tensor& part : parts) {
        if (!part.defined()) part = at::zeros_like(like);
        if (part.scalar_type() != like.scalar_type()) part = part.to(like.scalar_type());
    }
    return at::cat(parts);
}

void requireFiniteNumbers(const at::Tensor& tensor, const std::string& name, const std::string& file) {
    if (!tensor.is_floating_point()) {
        throw Error("tensor " + printable(name) + " holds no floating-point numbers", file,
                    "choose a checkpoint that was not quantised");
    }
    // One sum meets every value, and what is not a number stays in it.
    if (!std::isfinite(tensor.to(at::kFloat).sum().item<float>())) {
        throw Error("tensor " + printable(name) + " holds values that are infinite or not numbers", file,
                    "choose a checkpoint from before the training went astray");
    }
}

/// A ResNet of an old file has no counters of batches; nothing that is computed here asks for them.
void addCounters(StateDict& weights) {
    std::vector<std::string> norms;
    for (const auto& [name, tensor] : weights) {
        if (name.ends_with(".running_mean")) norms.push_back(name.substr(0, name.rfind('.')));
    }
    for (const std::string& norm : norms)
        weights.try_emplace(norm + ".num_batches_tracked", at::zeros({}, at::kLong));
}

}  // namespace

Backbone loadBackbone(const std::filesystem::path& path, const LoadOptions& options, JobControl& control) {
    const Checkpoint checkpoint(path);
    Backbone backbone{inspect(checkpoint, options), {}, {}, {}};
    if (const auto error = refusal(backbone.inspection)) throw *error;
    backbone.config = backbone.inspection.config;
    const TensorGroup& group = *checkpoint.group(backbone.inspection.group);
    const auto load = [&](const std::vector<Inspection::Source>& sources, StateDict& into) {
        for (const Inspection::Source& source : sources) {
            control.poll();
            at::Tensor tensor = assemble(checkpoint, group, source);
            if (!isBatchCounter(source.name)) {
                const std::size_t first = source.parts[0].value_or(0);
                requireFiniteNumbers(tensor, group.tensors[first].name, path.string());
            }
            into.emplace(source.name, std::move(tensor));
        }
    };
    load(backbone.inspection.sources, backbone.weights);
    load(backbone.inspection.classifier, backbone.classifier);
    checkpoint.requireWhole();
    if (backbone.inspection.network == Network::ResNet50) addCounters(backbone.weights);
    return backbone;
}

}  // namespace dinoscope
