#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/base/option.h"
#include "engine/nn/backbone_net.h"
#include "engine/ssl/augment/crop_loader.h"
#include "engine/ssl/schedule.h"
#include "engine/train/learner.h"

namespace dinoscope {

// What trainOptions() say, in the terms of the parts they speak of.

MultiCropOptions multiCropOptions(const OptionValues& options);
LearnerOptions learnerOptions(const OptionValues& options, bool bf16);

VitConfig vitConfig(const OptionValues& options);

/// A backbone as --arch, --patch-size and --img-size say, with weights drawn from `seed`.
std::shared_ptr<BackboneNet> makeBackbone(const OptionValues& options, std::uint64_t seed);

/// DINO's objective, or the supervised one for `classes` classes. Throws Error for labels that are not there.
std::shared_ptr<Objective> makeObjective(const OptionValues& options, std::int64_t classes,
                                         at::Device device);

/// The cross-entropy of an answer that knows nothing: ln K, of the prototypes or of the classes. Nothing for
/// the squared distance, which is none.
std::optional<double> uniformLoss(const OptionValues& options, std::int64_t classes);

/// Bytes of all images of a dataset, decoded.
std::int64_t decodedBytes(const ImageDataset& dataset);

/// Images of one micro-batch: as --micro-batch says, or for 0 the whole batch on a GPU and where
/// dependsOnMicroBatch(), and else on a CPU as many as keep a backward pass near a second, so that other work
/// gets its turn.
std::int64_t microBatchImages(const OptionValues& options, at::Device device, int threads);

/// Where crops are made: as --crops-on says.
CropPlace cropPlace(const OptionValues& options, at::Device device, int threads);

/// Floating-point operations of the student's backward pass for one image (two a multiply-add).
double backwardOperations(const OptionValues& options);

/// All schedules of a run.
class TrainSchedules {
public:
    TrainSchedules(const OptionValues& options, std::int64_t stepsPerEpoch);

    /// 0 <= step < steps()
    StepSettings at(std::int64_t step) const;
    std::int64_t steps() const { return epochs_ * stepsPerEpoch_; }
    std::int64_t stepsPerEpoch() const { return stepsPerEpoch_; }

private:
    std::int64_t epochs_;
    std::int64_t stepsPerEpoch_;
    std::int64_t images_;
    std::int64_t frozenEpochs_;
    CosineSchedule learningRate_;
    CosineSchedule weightDecay_;
    CosineSchedule momentum_;
    TeacherTemperature temperature_;
};

}  // namespace dinoscope
