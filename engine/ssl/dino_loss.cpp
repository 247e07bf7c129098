#include "engine/ssl/dino_loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace dinoscope {

namespace {

constexpr int kSinkhornIterations = 3;
constexpr int kTeacherViews = 2;

/// Cross-entropy of all view pairs with its gradient, in one pass over the student's logits. With q_t the
/// targets of teacher view t, W_v the sum of q_t over t != v and w_v how many they are:
///   loss = sum over v, images of (w_v logsumexp(z_v / T) - W_v . z_v / T) / (pairs * batch)
///   d loss / d z_v = (w_v softmax(z_v / T) - W_v) / (T * pairs * batch)
/// Nothing of the size of the student's logits is kept for the backward but the gradient itself.
class PairedCrossEntropy : public torch::autograd::Function<PairedCrossEntropy> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& student,
                              const at::Tensor& targets, std::int64_t crops, double temperature,
                              std::int64_t batch) {
        const std::int64_t images = targets.size(1);
        const std::int64_t pairs = kTeacherViews * crops - kTeacherViews;
        const double share = 1.0 / (static_cast<double>(pairs) * static_cast<double>(batch));
        const at::Tensor both = targets[0] + targets[1];
        at::Tensor gradient = at::empty_like(student);
        at::Tensor total = at::zeros({}, targets.options());
        for (std::int64_t view = 0; view < crops; ++view) {
            const at::Tensor z = student.narrow(0, view * images, images).to(at::kFloat) / temperature;
            const bool isGlobal = view < kTeacherViews;
            const at::Tensor& wanted = isGlobal ? targets[1 - view] : both;
            const double count = isGlobal ? 1 : kTeacherViews;
            const at::Tensor logs = at::log_softmax(z, -1);
            total.sub_(wanted.mul(logs).sum());
            at::Tensor part = logs.exp_().mul_(count).sub_(wanted).mul_(share / temperature);
            gradient.narrow(0, view * images, images).copy_(part);
        }
        context->save_for_backward({gradient});
        return total.mul_(share);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outer) {
        const at::Tensor gradient = context->get_saved_variables()[0] * outer[0].to(at::kFloat);
        return {gradient, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

/// Mean squared distance of l2-normalised outputs over all view pairs, 2 - 2 cos (BYOL, equation 2).
at::Tensor pairedSquaredError(const at::Tensor& student, const at::Tensor& teacher, std::int64_t crops,
                              std::int64_t batch) {
    const std::int64_t images = teacher.size(1);
    const at::Tensor s =
        at::div(student, student.norm(2, -1, true).clamp_min(1e-12)).view({crops, images, -1});
    const at::Tensor t = at::div(teacher, teacher.norm(2, -1, true).clamp_min(1e-12));
    at::Tensor total = at::zeros({}, student.options().dtype(at::kFloat));
    for (std::int64_t view = 0; view < crops; ++view) {
        for (std::int64_t target = 0; target < kTeacherViews; ++target) {
            if (view == target) continue;
            total = total + (2 - 2 * (s[view] * t[target]).sum(-1)).sum();
        }
    }
    return total / static_cast<double>((kTeacherViews * crops - kTeacherViews) * batch);
}

/// Rows of equal weight, columns of equal sum (Sinkhorn and Knopp; SwAV, algorithm 1).
at::Tensor sinkhorn(const at::Tensor& logits, double temperature) {
    at::Tensor q = (logits / temperature);
    q = (q - q.max()).exp_();
    const auto rows = static_cast<double>(q.size(0));
    const auto columns = static_cast<double>(q.size(1));
    q.div_(q.sum());
    for (int i = 0; i < kSinkhornIterations; ++i) {
        q.div_(q.sum(0, true).clamp_min(1e-38)).div_(columns);
        q.div_(q.sum(1, true)).div_(rows);
    }
    return q.mul_(rows);
}

/// Mean over rows of -sum q log q.
at::Tensor meanEntropy(const at::Tensor& q) {
    return at::special_entr(q).sum(-1).mean();
}

}  // namespace

DinoLoss::DinoLoss(const DinoLossOptions& options, std::int64_t outDim, at::Device device)
    : options_(options) {
    const at::TensorOptions numbers = at::TensorOptions(device).dtype(at::kFloat);
    centre_ = at::zeros({1, outDim}, numbers);
    teacherSum_ = at::zeros({1, outDim}, numbers);
}

at::Tensor DinoLoss::targets(const at::Tensor& teacher, double temperature) const {
    if (options_.targets == TeacherTargets::Sinkhorn) return sinkhorn(teacher, temperature);
    return at::softmax((options_.centring ? teacher - centre_ : teacher) / temperature, -1);
}

DinoLossValue DinoLoss::forward(const at::Tensor& student, const at::Tensor& teacher,
                                double teacherTemperature, std::int64_t batch) {
    const at::Tensor logits = teacher.detach().to(at::kFloat);
    const std::int64_t images = logits.size(0) / kTeacherViews;
    teacherSum_.add_(logits.sum(0, true));
    stepImages_ = batch;
    DinoLossValue value;
    if (options_.kind == LossKind::MeanSquaredError) {
        value.loss = pairedSquaredError(student.to(at::kFloat), logits.view({kTeacherViews, images, -1}),
                                        options_.crops, batch);
        value.entropy = at::zeros_like(value.loss).detach();
        value.kl = value.loss.detach();
        return value;
    }
    const at::Tensor q = targets(logits, teacherTemperature);
    value.loss = PairedCrossEntropy::apply(student, q.view({kTeacherViews, images, -1}), options_.crops,
                                           options_.studentTemperature, batch);
    value.entropy = meanEntropy(q) * (static_cast<double>(images) / static_cast<double>(batch));
    value.kl = value.loss.detach() - value.entropy;
    return value;
}

void DinoLoss::updateCentre(const at::Tensor& weight) {
    if (stepImages_ == 0) return;
    const at::Tensor mean = teacherSum_ / static_cast<double>(kTeacherViews * stepImages_);
    // A mean that is not finite must not reach the centre even with weight 0: 0 * inf is not a number.
    const at::Tensor change = at::where(weight > 0, mean - centre_, at::zeros_like(centre_));
    centre_.add_(change, 1 - options_.centreMomentum);
    teacherSum_.zero_();
    stepImages_ = 0;
}

}  // namespace dinoscope
