#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <filesystem>

#include "engine/base/job.h"
#include "engine/nn/state_dict.h"
#include "engine/weights/inspector.h"

namespace dinoscope {

/// A network's weights and what is known of them.
struct Backbone {
    Inspection inspection;
    VitConfig config;      ///< of a ViT
    StateDict weights;     ///< in reference names, in the file's own dtype, on the CPU
    StateDict classifier;  ///< "head.weight" [classes, dim], "head.bias", where the file has one
};

/// Loads the backbone of a checkpoint, all of it or none: a missing, unexpected or wrongly shaped tensor is
/// an Error that lists them. Nothing is copied where the file aligns its data: such tensors are views of the
/// mapped file, which they keep open, and their memory cannot be written (clone before changing in place).
/// Tensors that a file splits (queries, keys and values) are put together. Polls between tensors.
Backbone loadBackbone(const std::filesystem::path& path, const LoadOptions& options, JobControl& control);

/// The tensor that a view shows, in memory of its own.
at::Tensor copyOf(const TensorView& view);

/// One tensor of a checkpoint on the same terms.
at::Tensor loadTensor(const Checkpoint& checkpoint, const TensorGroup& group, std::size_t index);

}  // namespace dinoscope
