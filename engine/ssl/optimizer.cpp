#include "engine/ssl/optimizer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include <algorithm>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr double kMomentum = 0.9;
constexpr double kLarsEta = 0.001;

class AdamW : public Optimizer {
public:
    explicit AdamW(std::vector<NamedParameter> parameters) : Optimizer(std::move(parameters)) {
        for (const NamedParameter& parameter : parameters_) {
            averages_.push_back(at::zeros_like(parameter.tensor));
            squares_.push_back(at::zeros_like(parameter.tensor));
            steps_.push_back(at::zeros({}, parameter.tensor.options().dtype(at::kFloat)));
        }
    }

    void step(double learningRate, double weightDecay, const at::Tensor& ok) override {
        stepGroup(true, learningRate, weightDecay, ok);
        stepGroup(false, learningRate, 0, ok);
    }

    std::vector<OptimizerState> state() const override {
        std::vector<OptimizerState> states;
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            states.push_back({{"step", steps_[i]}, {"exp_avg", averages_[i]}, {"exp_avg_sq", squares_[i]}});
        }
        return states;
    }

private:
    void stepGroup(bool regularised, double learningRate, double weightDecay, const at::Tensor& ok) {
        std::vector<at::Tensor> weights;
        std::vector<at::Tensor> gradients;
        std::vector<at::Tensor> averages;
        std::vector<at::Tensor> squares;
        std::vector<at::Tensor> steps;
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            const NamedParameter& parameter = parameters_[i];
            const at::Tensor& gradient = parameter.tensor.grad();
            if (isRegularised(parameter) != regularised || !gradient.defined()) continue;
            weights.push_back(parameter.tensor);
            gradients.push_back(gradient);
            averages.push_back(averages_[i]);
            squares.push_back(squares_[i]);
            steps.push_back(steps_[i]);
        }
        if (weights.empty()) return;
        at::_foreach_add_(steps, ok);
        at::_fused_adamw_(weights, gradients, averages, squares, {}, steps, learningRate, kBeta1, kBeta2,
                          weightDecay, kEpsilon, false, false, {}, 1 - ok);
    }

    std::vector<at::Tensor> averages_;
    std::vector<at::Tensor> squares_;
    std::vector<at::Tensor> steps_;
};

/// SGD and LARS differ in what they do to a gradient before momentum takes it.
class MomentumOptimizer : public Optimizer {
public:
    MomentumOptimizer(std::vector<NamedParameter> parameters, bool lars)
        : Optimizer(std::move(parameters)), lars_(lars) {
        for (const NamedParameter& parameter : parameters_)
            momentum_.push_back(at::zeros_like(parameter.tensor));
    }

    void step(double learningRate, double weightDecay, const at::Tensor& ok) override {
        const at::Tensor goes = ok > 0;
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            at::Tensor weights = parameters_[i].tensor;
            if (!weights.grad().defined()) continue;
            const at::Tensor change =
                lars_ ? larsChange(weights, weightDecay) : sgdChange(parameters_[i], weightDecay);
            const at::Tensor moved = momentum_[i] * kMomentum + change;
            momentum_[i].copy_(at::where(goes, moved, momentum_[i]));
            weights.copy_(at::where(goes, weights - learningRate * moved, weights));
        }
    }

    std::vector<OptimizerState> state() const override {
        std::vector<OptimizerState> states;
        for (const at::Tensor& momentum : momentum_)
            states.push_back({{lars_ ? "mu" : "momentum_buffer", momentum}});
        return states;
    }

private:
    static at::Tensor sgdChange(const NamedParameter& parameter, double weightDecay) {
        const at::Tensor& gradient = parameter.tensor.grad();
        return isRegularised(parameter) ? gradient + weightDecay * parameter.tensor : gradient;
    }

    /// You et al. 2017; utils.LARS: one-dimensional parameters are neither decayed nor scaled.
    static at::Tensor larsChange(const at::Tensor& weights, double weightDecay) {
        const at::Tensor& gradient = weights.grad();
        if (weights.dim() == 1) return gradient;
        const at::Tensor change = gradient + weightDecay * weights;
        const at::Tensor weightNorm = weights.norm();
        const at::Tensor changeNorm = change.norm();
        const at::Tensor one = at::ones_like(weightNorm);
        const at::Tensor rate = at::where(
            weightNorm > 0, at::where(changeNorm > 0, kLarsEta * weightNorm / changeNorm, one), one);
        return change * rate;
    }

    bool lars_;
    std::vector<at::Tensor> momentum_;
};

std::vector<at::Tensor> definedGradients(const std::vector<NamedParameter>& parameters) {
    std::vector<at::Tensor> gradients;
    for (const NamedParameter& parameter : parameters) {
        if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
    }
    return gradients;
}

}  // namespace

bool isRegularised(const NamedParameter& parameter) {
    return parameter.tensor.dim() != 1 && !parameter.name.ends_with(".bias");
}

void Optimizer::zeroGrad() {
    for (NamedParameter& parameter : parameters_)
        parameter.tensor.mutable_grad().reset();
}

void Optimizer::load(const std::vector<OptimizerState>& states) {
    const std::vector<OptimizerState> own = state();
    const auto refuse = [](const std::string& what) {
        throw Error("the optimizer's state does not fit: " + what, {},
                    "continue with the optimizer that wrote it");
    };
    if (states.size() != own.size()) refuse("it has " + std::to_string(states.size()) + " parameters");
    for (std::size_t i = 0; i < own.size(); ++i) {
        for (const auto& [key, target] : own[i]) {
            const auto given = states[i].find(key);
            if (given == states[i].end() || given->second.sizes() != target.sizes()) {
                refuse(key + " of " + parameters_[i].name);
            }
        }
    }
    for (std::size_t i = 0; i < own.size(); ++i) {
        for (const auto& [key, target] : own[i])
            at::Tensor(target).copy_(states[i].at(key));
    }
}

std::unique_ptr<Optimizer> makeOptimizer(const std::string& name, std::vector<NamedParameter> parameters) {
    if (name == "adamw") return std::make_unique<AdamW>(std::move(parameters));
    if (name == "sgd") return std::make_unique<MomentumOptimizer>(std::move(parameters), false);
    if (name == "lars") return std::make_unique<MomentumOptimizer>(std::move(parameters), true);
    throw UsageError("'" + name + "' is not an optimizer", "--optimizer", "give adamw, sgd or lars");
}

at::Tensor clipGradients(const std::vector<NamedParameter>& parameters, double clip) {
    std::vector<at::Tensor> gradients = definedGradients(parameters);
    if (gradients.empty()) return at::zeros({0});
    const at::Tensor norms = at::stack(at::_foreach_norm(gradients));
    if (clip > 0) {
        const at::Tensor factors = (clip / (norms + 1e-6)).clamp_max(1);
        at::_foreach_mul_(gradients, factors.unbind());
    }
    return norms;
}

}  // namespace dinoscope
