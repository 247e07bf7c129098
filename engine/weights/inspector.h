#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/nn/vit_config.h"
#include "engine/weights/checkpoint.h"

namespace dinoscope {

/// What to assume where a file leaves a choice. Zero and empty mean: as the file says.
struct LoadOptions {
    std::string checkpointKey;  ///< "teacher" or "student"; empty: the teacher where there are both
    std::string arch;           ///< as architectureName(); refused where the file says otherwise
    int patchSize = 0;          ///< the same
    int headsPerLayer = 0;
};

/// What a checkpoint is, read off names and shapes: no tensor data is touched.
struct Inspection {
    /// A tensor of the backbone and where it lies.
    struct Source {
        std::string name;       ///< in reference names
        std::size_t index = 0;  ///< in the group's tensors
    };

    std::string file;
    std::string format;         ///< as Checkpoint::format()
    std::string family;         ///< "DINO"
    std::string confidence;     ///< "certain", or "likely" where other families' files look the same
    std::string checkpointKey;  ///< where the weights were found: "teacher", "student", or "" for the top
    std::vector<std::string> checkpointKeys;  ///< all such keys the file has

    std::string architecture;
    int patchSize = 0;
    int imageSize = 0;
    int layers = 0;
    int heads = 0;
    int dim = 0;
    int registers = 0;
    VitConfig config;             ///< the same, as the network is built from it
    std::int64_t parameters = 0;  ///< of the backbone
    std::string dtype;            ///< "float32"; "mixed" where tensors differ
    std::optional<std::int64_t> epoch;
    std::vector<std::pair<std::string, std::string>> trainingOptions;
    std::vector<std::string> others;  ///< what else is at the file's top: "optimizer", "student"

    std::int64_t keysUsed = 0;
    std::vector<Source> sources;  ///< the tensors used
    /// "norm.weight", or "norm.weight (it is [3] instead of [384])".
    std::vector<std::string> keysMissing;
    /// "head.mlp.0.weight [2048, 384]": belongs to such a file, but not to the backbone.
    std::vector<std::string> keysIgnored;
    /// "blocks.0.extra [384]": nothing that such a file should hold.
    std::vector<std::string> keysUnexpected;
};

/// Recognises a checkpoint. Throws Error where it is of a family that cannot be read (naming it) or of none,
/// and where `options` contradict it. Keys that are missing or unexpected are listed, not thrown.
Inspection inspect(const Checkpoint& checkpoint, const LoadOptions& options = {});
Inspection inspect(const std::filesystem::path& file, const LoadOptions& options = {});

/// Why these weights cannot be loaded, with the names of what is missing or unexpected; nothing if they can.
std::optional<Error> refusal(const Inspection& inspection);

}  // namespace dinoscope
