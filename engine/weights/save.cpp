#include "engine/weights/save.h"

#include <ATen/ATen.h>

#include <cstdio>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/error.h"
#include "engine/weights/safetensors_file.h"
#include "engine/weights/shard_index.h"

namespace dinoscope {

ElementType elementTypeOf(at::ScalarType type) {
    switch (type) {
        case at::kFloat:
            return ElementType::F32;
        case at::kHalf:
            return ElementType::F16;
        case at::kBFloat16:
            return ElementType::BF16;
        case at::kLong:
            return ElementType::I64;
        case at::kByte:
            return ElementType::U8;
        default:
            throw Error("a tensor is of a type that is not written");
    }
}

TorchValue tensorValue(const at::Tensor& tensor) {
    TorchTensor value;
    value.type = elementTypeOf(tensor.scalar_type());
    value.sizes = tensor.sizes().vec();
    auto onHost = std::make_shared<at::Tensor>();
    value.fetch = [tensor, onHost] {
        *onHost = tensor.detach().to(at::kCPU).contiguous();
        return std::span(static_cast<const std::byte*>(onHost->data_ptr()), onHost->nbytes());
    };
    return value;
}

void saveBackbone(const std::filesystem::path& file, const StateDict& weights) {
    TorchValue::Entries entries;
    for (const auto& [name, tensor] : weights)
        entries.emplace_back(name, tensorValue(tensor));
    writeTorchFile(file, TorchValue::orderedDict(std::move(entries)));
}

void saveSafetensors(const std::filesystem::path& file, const StateDict& weights,
                     std::map<std::string, std::string> metadata) {
    std::vector<at::Tensor> onHost;
    std::vector<SafetensorsItem> items;
    for (const auto& [name, tensor] : weights) {
        const at::Tensor& kept = onHost.emplace_back(tensor.detach().to(at::kCPU).contiguous());
        items.push_back({name, elementTypeOf(kept.scalar_type()), kept.sizes().vec(),
                         std::span(static_cast<const std::byte*>(kept.data_ptr()), kept.nbytes())});
    }
    metadata["format"] = "pt";  // transformers asks for it
    writeSafetensors(file, items, metadata);
}

std::filesystem::path saveSafetensorsShards(const std::filesystem::path& file, const StateDict& weights,
                                            const std::map<std::string, std::string>& metadata,
                                            std::size_t mostBytes) {
    std::vector<StateDict> shards(1);
    std::size_t filled = 0;
    std::size_t all = 0;
    for (const auto& [name, tensor] : weights) {
        if (filled + tensor.nbytes() > mostBytes && !shards.back().empty()) {
            shards.emplace_back();
            filled = 0;
        }
        shards.back().emplace(name, tensor);
        filled += tensor.nbytes();
        all += tensor.nbytes();
    }
    if (shards.size() == 1) {
        saveSafetensors(file, weights, metadata);
        return file;
    }
    std::map<std::string, std::string> places;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        char ending[48];
        std::snprintf(ending, sizeof ending, "-%05zu-of-%05zu.safetensors", i + 1, shards.size());
        const std::string name = file.stem().string() + ending;
        saveSafetensors(file.parent_path() / name, shards[i], metadata);
        for (const auto& [tensor, value] : shards[i])
            places.emplace(tensor, name);
    }
    const std::filesystem::path index =
        file.parent_path() / (file.stem().string() + ".safetensors.index.json");
    writeShardIndex(index, places, all);
    return index;
}

}  // namespace dinoscope
