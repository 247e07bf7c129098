#include "engine/neighbours/linear_probe.h"

#include <ATen/ATen.h>
#include <torch/optim/lbfgs.h>

#include <algorithm>

namespace dinoscope {

namespace {

constexpr int kMostSteps = 500;
constexpr double kGradient = 1e-6;
constexpr double kChange = 1e-12;  // of the loss: what is below is rounding
/// Multiplications of one pass up to which double precision costs too little to matter.
constexpr double kWorthDouble = 1e10;
constexpr std::int64_t kRowsAtOnce = 1024;
constexpr std::int64_t kLogitsAtOnce = std::int64_t{1} << 21;

/// The sum over the rows of what `numbers` makes of them, in double precision; a copy in it is made of some
/// rows at a time.
template <typename Numbers>
at::Tensor sumOverRows(const at::Tensor& features, const Numbers& numbers) {
    at::Tensor sum = at::zeros({features.size(1)}, at::kDouble);
    for (std::int64_t first = 0; first < features.size(0); first += kRowsAtOnce) {
        const std::int64_t last = std::min(features.size(0), first + kRowsAtOnce);
        sum.add_(numbers(features.slice(0, first, last).to(at::kDouble)).sum(0));
    }
    return sum;
}

/// Its mean over the images; the gradients become those of the classifier. The logits of all images by all
/// classes at once would be many times what the features take: they are made for some rows at a time, and
/// what their gradient is is known (softmax less one-hot).
at::Tensor crossEntropy(const at::Tensor& x, const at::Tensor& labels, const LinearClassifier& classifier,
                        JobControl& control) {
    const at::Tensor weightGradient = classifier.weight.grad().zero_();
    const at::Tensor biasGradient = classifier.bias.grad().zero_();
    const std::int64_t rows = std::max<std::int64_t>(1, kLogitsAtOnce / classifier.weight.size(0));
    at::Tensor loss = at::zeros({}, x.options());
    for (std::int64_t first = 0; first < x.size(0); first += rows) {
        control.poll();
        const std::int64_t last = std::min(x.size(0), first + rows);
        const at::Tensor some = x.slice(0, first, last);
        const at::Tensor own = labels.slice(0, first, last).unsqueeze(1);
        const at::Tensor logProbabilities =
            at::addmm(classifier.bias, some, classifier.weight.t()).log_softmax(1);
        loss.sub_(logProbabilities.gather(1, own).sum());
        const at::Tensor slope = logProbabilities.exp();
        slope.scatter_add_(1, own, at::full({last - first, 1}, -1, slope.options()));
        weightGradient.addmm_(slope.t(), some);
        biasGradient.add_(slope.sum(0));
    }
    const auto count = static_cast<double>(x.size(0));
    weightGradient.div_(count);
    biasGradient.div_(count);
    return loss.div_(count);
}

}  // namespace

at::Tensor LinearClassifier::logits(const at::Tensor& features) const {
    return at::addmm(bias, features.to(weight.scalar_type()), weight.t());
}

Standardiser Standardiser::of(const at::Tensor& features) {
    const auto count = static_cast<double>(features.size(0));
    const at::Tensor mean = sumOverRows(features, [](const at::Tensor& rows) { return rows; }).div_(count);
    const at::Tensor squares =
        sumOverRows(features, [&mean](const at::Tensor& rows) { return (rows - mean).square_(); });
    at::Tensor deviation = squares.div(count).sqrt_();
    deviation = deviation.where(deviation > 1e-12, at::ones_like(deviation));
    return {mean.to(features.scalar_type()), deviation.to(features.scalar_type())};
}

at::Tensor Standardiser::operator()(const at::Tensor& features) const {
    return (features - mean).div_(deviation);
}

void Standardiser::apply(const at::Tensor& features) const {
    features.sub_(mean).div_(deviation);
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
    weight.mutable_grad() = at::zeros_like(weight);
    bias.mutable_grad() = at::zeros_like(bias);
    optimizer.step([&] {
        const at::NoGradGuard guard;
        const at::Tensor loss = crossEntropy(x, labels, {weight, bias}, control);
        weight.mutable_grad().add_(weight, penalty);
        return loss + penalty / 2 * weight.square().sum();
    });
    return {weight.detach(), bias.detach()};
}

}  // namespace dinoscope
