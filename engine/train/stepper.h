#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/data/image_dataset.h"
#include "engine/train/learner.h"
#include "engine/train/train_setup.h"
#include "engine/train/training_checkpoint.h"
#include "engine/train/view_uploader.h"

namespace dinoscope {

class ProcessGroup;

/// Where and how a training computes, and with whom.
struct StepperPlace {
    at::Device device;
    bool bf16 = false;
    int threads = 1;
    ProcessGroup* processes = nullptr;  ///< that share each step, or null
};

/// What a step was made of here.
struct StepImages {
    StepSettings settings;
    std::vector<std::int64_t> images;  ///< of this process's batches
    std::vector<BadImage> bad;         ///< found unreadable in them
    double waitSeconds = 0;            ///< for images
};

/// The steps of a run, as each of its processes takes them. Where several share a step, each computes every
/// so many of its batches, and their gradients are added up: the same step as that of one process with all
/// the batches, to the rounding of sums.
class Stepper {
public:
    /// Keeps a reference to the dataset. `options` are settled and checked; --accumulate counts the batches
    /// of all processes.
    Stepper(const OptionValues& options, const ImageDataset& dataset, const StepperPlace& place);

    Learner& learner() { return learner_; }
    const TrainSchedules& schedules() const { return schedules_; }
    ProcessGroup* processes() const { return place_.processes; }
    at::Device device() const { return place_.device; }
    /// Number of the step at `position`, from the run's start.
    std::int64_t numberOf(const RunPosition& position) const;

    /// Begins to load the images from there on.
    void start(const TrainingState& state);
    /// Computes the gradients of the step at `position`, which follows the one before. Polls in every
    /// micro-batch, at least three times; a step that processes share is taken to its end, since the others
    /// wait for it. `between` is called after each micro-batch.
    StepImages compute(const RunPosition& position, JobControl& control,
                       const std::function<void()>& between);
    /// Changes the weights by them.
    void finish() { learner_.end(); }

    /// Known to be unreadable, by this process.
    std::vector<std::int64_t> badImages() const { return loader_->badImages(); }

private:
    void accumulate(const CropBatch& batch, JobControl& control, const std::function<void()>& between);
    MicroBatch microBatch(const CropBatch& batch, std::int64_t first, std::int64_t count);

    const ImageDataset& dataset_;
    StepperPlace place_;
    std::int64_t epochs_;
    CropLoaderOptions loaderOptions_;
    ViewUploader uploader_;
    TrainSchedules schedules_;
    Learner learner_;
    std::int64_t microImages_;
    std::optional<CropLoader> loader_;
};

}  // namespace dinoscope
