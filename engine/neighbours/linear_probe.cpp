#include "engine/neighbours/linear_probe.h"

#include <torch/torch.h>

namespace dinoscope {

namespace {

constexpr int kMostSteps = 500;
constexpr double kGradient = 1e-6;
constexpr double kChange = 1e-12;  // of the loss: what is below is rounding
/// Multiplications of one pass up to which double precision costs too little to matter.
constexpr double kWorthDouble = 1e10;

}  // namespace

at::Tensor LinearClassifier::logits(const at::Tensor& features) const {
    return at::addmm(bias, features.to(weight.scalar_type()), weight.t());
}

Standardiser Standardiser::of(const at::Tensor& features) {
    const at::Tensor wide = features.to(at::kDouble);
    at::Tensor deviation = wide.std(0, false);
    deviation = deviation.where(deviation > 1e-12, at::ones_like(deviation));
    return {wide.mean(0).to(features.scalar_type()), deviation.to(features.scalar_type())};
}

at::Tensor Standardiser::operator()(const at::Tensor& features) const {
    return (features - mean) / deviation;
}

LinearClassifier fitLinear(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                           double penalty, JobControl& control) {
    const double work = double(features.size(0)) * double(features.size(1)) * double(classes);
    const at::Tensor x = features.to(work < kWorthDouble ? at::kDouble : at::kFloat);
    at::Tensor weight = at::zeros({classes, x.size(1)}, x.options()).requires_grad_();
    at::Tensor bias = at::zeros({classes}, x.options()).requires_grad_();
    torch::optim::LBFGS optimizer({weight, bias}, torch::optim::LBFGSOptions(1.0)
                                                      .max_iter(kMostSteps)
                                                      .tolerance_grad(kGradient)
                                                      .tolerance_change(kChange)
                                                      .history_size(20)
                                                      .line_search_fn("strong_wolfe"));
    optimizer.step([&] {
        control.poll();
        const at::AutoGradMode grad(true);
        optimizer.zero_grad();
        const at::Tensor logits = at::addmm(bias, x, weight.t());
        const at::Tensor loss = at::cross_entropy_loss(logits, labels) + penalty / 2 * weight.square().sum();
        loss.backward();
        return loss.detach();
    });
    return {weight.detach(), bias.detach()};
}

}  // namespace dinoscope
