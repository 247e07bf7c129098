#pragma once

#include <filesystem>
#include <optional>

namespace dinoscope::api {

/// Keeps the teacher of a run as it is at this moment, for what must load the same weights again later:
/// writes its backbone into the run's folder, where no pruning of checkpoints takes it, and returns the file
/// ("teachers/epoch0012-step000345.safetensors"). One that holds these very weights already serves as well.
/// Nothing where this thread does not train the run now. Call between its micro-batches, from an interactive
/// job; the time is that of writing the weights. Throws Error where they cannot be written.
std::optional<std::filesystem::path> keepTeacher(const std::filesystem::path& run);

}  // namespace dinoscope::api
