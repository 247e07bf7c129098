#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

#include "engine/nn/state_dict.h"
#include "engine/weights/element_type.h"
#include "engine/weights/pickle_writer.h"

namespace dinoscope {

/// Throws Error for a type that no weights file holds.
ElementType elementTypeOf(at::ScalarType type);

/// A tensor for writeTorchFile(), fetched from its device when its turn comes.
TorchValue tensorValue(const at::Tensor& tensor);

/// A backbone alone, as facebookresearch/dino publishes them: torch.save of a state dict in reference names.
void saveBackbone(const std::filesystem::path& file, const StateDict& weights);

/// The same as safetensors, with `metadata`.
void saveSafetensors(const std::filesystem::path& file, const StateDict& weights,
                     std::map<std::string, std::string> metadata = {});

/// The same in shards whose tensors take at most `mostBytes`, where one tensor alone does not take more:
/// "x-00001-of-00003.safetensors", … and the index "x.safetensors.index.json" for a `file` "x.safetensors".
/// Weights that fit one are written to `file` itself. Returns what a reader opens. The index comes last, so
/// that an interrupted call leaves none that lacks a shard.
std::filesystem::path saveSafetensorsShards(const std::filesystem::path& file, const StateDict& weights,
                                            const std::map<std::string, std::string>& metadata,
                                            std::size_t mostBytes);

}  // namespace dinoscope
