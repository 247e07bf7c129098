#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/runtime.h"
#include "engine/weights/unknown_heads.h"

namespace dinoscope {
class LiveTeacher;
}

namespace dinoscope::api {

/// Which weights, and what to assume where a file leaves a choice.
struct ModelSource {
    /// What resolveWeights() takes (engine/api/weights_name.h), "untrained" (a seeded network), or a run
    /// folder: its newest checkpoint, or, on the thread that trains it at this moment, its teacher as it is
    /// now.
    std::string weights = "untrained";
    std::string checkpointKey;  ///< empty: "teacher" where there is a choice
    std::string arch;           ///< "vit_tiny", "vit_small", "vit_base", "vit_large"; empty: as the file says
    int patchSize = 0;          ///< 0: as the file says, 16 for untrained
    int headsPerLayer = 0;      ///< 0: as the file or family says
    std::uint64_t seed = 0;     ///< of untrained

    bool operator==(const ModelSource&) const = default;
};

/// -w, --checkpoint-key, --epoch, --arch, --patch-size, --heads-per-layer.
const OptionSchema& modelOptions();
ModelSource modelSource(const OptionValues& options, std::uint64_t seed);

/// What `dino info` and the model panel tell.
struct ModelInfo {
    std::string file;
    std::string format;      ///< "torch zip", "torch legacy", "safetensors"; empty for untrained
    std::string family;      ///< "DINO", "untrained"
    std::string confidence;  ///< "certain", "likely"
    bool convolutional =
        false;  ///< a ResNet: no attention. Once loaded, its last map is one layer of one head
    std::string checkpointKey;  ///< what --checkpoint-key was taken to be, "" for the top of the file
    std::vector<std::string> checkpointKeys;  ///< what it may be
    std::string architecture;
    int patchSize = 0;
    int imageSize = 0;  ///< side of the square the position embedding was trained for, pixels; 0 for none
    int layers = 0;
    int heads = 0;
    int dim = 0;
    int registers = 0;
    int classes = 0;  ///< of the classifier beside the backbone, 0 for none
    std::int64_t parameters = 0;
    std::string dtype;
    std::optional<std::int64_t> epoch;
    std::string sha256;  ///< empty unless asked for
    std::int64_t keysUsed = 0;
    std::vector<std::string> keysUsedNames;  ///< "cls_token [1, 1, 384]", as the file calls them
    std::vector<std::string> keysMissing;
    std::vector<std::string> keysIgnored;     ///< rightly left out: "head.mlp.0.weight [2048, 384]"
    std::vector<std::string> keysUnexpected;  ///< for which loading is refused
    std::vector<std::pair<std::string, std::string>> trainingOptions;  ///< of a training checkpoint
    std::vector<std::string> others;  ///< what else lies at the top of the file: "optimizer"
    /// Of the catalogue's file of this name, or nothing where there is none, it holds another network, or its
    /// SHA-256 was found to be another.
    std::string catalogueName;
    std::string licence;
    std::string source;

    bool untrained() const { return family == "untrained"; }
};

/// Reads no tensor data, but for the hash and, of some families, a row. Throws UnknownHeads where `source`
/// must say the number of heads.
ModelInfo inspectModel(const ModelSource& source, bool withSha256, JobControl& control);

/// The document of `dino info --json`.
std::string toJson(const ModelInfo& info);

/// A network ready to compute on one device in one precision. Immutable once loaded; shared between views.
class Model {
public:
    /// Loads weights: polls between tensors. Throws Error with the file's name; UnknownHeads where `source`
    /// must say the number of heads.
    static std::shared_ptr<const Model> load(const ModelSource& source, const Placement& placement,
                                             JobControl& control);
    ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const ModelSource& source() const;
    const ModelInfo& info() const;
    const Placement& placement() const;
    std::int64_t bytes() const;  ///< memory that the weights hold

    /// Times this machine for estimateCost(), which is a rough guess before; some 50 ms. Each forward pass
    /// corrects it further.
    void calibrate() const;

    class Impl;
    const Impl& impl() const { return *impl_; }

private:
    explicit Model(std::unique_ptr<Impl> impl);
    static std::shared_ptr<const Model> fromLive(const ModelSource& source, const Placement& placement,
                                                 const LiveTeacher& teacher);
    std::unique_ptr<Impl> impl_;
};

}  // namespace dinoscope::api
