#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/nn/state_dict.h"
#include "engine/ssl/optimizer.h"
#include "engine/train/objective.h"

namespace dinoscope {

class ProcessGroup;

enum class TeacherUpdate {
    Momentum,      ///< the exponential moving average of the student
    Copy,          ///< the student itself, after each step
    PreviousEpoch  ///< the student as it was when the epoch began
};

struct LearnerOptions {
    std::string optimizer = "adamw";
    double clip = 3;  ///< of each parameter's gradient alone, 0 for none
    TeacherUpdate teacherUpdate = TeacherUpdate::Momentum;
    bool bf16 = false;  ///< autocast of the forward passes
    std::uint64_t seed = 0;
};

/// What the schedules say for one optimizer step.
struct StepSettings {
    std::int64_t step = 0;
    std::int64_t images = 0;  ///< of all its micro-batches
    double learningRate = 0;
    double weightDecay = 0;
    double momentum = 0;
    double teacherTemperature = 0.04;
    bool freezeLastLayer = false;
};

/// What a step found, as numbers. Entropy and divergence are 0 for objectives without targets.
struct StepNumbers {
    std::int64_t step = 0;
    double loss = 0;
    double entropy = 0;
    double kl = 0;
    double gradientNorm = 0;  ///< over all parameters, before the clip
    double centreNorm = 0;
    bool taken = true;  ///< false where a value was not finite: then nothing was changed
};

/// One optimizer step after the other: gradients of micro-batches add up, then clip, optimizer, teacher and
/// centre advance once. Everything stays on the device; numbers are fetched when asked for. A step that is
/// not finite changes nothing, nor does any after it.
class Learner {
public:
    Learner(std::shared_ptr<Objective> objective, const LearnerOptions& options, at::Device device);

    void begin(const StepSettings& settings);
    /// Forward and backward of some of the step's images. Polls between the teacher's pass, the student's and
    /// the backward pass, each of which takes about a third of the time of a micro-batch; on a CPU within the
    /// backward pass too, between its operations.
    void accumulate(const MicroBatch& batch, JobControl& control);
    /// Adds what the other processes of a shared step found. Throws Error where one of them is gone; nothing
    /// has changed then but what abandon() drops.
    void share(ProcessGroup& processes);
    void end();
    /// Drops the step that was begun, as if it had not been.
    void abandon();
    /// For TeacherUpdate::PreviousEpoch.
    void endEpoch();

    /// Numbers of the steps since the last call. Waits for the device.
    std::vector<StepNumbers> fetch();

    Objective& objective() { return *objective_; }
    Optimizer& optimizer() { return *optimizer_; }
    const LearnerOptions& options() const { return options_; }
    at::Device device() const { return device_; }

private:
    void completeGradients();
    void updateTeacherWeights(const at::Tensor& ok);
    void keepBuffers();
    void restoreBuffersUnless(const at::Tensor& ok);

    std::shared_ptr<Objective> objective_;
    LearnerOptions options_;
    at::Device device_;
    std::unique_ptr<Optimizer> optimizer_;
    std::vector<at::Tensor> studentWeights_;  ///< in the order of teacherWeights_
    std::vector<at::Tensor> teacherWeights_;
    std::vector<at::Tensor> buffers_;  ///< of batch norms, of student and teacher
    std::vector<at::Tensor> buffersBefore_;
    StepSettings settings_;
    at::Tensor alive_;  ///< [] float32: 1 until a step was not finite
    at::Tensor loss_;
    at::Tensor entropy_;
    std::vector<std::int64_t> waitingSteps_;
    std::vector<at::Tensor> waiting_;  ///< [6] a step
};

}  // namespace dinoscope
