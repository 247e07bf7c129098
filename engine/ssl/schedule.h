#pragma once

#include <cstdint>

namespace dinoscope {

/// A value for every iteration: a linear warm-up from `warmupStart` to `base`, then half a cosine to `final`
/// (utils.cosine_scheduler of facebookresearch/dino). Computed on demand, so that it needs no memory.
class CosineSchedule {
public:
    CosineSchedule(double base, double final, std::int64_t iterations, std::int64_t warmupIterations = 0,
                   double warmupStart = 0)
        : base_(base),
          final_(final),
          iterations_(iterations),
          warmup_(warmupIterations),
          warmupStart_(warmupStart) {}

    /// 0 <= iteration < iterations
    double at(std::int64_t iteration) const;

private:
    double base_;
    double final_;
    std::int64_t iterations_;
    std::int64_t warmup_;
    double warmupStart_;
};

/// The teacher's temperature of each epoch: linear over the first `warmupEpochs` (both ends included), then
/// constant (DINOLoss.teacher_temp_schedule). Sharpening can be switched off by a temperature of 1.
class TeacherTemperature {
public:
    TeacherTemperature(double warmupValue, double value, int warmupEpochs)
        : warmupValue_(warmupValue), value_(value), warmupEpochs_(warmupEpochs) {}

    double at(int epoch) const;

private:
    double warmupValue_;
    double value_;
    int warmupEpochs_;
};

/// The learning rate for a batch: linear scaling from the one for 256 images (paper, section 3.2).
constexpr double scaledLearningRate(double rateFor256, std::int64_t batchSize) {
    return rateFor256 * static_cast<double>(batchSize) / 256;
}

}  // namespace dinoscope
