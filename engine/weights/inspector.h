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
#include "engine/weights/families.h"
#include "engine/weights/unknown_heads.h"

namespace dinoscope {

/// What to assume where a file leaves a choice. Zero and empty mean: as the file says.
struct LoadOptions {
    /// "teacher", "student", "base_encoder", "momentum_encoder", …; empty: the first of these that the file
    /// has.
    std::string checkpointKey;
    std::string arch;   ///< as architectureName(); refused where the file says otherwise
    int patchSize = 0;  ///< the same
    int headsPerLayer = 0;
};

/// What a checkpoint is, read off names and shapes. Of tensor data one row of positions is looked at, where
/// only that tells a family.
struct Inspection {
    /// A tensor of the backbone and where it lies.
    struct Source {
        std::string name;  ///< in reference names
        /// In the group's tensors; several lie below each other in the reference's one. Nothing where the
        /// file leaves a part out that is zero.
        std::vector<std::optional<std::size_t>> parts;
        std::vector<std::int64_t> shape;  ///< of the whole
    };

    std::string file;
    std::string format;  ///< as Checkpoint::format()
    std::string family;  ///< "DINO"
    Network network = Network::VisionTransformer;
    std::string confidence;     ///< "certain", or "likely" where other families' files look the same
    std::string checkpointKey;  ///< where the weights were found: "teacher", "student", or "" for the top
    std::string group;          ///< the key itself, where checkpointKey names an encoder below it
    std::vector<std::string> checkpointKeys;  ///< all that --checkpoint-key can choose

    std::string architecture;
    int patchSize = 0;
    int imageSize = 0;
    int layers = 0;
    int heads = 0;
    int dim = 0;
    int registers = 0;
    int classes = 0;              ///< of the classifier that lies beside the backbone, 0 for none
    VitConfig config;             ///< the same, as the network is built from it; of a ViT
    std::int64_t parameters = 0;  ///< of the backbone
    std::string dtype;            ///< "float32"; "mixed" where tensors differ
    std::optional<std::int64_t> epoch;
    std::vector<std::pair<std::string, std::string>> trainingOptions;
    std::vector<std::string> others;  ///< what else is at the file's top: "optimizer", "student"

    std::int64_t keysUsed = 0;
    std::vector<Source> sources;             ///< the tensors used
    std::vector<Source> classifier;          ///< "head.weight" and "head.bias", used as well
    std::vector<std::string> keysUsedNames;  ///< as the file calls them, with their shapes
    /// "norm.weight", or "norm.weight (it is [3] instead of [384])".
    std::vector<std::string> keysMissing;
    /// Those of the missing ones that are there, but not as dense tensors: "norm.weight (it is a numpy
    /// array)".
    std::vector<std::string> keysUnread;
    /// "head.mlp.0.weight [2048, 384]": belongs to such a file, but not to the backbone.
    std::vector<std::string> keysIgnored;
    /// "blocks.0.extra [384]": nothing that such a file should hold.
    std::vector<std::string> keysUnexpected;
};

/// Recognises a checkpoint. Throws Error where it is of a family that cannot be read (naming it) or of none,
/// and where `options` contradict it; UnknownHeads where the file does not tell the number of heads.
/// What transformers' config.json beside the file says is heeded. Keys that are missing or unexpected are
/// listed, not thrown.
Inspection inspect(const Checkpoint& checkpoint, const LoadOptions& options = {});
Inspection inspect(const std::filesystem::path& file, const LoadOptions& options = {});

/// "vit_small/16", "resnet50": what the catalogue says of its entries.
std::string networkName(const Inspection& inspection);

/// Why these weights cannot be loaded, with the names of what is missing or unexpected; nothing if they can.
std::optional<Error> refusal(const Inspection& inspection);

}  // namespace dinoscope
