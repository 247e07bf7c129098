#include "engine/weights/load.h"

#include <torch/torch.h>

#include <cstring>

#include "engine/weights/printable.h"

namespace dinoscope {

namespace {

at::ScalarType scalarType(ElementType type) {
    switch (type) {
        case ElementType::Float64:
            return at::kDouble;
        case ElementType::Float32:
            return at::kFloat;
        case ElementType::Float16:
            return at::kHalf;
        case ElementType::BFloat16:
            return at::kBFloat16;
        case ElementType::Float8E4M3:
            return at::kFloat8_e4m3fn;
        case ElementType::Float8E5M2:
            return at::kFloat8_e5m2;
        case ElementType::Int64:
            return at::kLong;
        case ElementType::Int32:
            return at::kInt;
        case ElementType::Int16:
            return at::kShort;
        case ElementType::Int8:
            return at::kChar;
        case ElementType::UInt64:
            return at::kUInt64;
        case ElementType::UInt32:
            return at::kUInt32;
        case ElementType::UInt16:
            return at::kUInt16;
        case ElementType::UInt8:
            return at::kByte;
        case ElementType::Bool:
            return at::kBool;
        case ElementType::Complex64:
            return at::kComplexFloat;
        case ElementType::Complex128:
            return at::kComplexDouble;
        case ElementType::Unknown:
            break;
    }
    throw Error("a tensor is of a type that is not read");
}

}  // namespace

at::Tensor loadTensor(const Checkpoint& checkpoint, const TensorGroup& group, std::size_t index) {
    const TensorView view = checkpoint.view(group, index);
    const at::TensorOptions options = at::TensorOptions().dtype(scalarType(view.type));
    const bool aligned = reinterpret_cast<std::uintptr_t>(view.bytes.data()) % elementSize(view.type) == 0;
    if (aligned && checkpoint.mapping() && !view.bytes.empty()) {
        return at::from_blob(
            const_cast<std::byte*>(view.bytes.data()), view.sizes, view.strides,
            [mapping = checkpoint.mapping()](void*) {}, options);
    }
    const auto reached = static_cast<std::int64_t>(view.bytes.size() / elementSize(view.type));
    const at::Tensor storage = at::empty({reached}, options);
    if (reached > 0) std::memcpy(storage.data_ptr(), view.bytes.data(), view.bytes.size());
    return storage.as_strided(view.sizes, view.strides);
}

LoadedBackbone loadBackbone(const std::filesystem::path& path, const WeightsChoice& choice) {
    const Checkpoint checkpoint(path);
    LoadedBackbone loaded{inspect(checkpoint, choice), {}};
    if (const auto error = refusal(loaded.info)) throw *error;
    const TensorGroup& group = *checkpoint.group(loaded.info.checkpointKey);
    for (const CheckpointInfo::Source& source : loaded.info.used) {
        at::Tensor tensor = loadTensor(checkpoint, group, source.index);
        if (!tensor.is_floating_point()) {
            throw Error(
                "tensor " + printable(group.tensors[source.index].name) + " holds no floating-point numbers",
                path.string(), "choose a checkpoint that was not quantised");
        }
        loaded.tensors.emplace_back(source.name, std::move(tensor));
    }
    return loaded;
}

}  // namespace dinoscope
