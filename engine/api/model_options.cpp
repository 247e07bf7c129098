#include "engine/api/model_options.h"

#include "engine/api/weights_name.h"
#include "engine/base/error.h"

namespace dinoscope::api {

namespace {

constexpr int kUntrainedPatchSize = 16;

}  // namespace

const OptionSchema& modelOptions() {
    static const OptionSchema schema{
        {.key = "weights",
         .type = OptionType::Path,
         .defaultValue = std::string(kBundled),
         .label = "Weights",
         .help = "a checkpoint file, a run, a name of `dino info --list`, or untrained for a seeded network "
                 "without training",
         .shortName = 'w',
         .aliases = {"pretrained-weights"}},
        {.key = "checkpoint-key",
         .type = OptionType::Text,
         .defaultValue = std::string(),
         .label = "Checkpoint key",
         .help = "which network of a file to take: teacher, student, base_encoder, momentum_encoder, …; the "
                 "first "
                 "of these where there is a choice",
         .level = OptionLevel::Expert},
        {.key = "epoch",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t{0},
         .minimum = 0,
         .label = "Epoch",
         .help = "of a run: the checkpoint at the end of this epoch; 0 for the newest",
         .level = OptionLevel::Expert},
        {.key = "arch",
         .type = OptionType::Text,
         .defaultValue = std::string(),
         .label = "Architecture",
         .help = "vit_tiny, vit_small, vit_base or vit_large for untrained; for a file, what it must be",
         .level = OptionLevel::Expert},
        {.key = "patch-size",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(0),
         .minimum = 0,
         .maximum = 224,
         .unit = "px",
         .label = "Patch size",
         .help = "side of a patch, where the file cannot tell; 0 for the file's own, 16 for untrained",
         .level = OptionLevel::Expert},
        {.key = "heads-per-layer",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(0),
         .minimum = 0,
         .maximum = 128,
         .label = "Heads per layer",
         .help = "attention heads, where the file cannot tell; 0 for the architecture's own",
         .level = OptionLevel::Expert},
    };
    return schema;
}

ModelSource modelSource(const OptionValues& options, std::uint64_t seed) {
    ModelSource source;
    source.weights = options.text("weights");
    const std::string file = resolveWeights(source.weights, options.integer("epoch"));
    // A name stays one: it is shorter, and holds wherever the program is.
    if (!isNamed(source.weights)) source.weights = file;
    source.checkpointKey = options.text("checkpoint-key");
    source.arch = options.text("arch");
    source.patchSize = static_cast<int>(options.integer("patch-size"));
    source.headsPerLayer = static_cast<int>(options.integer("heads-per-layer"));
    source.seed = seed;
    if (source.weights == kUntrained && (source.headsPerLayer > 0 || !source.checkpointKey.empty())) {
        throw UsageError("it is for weights of a file, and no file is read for untrained",
                         source.headsPerLayer > 0 ? "--heads-per-layer" : "--checkpoint-key", "leave it out");
    }
    return source;
}

LoadOptions loadOptions(const ModelSource& source) {
    LoadOptions options;
    options.checkpointKey = source.checkpointKey;
    options.arch = source.arch;
    options.patchSize = source.patchSize;
    options.headsPerLayer = source.headsPerLayer;
    return options;
}

VitConfig untrainedConfig(const ModelSource& source) {
    return VitConfig::byName(source.arch.empty() ? "vit_small" : source.arch,
                             source.patchSize > 0 ? source.patchSize : kUntrainedPatchSize);
}

}  // namespace dinoscope::api
