#include "engine/api/model.h"

#include <filesystem>

#include "engine/api/model_impl.h"
#include "engine/api/model_info.h"
#include "engine/api/model_options.h"
#include "engine/api/placement.h"
#include "engine/api/weights_name.h"
#include "engine/base/log.h"
#include "engine/neighbours/features.h"
#include "engine/nn/resnet_shapes.h"
#include "engine/train/live_teacher.h"
#include "engine/train/memory_plan.h"
#include "engine/weights/load.h"

namespace dinoscope::api {

namespace {

/// A ResNet's last map is shown as a layer of one head is.
void showAsOneHead(ModelInfo& info) {
    info.patchSize = kResNet50Stride;
    info.layers = info.heads = 1;
}

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

}  // namespace dinoscope::api
