#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "engine/weights/inspector.h"

namespace dinoscope {

/// The tensors of a backbone.
struct LoadedBackbone {
    CheckpointInfo info;
    /// In reference names and order, in the file's own dtype, on the CPU.
    std::vector<std::pair<std::string, at::Tensor>> tensors;
};

/// Loads the backbone of a checkpoint, all of it or none: a missing, unexpected or wrongly shaped tensor is
/// an Error that lists them. Nothing is copied where the file aligns its data: such tensors are views of the
/// mapped file, which they keep open, and their memory cannot be written (clone before changing in place).
LoadedBackbone loadBackbone(const std::filesystem::path& path, const WeightsChoice& choice = {});

/// One tensor of a checkpoint on the same terms.
at::Tensor loadTensor(const Checkpoint& checkpoint, const TensorGroup& group, std::size_t index);

}  // namespace dinoscope
