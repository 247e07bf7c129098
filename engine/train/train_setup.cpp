#include "engine/train/train_setup.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/nn/resnet50.h"
#include "engine/nn/vision_transformer.h"
#include "engine/train/run/train_options.h"

namespace dinoscope {

namespace {

/// A backward pass of this much takes a thread about a second.
constexpr double kOperationsPerThread = 110e9;
constexpr double kResNetOperationsPerPixel = 8.2e9 / (224 * 224);
constexpr std::uint64_t kHeadDraws = 0x68656164;

DinoHeadOptions headOptions(const OptionValues& options, std::int64_t featureDim) {
    DinoHeadOptions head;
    head.inDim = featureDim;
    head.outDim = options.integer("out-dim");
    head.batchNorm = options.flag("use-bn-in-head");
    head.normLastLayer = options.flag("norm-last-layer");
    head.predictor = options.flag("predictor");
    return head;
}

DinoLossOptions lossOptions(const OptionValues& options) {
    DinoLossOptions loss;
    loss.crops = 2 + options.integer("local-crops-number");
    loss.studentTemperature = options.real("student-temp");
    loss.centreMomentum = options.real("centre-momentum");
    loss.centring = options.flag("centring");
    if (options.text("targets") == "sinkhorn") loss.targets = TeacherTargets::Sinkhorn;
    if (options.text("loss") == "mse") loss.kind = LossKind::MeanSquaredError;
    return loss;
}

bool isSupervised(const OptionValues& options) {
    return options.text("objective") == "supervised";
}

/// Of one forward pass over one square view.
double viewOperations(const OptionValues& options, double side) {
    if (!isVit(options)) return kResNetOperationsPerPixel * side * side;
    const VitConfig config = vitConfig(options);
    const double patches = std::pow(std::floor(side / config.patchSize), 2);
    const double dim = config.dim;
    const double block =
        (patches + 1) * (8 * dim * dim + 4 * dim * config.mlpDim) + 4 * dim * patches * patches;
    return config.depth * block + 2 * patches * 3 * config.patchSize * config.patchSize * dim;
}

}  // namespace

MultiCropOptions multiCropOptions(const OptionValues& options) {
    MultiCropOptions crops;
    crops.globalSize = static_cast<int>(options.integer("global-crop-size"));
    crops.localSize = static_cast<int>(options.integer("local-crop-size"));
    crops.localCrops = static_cast<int>(options.integer("local-crops-number"));
    const RealPair global = options.pair("global-crops-scale");
    const RealPair local = options.pair("local-crops-scale");
    crops.globalScale = {global.first, global.second};
    crops.localScale = {local.first, local.second};
    if (isSupervised(options)) {
        crops.globalCrops = 1;
        crops.localCrops = 0;
        crops.recipe = AugmentRecipe::CropAndFlip;
    }
    return crops;
}

LearnerOptions learnerOptions(const OptionValues& options, bool bf16) {
    LearnerOptions learner;
    learner.optimizer = options.text("optimizer");
    learner.clip = options.real("clip-grad");
    learner.bf16 = bf16;
    learner.seed = static_cast<std::uint64_t>(options.integer("seed"));
    const std::string& update = options.text("teacher-update");
    if (update == "copy" || isSupervised(options)) learner.teacherUpdate = TeacherUpdate::Copy;
    if (update == "previous-epoch") learner.teacherUpdate = TeacherUpdate::PreviousEpoch;
    return learner;
}

VitConfig vitConfig(const OptionValues& options) {
    VitConfig config =
        VitConfig::byName(options.text("arch"), static_cast<int>(options.integer("patch-size")));
    config.imageSize = static_cast<int>(options.integer("img-size"));
    return config;
}

std::shared_ptr<BackboneNet> makeBackbone(const OptionValues& options, std::uint64_t seed) {
    if (!isVit(options)) return ResNet50(seed).ptr();
    VisionTransformer network(vitConfig(options), seed);
    network->setRecomputing(options.flag("activation-checkpointing"));
    return network.ptr();
}

std::shared_ptr<Objective> makeObjective(const OptionValues& options, std::int64_t classes,
                                         at::Device device) {
    const auto seed = static_cast<std::uint64_t>(options.integer("seed"));
    const auto backbone = [&] { return makeBackbone(options, seed); };
    const int depth = isVit(options) ? vitConfig(options).depth : 1;
    const double dropPath = options.real("drop-path-rate");
    if (isSupervised(options)) {
        if (classes < 2) {
            throw Error("these images have no classes to learn from", options.text("data"),
                        "put each class into a folder of its own, or leave out --objective supervised");
        }
        return std::make_shared<SupervisedObjective>(backbone, classes, dropPath, depth,
                                                     mix(seed, kHeadDraws), device);
    }
    DinoObjective::Options dino;
    dino.loss = lossOptions(options);
    dino.head = headOptions(options, isVit(options) ? vitConfig(options).dim : 2048);
    dino.dropPathRate = dropPath;
    dino.depth = depth;
    dino.sharpening = options.flag("sharpening");
    return std::make_shared<DinoObjective>(backbone, dino, mix(seed, kHeadDraws), device);
}

std::optional<double> uniformLoss(const OptionValues& options, std::int64_t classes) {
    if (isSupervised(options)) return std::log(static_cast<double>(classes));
    if (options.text("loss") == "mse") return std::nullopt;
    return std::log(static_cast<double>(options.integer("out-dim")));
}

std::int64_t decodedBytes(const ImageDataset& dataset) {
    std::int64_t pixels = 0;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        pixels += std::int64_t{dataset.width(i)} * dataset.height(i);
    return Image::kChannels * pixels;
}

double backwardOperations(const OptionValues& options) {
    const MultiCropOptions crops = multiCropOptions(options);
    return 2 * (crops.globalCrops * viewOperations(options, crops.globalSize) +
                crops.localCrops * viewOperations(options, crops.localSize));
}

std::int64_t microBatchImages(const OptionValues& options, at::Device device, int threads) {
    const std::int64_t batch = options.integer("batch-size-per-gpu");
    const std::int64_t asked = options.integer("micro-batch");
    if (asked > 0) return std::min(asked, batch);
    if (!device.is_cpu() || dependsOnMicroBatch(options)) return batch;
    const double images = threads * kOperationsPerThread / backwardOperations(options);
    const std::int64_t most = std::clamp(static_cast<std::int64_t>(images), std::int64_t{1}, batch);
    // Equal parts: 12 of 16 and then 4 would take as many passes as 8 and 8.
    const std::int64_t parts = (batch + most - 1) / most;
    return (batch + parts - 1) / parts;
}

CropPlace cropPlace(const OptionValues& options, at::Device device, int threads) {
    // Measured: a thread makes the crops of 250 to 550 images a second (2 x 224 + 6 x 96 px), and an H200
    // learns from 1,500 of ViT-S/16.
    constexpr int kThreadsThatFeedACard = 8;
    const std::string& asked = options.text("crops-on");
    if (asked == "auto") {
        const bool isShort = !device.is_cpu() && threads < kThreadsThatFeedACard;
        return isShort ? CropPlace::Device : CropPlace::Processor;
    }
    return asked == "device" ? CropPlace::Device : CropPlace::Processor;
}

TrainSchedules::TrainSchedules(const OptionValues& options, std::int64_t stepsPerEpoch)
    : epochs_(options.integer("epochs")),
      stepsPerEpoch_(stepsPerEpoch),
      images_(stepImages(options)),
      frozenEpochs_(options.integer("freeze-last-layer")),
      learningRate_(scaledLearningRate(options.real("lr"), images_), options.real("min-lr"),
                    epochs_ * stepsPerEpoch, options.integer("warmup-epochs") * stepsPerEpoch),
      weightDecay_(options.real("weight-decay"), options.real("weight-decay-end"), epochs_ * stepsPerEpoch),
      momentum_(options.real("momentum-teacher"), 1, epochs_ * stepsPerEpoch),
      temperature_(options.real("warmup-teacher-temp"), options.real("teacher-temp"),
                   static_cast<int>(options.integer("warmup-teacher-temp-epochs"))) {}

StepSettings TrainSchedules::at(std::int64_t step) const {
    const std::int64_t epoch = step / stepsPerEpoch_;
    StepSettings settings;
    settings.step = step;
    settings.images = images_;
    settings.learningRate = learningRate_.at(step);
    settings.weightDecay = weightDecay_.at(step);
    settings.momentum = momentum_.at(step);
    settings.teacherTemperature = temperature_.at(static_cast<int>(epoch));
    settings.freezeLastLayer = epoch < frozenEpochs_;
    return settings;
}

}  // namespace dinoscope
