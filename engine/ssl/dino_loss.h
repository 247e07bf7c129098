#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dinoscope {

enum class TeacherTargets {
    Softmax,  ///< softmax((t - centre) / temperature): centring and sharpening
    Sinkhorn  ///< Sinkhorn-Knopp over the batch in place of the centre (3 iterations, as SwAV)
};

enum class LossKind {
    CrossEntropy,
    MeanSquaredError  ///< between l2-normalised outputs, as BYOL's
};

struct DinoLossOptions {
    std::int64_t crops = 10;  ///< views of the student; the first two are the teacher's
    double studentTemperature = 0.1;
    double centreMomentum = 0.9;
    bool centring = true;
    TeacherTargets targets = TeacherTargets::Softmax;
    LossKind kind = LossKind::CrossEntropy;
};

/// What one forward of the loss gives; all but `loss` without gradient.
struct DinoLossValue {
    at::Tensor loss;     ///< mean over the view pairs and the whole batch, [] float32
    at::Tensor entropy;  ///< of the teacher's targets, [] (0 for MSE)
    at::Tensor kl;       ///< loss - entropy, []
};

/// The loss of DINO (paper, equations 1 to 3 and algorithm 1): every view of the student predicts every
/// global view of the teacher but itself. The centre moves once an optimizer step, over all micro-batches of
/// it.
class DinoLoss {
public:
    DinoLoss(const DinoLossOptions& options, std::int64_t outDim, at::Device device);

    /// `student` [crops * n, K] and `teacher` [2 * n, K] are logits, a view after the other. `batch` is the
    /// number of images of the whole step, of which these n are a part: summed over the parts, losses and
    /// gradients equal those of one part with all images (Sinkhorn aside, which looks at the part). Adds to
    /// teacherSum() for the centre.
    DinoLossValue forward(const at::Tensor& student, const at::Tensor& teacher, double teacherTemperature,
                          std::int64_t batch);

    /// The teacher's logits of the step so far, added up: [1, K]. Processes that share a step add theirs.
    at::Tensor& teacherSum() { return teacherSum_; }

    /// Moves the centre by the mean of the step, all of whose parts are in teacherSum() (paper, equation 4).
    /// `weight` is 1, or 0 to leave everything as it is; a tensor [] on the device, so that nothing waits for
    /// it.
    void updateCentre(const at::Tensor& weight);

    const DinoLossOptions& options() const { return options_; }
    at::Tensor& centre() { return centre_; }  ///< [1, K] float32

private:
    at::Tensor targets(const at::Tensor& teacher, double temperature) const;

    DinoLossOptions options_;
    at::Tensor centre_;
    at::Tensor teacherSum_;
    std::int64_t stepImages_ = 0;  ///< of the step that forward() was called for, 0 before
};

}  // namespace dinoscope
