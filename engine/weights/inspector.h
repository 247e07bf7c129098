#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/weights/backbone_shape.h"
#include "engine/weights/checkpoint.h"

namespace dinoscope {

/// What to assume where a file leaves a choice. Zero and empty mean: as the file says.
struct WeightsChoice {
    std::string checkpointKey;  ///< "teacher" or "student"; empty: the teacher where there are both
    std::string arch;           ///< as architectureName(); refused where the file says otherwise
    int patchSize = 0;          ///< the same
    int headsPerLayer = 0;
};

/// What a checkpoint is, read off names and shapes: no tensor data is touched.
struct CheckpointInfo {
    /// One tensor of the backbone and where it lies.
    struct Source {
        std::string name;       ///< in reference names
        std::size_t index = 0;  ///< in the group's tensors
    };

    std::string file;
    std::string format;         ///< as Checkpoint::format()
    std::string family;         ///< "DINO"
    std::string confidence;     ///< "certain", or "likely" where other families' files look the same
    std::string checkpointKey;  ///< where the weights were found: "teacher", "student" or "" for the top
    std::vector<std::string> checkpointKeys;  ///< all of those the file has

    std::string architecture;
    BackboneShape shape;
    int registers = 0;
    std::int64_t parameters = 0;  ///< of the backbone
    std::string dtype;            ///< "float32"; "mixed" where tensors differ
    std::optional<std::int64_t> epoch;
    std::vector<std::pair<std::string, std::string>> options;  ///< of a training checkpoint
    std::vector<std::string> others;                           ///< what else is at the file's top

    std::vector<Source> used;          ///< in the reference's order
    std::vector<std::string> missing;  ///< expected and not there
    std::vector<std::string> misfit;  ///< "norm.weight [3] instead of [384]", or why the network cannot exist
    std::vector<std::string>
        unexpected;  ///< "blocks.0.extra [384]": neither used nor known to be superfluous
    std::vector<std::string>
        ignored;  ///< "head.mlp.0.weight [2048, 384]": belongs to the file, not the backbone
};

/// Recognises a checkpoint. Throws Error where it is of a family that cannot be read (naming it) or of none,
/// and where `choice` contradicts it. What is missing or does not fit is listed, not thrown.
CheckpointInfo inspect(const Checkpoint& checkpoint, const WeightsChoice& choice = {});

/// Why the weights cannot be loaded, with the names that are missing or do not fit; nothing if they can.
std::optional<Error> refusal(const CheckpointInfo& info);

}  // namespace dinoscope
