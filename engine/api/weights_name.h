#pragma once

#include <cstdint>
#include <string>

namespace dinoscope::api {

/// Weights that are no file: a seeded network, and the model that ships with the program.
inline constexpr const char* kUntrained = "untrained";
inline constexpr const char* kBundled = "bundled";

/// "untrained", or a name of the catalogue that no file of the working folder has.
bool isNamed(const std::string& weights);

/// The file that -w means: of a run its newest checkpoint, or the one at the end of `epoch` (from 1; 0 for
/// the newest); of a name in the catalogue its file, in the cache or beside the program; of a folder that
/// holds "model.safetensors" or its index, that, or else "pytorch_model.bin" or its. Anything else as it is.
/// Throws Error where a name is unknown or its file is not there, with what to fetch and where to put it.
std::string resolveWeights(const std::string& weights, std::int64_t epoch = 0);

/// What a person calls weights: a name as it is, of a file its own, with its folder's where every such file
/// has the same ("model.safetensors" -> "dino-vits16/model.safetensors"), of a run's checkpoint the run's
/// ("run/epoch0009.pth").
std::string shownWeights(const std::string& weights);

}  // namespace dinoscope::api
