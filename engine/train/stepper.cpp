#include "engine/train/stepper.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "engine/base/error.h"
#include "engine/nn/joint_batch_norm.h"
#include "engine/scale/process_group.h"
#include "engine/train/memory_plan.h"
#include "engine/train/run/train_options.h"

namespace dinoscope {

namespace {

CropLoaderOptions loaderOptions(const OptionValues& options, const ImageDataset& dataset,
                                const StepperPlace& place) {
    CropLoaderOptions loader;
    loader.crops = multiCropOptions(options);
    loader.seed = static_cast<std::uint64_t>(options.integer("seed"));
    loader.batch = static_cast<int>(options.integer("batch-size-per-gpu"));
    loader.batchesPerStep = static_cast<int>(options.integer("accumulate"));
    if (place.processes) {
        loader.share = place.processes->rank();
        loader.shares = place.processes->count();
    }
    loader.workers = static_cast<int>(options.integer("num-workers"));
    // On a CPU the network needs every core: one thread more prepares crops in the gaps it leaves.
    if (loader.workers == 0) loader.workers = place.device.is_cpu() ? 1 : place.threads;
    const int sharers = place.processes ? place.processes->place().localCount : 1;
    loader.cacheBytes = cacheBytes(options, decodedBytes(dataset), sharers);
    loader.allocate = cropAllocator(place.device);
    loader.place = cropPlace(options, place.device, place.threads);
    loader.check();  // here, where a run that cannot begin leaves no folder
    return loader;
}

BatchSum batchSumOf(ProcessGroup* processes) {
    if (!processes) return {};
    return [processes](std::span<const at::Tensor> tensors) { processes->sum(tensors); };
}

}  // namespace

Stepper::Stepper(const OptionValues& options, const ImageDataset& dataset, const StepperPlace& place)
    : dataset_(dataset),
      place_(place),
      epochs_(options.integer("epochs")),
      loaderOptions_(loaderOptions(options, dataset, place)),
      uploader_(loaderOptions_.crops, place.device, loaderOptions_.place),
      schedules_(options, EpochSampler(dataset.size(), stepImages(options), loaderOptions_.seed).steps()),
      learner_(makeObjective(options, static_cast<std::int64_t>(dataset.classes().size()), place.device),
               learnerOptions(options, place.bf16), place.device),
      microImages_(microBatchImages(options, place.device, place.threads)) {}

std::int64_t Stepper::numberOf(const RunPosition& position) const {
    return position.epochs * schedules_.stepsPerEpoch() + position.steps;
}

void Stepper::start(const TrainingState& state) {
    loader_.emplace(dataset_, loaderOptions_);
    loader_->start(state.position.epochs, state.position.steps * loaderOptions_.batchesPerStep, epochs_,
                   state.badImages);
}

StepImages Stepper::compute(const RunPosition& position, JobControl& control,
                            const std::function<void()>& between) {
    JobControl uninterrupted;
    JobControl& during = place_.processes ? uninterrupted : control;
    const BatchSumGuard normalised(batchSumOf(place_.processes));
    StepImages step;
    step.settings = schedules_.at(numberOf(position));
    learner_.begin(step.settings);
    for (int i = loaderOptions_.share; i < loaderOptions_.batchesPerStep; i += loaderOptions_.shares) {
        const std::optional<CropBatch> batch = loader_->next(during);
        if (!batch) throw Error("the images of an epoch ended early", {}, {});
        step.waitSeconds += batch->waitSeconds;
        step.bad.insert(step.bad.end(), batch->bad.begin(), batch->bad.end());
        step.images.insert(step.images.end(), batch->images.begin(), batch->images.end());
        accumulate(*batch, during, between);
    }
    if (!place_.processes) return step;
    // A card that adds up waits for one that is gone for ever: here it is noticed before.
    if (!place_.device.is_cpu()) place_.processes->any(false);
    learner_.share(*place_.processes);
    return step;
}

void Stepper::accumulate(const CropBatch& batch, JobControl& control, const std::function<void()>& between) {
    for (std::int64_t first = 0; first < loaderOptions_.batch; first += microImages_) {
        const std::int64_t count = std::min<std::int64_t>(microImages_, loaderOptions_.batch - first);
        learner_.accumulate(microBatch(batch, first, count), control);
        if (between) between();
    }
}

MicroBatch Stepper::microBatch(const CropBatch& batch, std::int64_t first, std::int64_t count) {
    MicroBatch micro = uploader_.upload(batch, first, count);
    if (learner_.objective().readsLabels()) {
        const std::vector<std::int64_t> labels(batch.labels.begin() + first,
                                               batch.labels.begin() + first + count);
        micro.labels = at::tensor(labels, at::kLong).to(place_.device);
    }
    return micro;
}

}  // namespace dinoscope
