#include "engine/api/model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/api/model_impl.h"
#include "engine/api/placement.h"
#include "engine/api/weights_name.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/neighbours/features.h"
#include "engine/nn/resnet_shapes.h"
#include "engine/train/live_teacher.h"
#include "engine/train/memory_plan.h"
#include "engine/weights/catalogue.h"
#include "engine/weights/load.h"

namespace dinoscope::api {

namespace {

constexpr int kUntrainedPatchSize = 16;
constexpr std::int64_t kPieceTokens = 2048;  ///< as InferenceVit's

VitConfig untrainedConfig(const ModelSource& source) {
    return VitConfig::byName(source.arch.empty() ? "vit_small" : source.arch,
                             source.patchSize > 0 ? source.patchSize : kUntrainedPatchSize);
}

std::int64_t countParameters(const VitConfig& config) {
    std::int64_t count = 0;
    for (const auto& [key, shape] : expectedShapes(config)) {
        std::int64_t size = 1;
        for (const std::int64_t side : shape)
            size *= side;
        count += size;
    }
    return count;
}

ModelInfo infoOf(const VitConfig& config) {
    ModelInfo info;
    info.patchSize = config.patchSize;
    info.imageSize = config.imageSize;
    info.layers = config.depth;
    info.heads = config.heads;
    info.dim = config.dim;
    info.parameters = countParameters(config);
    info.dtype = "float32";
    info.keysUsed = static_cast<std::int64_t>(expectedShapes(config).size());
    return info;
}

ModelInfo untrainedInfo(const ModelSource& source) {
    ModelInfo info = infoOf(untrainedConfig(source));
    info.file = kUntrained;
    info.family = kUntrained;
    info.confidence = "certain";
    info.architecture = source.arch.empty() ? "vit_small" : source.arch;
    return info;
}

ModelInfo liveInfo(const ModelSource& source, const LiveTeacher& teacher) {
    ModelInfo info;
    if (teacher.isConvolutional()) {
        info.architecture = "resnet50";
        info.convolutional = true;
        info.dtype = "float32";
    } else {
        info = infoOf(teacher.config());
        for (const char* name : {"vit_tiny", "vit_small", "vit_base", "vit_large"}) {
            const VitConfig named = VitConfig::byName(name, teacher.config().patchSize);
            if (named.dim == info.dim && named.depth == info.layers) info.architecture = name;
        }
    }
    info.file = source.weights;
    info.family = "DINO";
    info.confidence = "certain";
    info.checkpointKey = "teacher";
    info.epoch = teacher.position().epochs;
    return info;
}

LoadOptions loadOptions(const ModelSource& source) {
    LoadOptions options;
    options.checkpointKey = source.checkpointKey;
    options.arch = source.arch;
    options.patchSize = source.patchSize;
    options.headsPerLayer = source.headsPerLayer;
    return options;
}

ModelInfo fromInspection(const Inspection& inspection) {
    ModelInfo info;
    info.file = inspection.file;
    info.format = inspection.format;
    info.family = inspection.family;
    info.convolutional = inspection.network == Network::ResNet50;
    info.checkpointKey = inspection.checkpointKey;
    info.checkpointKeys = inspection.checkpointKeys;
    info.confidence = inspection.confidence;
    info.architecture = inspection.architecture;
    info.patchSize = inspection.patchSize;
    info.imageSize = inspection.imageSize;
    info.layers = inspection.layers;
    info.heads = inspection.heads;
    info.dim = inspection.dim;
    info.registers = inspection.registers;
    info.classes = inspection.classes;
    info.parameters = inspection.parameters;
    info.dtype = inspection.dtype;
    info.epoch = inspection.epoch;
    info.keysUsed = inspection.keysUsed;
    info.keysUsedNames = inspection.keysUsedNames;
    info.keysMissing = inspection.keysMissing;
    info.keysIgnored = inspection.keysIgnored;
    info.keysUnexpected = inspection.keysUnexpected;
    info.trainingOptions = inspection.trainingOptions;
    info.others = inspection.others;
    return info;
}

/// What the catalogue knows of this file, or of one of its name that holds the same network, unless its hash
/// was computed and is another's.
void addCatalogue(const Inspection& inspection, ModelInfo& info) {
    const std::filesystem::path file(info.file);
    const CatalogueEntry* entry = findByFileName(file.filename().string());
    std::error_code failed;
    for (const CatalogueEntry& known : catalogue()) {
        if (!known.shipped.empty() && std::filesystem::equivalent(file, cachedFile(known), failed))
            entry = &known;
    }
    if (!entry || entry->architecture != networkName(inspection)) return;
    if (!(info.sha256.empty() || info.sha256.starts_with(entry->sha256))) return;
    info.catalogueName = entry->name;
    info.licence = entry->licence;
    info.source = entry->address.empty() ? entry->page : entry->address;
}

/// A ResNet's last map is shown as a layer of one head is.
void showAsOneHead(ModelInfo& info) {
    info.patchSize = kResNet50Stride;
    info.layers = info.heads = 1;
}

/// Operations of ResNet-50 for each pixel of its last map: 4.1 G multiply-adds over the 7 x 7 of 224 x 224
/// pixels.
constexpr double kResNetWork = 2 * 4.1e9 / 49;
/// Numbers alive at its widest place, the first stage, for each pixel of its last map: four maps of 256
/// channels (input, shortcut, sum and what the convolution arranges for itself) at a quarter of the input's
/// side, and the input.
constexpr std::int64_t kResNetActivations =
    (4 * 256 / 16 + 3) * std::int64_t{kResNet50Stride} * kResNet50Stride;

/// Seconds a call of `work` takes: the least of three, after one to warm up.
template <typename Work>
double timeOf(const Work& work) {
    double best = 1e9;
    work();
    for (int i = 0; i < 3; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        best =
            std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
}

/// Operations of the linear layers and of attention over one block, n tokens.
double linearWork(const VitConfig& config, double tokens) {
    return 2 * tokens * config.dim * (4.0 * config.dim + 2.0 * config.mlpDim);
}

double attentionWork(const VitConfig& config, double tokens) {
    return 4 * tokens * tokens * config.dim;
}

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

ModelInfo inspectModel(const ModelSource& source, bool withSha256, JobControl& control) {
    if (source.weights == kUntrained) return untrainedInfo(source);
    if (const LiveTeacher* teacher = LiveTeacher::of(source.weights)) return liveInfo(source, *teacher);
    const std::string file = resolveWeights(source.weights);
    const Inspection inspection = inspect(file, loadOptions(source));
    ModelInfo info = fromInspection(inspection);
    if (withSha256) info.sha256 = sha256OfFiles(Checkpoint(file).files(), control);
    addCatalogue(inspection, info);
    return info;
}

std::string toJson(const ModelInfo& info) {
    using nlohmann::ordered_json;
    // "ignored" is all that is not used, whatever the reason.
    std::vector<std::string> unused = info.keysIgnored;
    unused.insert(unused.end(), info.keysUnexpected.begin(), info.keysUnexpected.end());
    const auto textOrNull = [](const std::string& text) {
        return text.empty() ? ordered_json(nullptr) : ordered_json(text);
    };
    ordered_json document{{"file", info.file},
                          {"format", textOrNull(info.format)},
                          {"family", info.family},
                          {"confidence", info.confidence},
                          {"architecture", info.architecture},
                          {"patch_size", info.patchSize},
                          {"image_size", info.imageSize},
                          {"layers", info.layers},
                          {"heads", info.heads},
                          {"dim", info.dim},
                          {"registers", info.registers},
                          {"classes", info.classes},
                          {"parameters", info.parameters},
                          {"dtype", info.dtype},
                          {"epoch", info.epoch ? ordered_json(*info.epoch) : ordered_json(nullptr)},
                          {"sha256", textOrNull(info.sha256)},
                          {"checkpoint_key", textOrNull(info.checkpointKey)},
                          {"checkpoint_keys", info.checkpointKeys},
                          {"catalogue", textOrNull(info.catalogueName)},
                          {"licence", textOrNull(info.licence)},
                          {"source", textOrNull(info.source)},
                          {"others", info.others},
                          {"keys",
                           {{"used", info.keysUsed},
                            {"missing", info.keysMissing},
                            {"ignored", unused},
                            {"unexpected", info.keysUnexpected},
                            {"used_names", info.keysUsedNames}}}};
    if (!info.trainingOptions.empty()) {
        ordered_json options = ordered_json::object();
        for (const auto& [key, value] : info.trainingOptions)
            options[key] = value;
        document["training_options"] = std::move(options);
    }
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

namespace {

/// What a file says once can be many layers of a network.
void requireRoomFor(const Inspection& inspection, const Placement& placement) {
    const std::int64_t bytes = inspection.parameters * (placement.precision == Precision::Bf16 ? 2 : 4);
    const std::int64_t free = describeDevice(placement.device).freeMemory;
    if (free <= 0 || bytes <= free) return;
    throw Error(
        "its weights take " + formatBytes(bytes) + " of memory, and " + formatBytes(free) + " are free",
        inspection.file,
        placement.precision == Precision::Fp32 ? "--precision bf16 takes half of it"
                                               : "choose a smaller model");
}

}  // namespace

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::~Model() = default;

std::shared_ptr<const Model> Model::fromLive(const ModelSource& source, const Placement& placement,
                                             const LiveTeacher& teacher) {
    ModelInfo info = liveInfo(source, teacher);
    if (teacher.isConvolutional()) {
        showAsOneHead(info);
        return std::shared_ptr<const Model>(
            new Model(std::make_unique<Impl>(source, info, placement, teacher.weights())));
    }
    return std::shared_ptr<const Model>(
        new Model(std::make_unique<Impl>(source, info, placement, teacher.config(), teacher.weights())));
}

std::shared_ptr<const Model> Model::load(const ModelSource& source, const Placement& placement,
                                         JobControl& control) {
    control.poll();
    if (source.weights == kUntrained) {
        const VitConfig config = untrainedConfig(source);
        const StateDict weights = initialWeights(config, source.seed);
        control.poll();
        return std::shared_ptr<const Model>(
            new Model(std::make_unique<Impl>(source, untrainedInfo(source), placement, config, weights)));
    }
    if (const LiveTeacher* teacher = LiveTeacher::of(source.weights))
        return fromLive(source, placement, *teacher);
    const std::filesystem::path file = resolveWeights(source.weights);
    requireRoomFor(inspect(file, loadOptions(source)), placement);
    const Backbone backbone = loadBackbone(file, loadOptions(source), control);
    ModelInfo info = fromInspection(backbone.inspection);
    addCatalogue(backbone.inspection, info);
    log::info("loaded " + source.weights + ": " + info.family + " " + info.architecture + "/" +
              std::to_string(info.patchSize));
    if (backbone.inspection.network == Network::ResNet50) {
        showAsOneHead(info);
        return std::shared_ptr<const Model>(
            new Model(std::make_unique<Impl>(source, info, placement, backbone.weights)));
    }
    return std::shared_ptr<const Model>(
        new Model(std::make_unique<Impl>(source, info, placement, backbone.config, backbone.weights)));
}

const ModelSource& Model::source() const {
    return impl_->source;
}
const ModelInfo& Model::info() const {
    return impl_->info;
}
const Placement& Model::placement() const {
    return impl_->placement;
}
std::int64_t Model::bytes() const {
    return impl_->isConvolutional() ? impl_->resnet().bytes() : impl_->vit().bytes();
}

void Model::calibrate() const {
    impl_->calibrate();
}

Model::Impl::Impl(ModelSource from, ModelInfo about, const Placement& where, const VitConfig& config,
                  const StateDict& weights)
    : source(std::move(from)),
      info(std::move(about)),
      placement(where),
      fingerprint(weightsFingerprint(config, weights)),
      vit_(std::make_unique<const InferenceVit>(config, weights, toDevice(where),
                                                toScalarType(where.precision))) {}

Model::Impl::Impl(ModelSource from, ModelInfo about, const Placement& where, const StateDict& weights)
    : source(std::move(from)),
      info(std::move(about)),
      placement(where),
      fingerprint(weightsFingerprint({}, weights)),
      resnet_(
          std::make_unique<const InferenceResNet>(weights, toDevice(where), toScalarType(where.precision))) {}

const InferenceVit& Model::Impl::vit() const {
    if (vit_) return *vit_;
    throw Error("a convolutional network has no attention", info.file, "choose the weights of a ViT");
}

FeatureNetwork Model::Impl::featureNetwork() const {
    if (vit_) return *vit_;
    return *resnet_;
}

std::int64_t Model::Impl::tokens(std::int64_t patches) const {
    return patches + (vit_ ? vit_->config().prefixTokens() : 0);
}

void Model::Impl::calibrate() const {
    constexpr std::int64_t kTokens = 512;
    if (isConvolutional()) return;
    const c10::InferenceMode guard;
    const VitConfig& config = vit().config();
    const at::TensorOptions options = at::TensorOptions(vit().device()).dtype(vit().precision());
    const LinearLayer layer(at::full({config.mlpDim, config.dim}, 0.01, options), {});
    const at::Tensor x = at::ones({kTokens, config.dim}, options);
    linearRate_ = 2.0 * kTokens * config.dim * config.mlpDim / timeOf([&] { layer(x); });
    const at::Tensor qkv = at::ones({kTokens, 3 * config.dim}, options);
    attentionRate_ = attentionWork(config, kTokens) / timeOf([&] { vit().selfAttention(qkv); });
    correction_ = 1;
    calibrated_ = true;
}

double Model::Impl::predictSeconds(std::int64_t tokens, int layer) const {
    if (isConvolutional()) {
        return correction_.load() * kResNetWork * static_cast<double>(tokens) / linearRate_;
    }
    const VitConfig& config = vit().config();
    const double n = static_cast<double>(tokens);
    const double blocks = layer;
    const double projection = 2 * n * config.dim * 3 * config.dim;
    return correction_.load() * ((blocks * linearWork(config, n) + projection) / linearRate_ +
                                 blocks * attentionWork(config, n) / attentionRate_);
}

std::int64_t Model::Impl::predictBytes(std::int64_t tokens) const {
    const std::int64_t wide = placement.precision == Precision::Bf16 ? 2 : 4;
    if (isConvolutional()) return tokens * kResNetActivations * wide;
    const VitConfig& config = vit().config();
    const std::int64_t row = tokens * config.dim;
    const std::int64_t residual = 4 * row;
    const std::int64_t attention = 4 * row * wide + vit().attentionScratch(tokens);
    const std::int64_t kept = 8 * row;  // queries and keys of the asked layer
    const std::int64_t piece = std::min(tokens, kPieceTokens) * (config.mlpDim + 2 * config.dim) * wide;
    return residual + std::max(attention, kept) + piece;
}

void Model::Impl::learn(std::int64_t tokens, int layer, double seconds) const {
    provenBytes_ = std::max(provenBytes_.load(), predictBytes(tokens));
    // A short pass (a small image, the first layer) is mostly what the prediction leaves out: resizing,
    // embedding.
    constexpr double kTelling = 0.05;
    const double correction = correction_.load();
    const double uncorrected = predictSeconds(tokens, layer) / correction;
    if (uncorrected <= kTelling) return;
    const double found = seconds / uncorrected;
    if (!calibrated_) {
        correction_ = found;
        return;
    }
    // Half of what one pass says, within bounds: another program may have had the processor meanwhile, and
    // what is measured is never far from the calibration for long.
    constexpr double kLeast = 0.5;
    constexpr double kMost = 3;
    correction_ = std::clamp(std::sqrt(correction * found), kLeast, kMost);
}

}  // namespace dinoscope::api
