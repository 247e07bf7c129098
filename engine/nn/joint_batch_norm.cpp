#include "engine/nn/joint_batch_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <utility>
#include <vector>

namespace dinoscope {

namespace {

thread_local BatchSum currentSum;

/// All dimensions but the channels'.
std::vector<std::int64_t> othersOf(const at::Tensor& x) {
    std::vector<std::int64_t> others{0};
    for (std::int64_t i = 2; i < x.dim(); ++i)
        others.push_back(i);
    return others;
}

/// [C] -> [1, C, 1, …]
at::Tensor asChannels(const at::Tensor& values, const at::Tensor& x) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[1] = values.size(0);
    return values.view(shape);
}

/// Mean and variance [C] over all processes, and how many numbers a channel has in them all. In two passes:
/// the difference of a mean of squares and the square of a mean would be rounding.
struct Statistics {
    at::Tensor mean;
    at::Tensor variance;
    at::Tensor count;
};

Statistics statisticsOf(const at::Tensor& x, const BatchSum& sum) {
    const std::vector<std::int64_t> others = othersOf(x);
    Statistics found;
    found.mean = x.sum(others);
    found.count = at::full({}, double(x.numel() / x.size(1)), x.options());
    sum(std::array{found.mean, found.count});
    found.mean.div_(found.count);
    found.variance = (x - asChannels(found.mean, x)).square_().sum(others);
    sum(std::array{found.variance});
    found.variance.div_(found.count);
    return found;
}

/// y = (x - mean) / sqrt(variance + epsilon), and with it
///   dL/dx = (dL/dy - mean(dL/dy) - y mean(dL/dy y)) / sqrt(variance + epsilon), the means over all
///   processes.
class Normalise : public torch::autograd::Function<Normalise> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              const Statistics& statistics, double epsilon, const BatchSum& sum) {
        const at::Tensor scale = (statistics.variance + epsilon).rsqrt_();
        const at::Tensor y = (x - asChannels(statistics.mean, x)).mul_(asChannels(scale, x));
        context->save_for_backward({y, scale, statistics.count});
        context->saved_data["sum"] = at::IValue::make_capsule(c10::make_intrusive<Kept>(sum));
        return y;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   torch::autograd::variable_list outer) {
        const auto saved = context->get_saved_variables();
        const at::Tensor& y = saved[0];
        const at::Tensor& gradient = outer[0];
        const std::vector<std::int64_t> others = othersOf(y);
        const at::Tensor mean = gradient.sum(others);
        const at::Tensor projection = (gradient * y).sum(others);
        c10::static_intrusive_pointer_cast<Kept>(context->saved_data["sum"].toCapsule())
            ->sum(std::array{mean, projection});
        mean.div_(saved[2]);
        projection.div_(saved[2]);
        const at::Tensor change = (gradient - asChannels(mean, y)).sub_(y * asChannels(projection, y));
        return {change.mul_(asChannels(saved[1], y)), at::Tensor(), at::Tensor(), at::Tensor()};
    }

private:
    struct Kept : torch::CustomClassHolder {
        explicit Kept(BatchSum given) : sum(std::move(given)) {}
        BatchSum sum;
    };
};

}  // namespace

BatchSumGuard::BatchSumGuard(BatchSum sum) : before_(std::exchange(currentSum, std::move(sum))) {}

BatchSumGuard::~BatchSumGuard() {
    currentSum = std::move(before_);
}

const BatchSum& batchSum() {
    return currentSum;
}

at::Tensor jointBatchNorm(const at::Tensor& x, const torch::nn::BatchNormOptions& options,
                          const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& runningMean,
                          const at::Tensor& runningVariance, const BatchSum& sum) {
    const at::Tensor exact = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
    Statistics statistics;
    {
        const at::NoGradGuard guard;
        statistics = statisticsOf(exact, sum);
        const double momentum = options.momentum().value();
        at::Tensor(runningMean).lerp_(statistics.mean.to(runningMean.scalar_type()), momentum);
        const at::Tensor unbiased = statistics.variance * (statistics.count / (statistics.count - 1));
        at::Tensor(runningVariance).lerp_(unbiased.to(runningVariance.scalar_type()), momentum);
    }
    const at::Tensor y = Normalise::apply(exact, statistics, options.eps(), sum);
    return (y * asChannels(weight, y) + asChannels(bias, y)).to(x.scalar_type());
}

}  // namespace dinoscope
