#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dinoscope {

/// A parameter and its name in the state dict.
struct NamedParameter {
    std::string name;
    at::Tensor tensor;
};

/// Whether weight decay acts on it: not on biases and what has one dimension (utils.get_params_groups).
bool isRegularised(const NamedParameter& parameter);

/// What an optimizer remembers of a parameter, by the names PyTorch's optimizers use ("exp_avg", …).
using OptimizerState = std::map<std::string, at::Tensor>;

/// Updates parameters in place from their gradients. `step` may leave some out: those whose gradient is
/// undefined.
class Optimizer {
public:
    explicit Optimizer(std::vector<NamedParameter> parameters) : parameters_(std::move(parameters)) {}
    virtual ~Optimizer() = default;

    /// `ok` is a tensor [] float32 on the device, 1 to step and 0 to change nothing at all; nothing waits for
    /// it.
    virtual void step(double learningRate, double weightDecay, const at::Tensor& ok) = 0;

    const std::vector<NamedParameter>& parameters() const { return parameters_; }
    void zeroGrad();

    /// States in the order of parameters(); load() copies into place and throws Error where one does not fit.
    virtual std::vector<OptimizerState> state() const = 0;
    void load(const std::vector<OptimizerState>& states);

protected:
    std::vector<NamedParameter> parameters_;
};

/// "adamw" (betas 0.9 and 0.999, epsilon 1e-8), "sgd" (momentum 0.9) or "lars" (momentum 0.9, eta 0.001), as
/// main_dino.py makes them.
std::unique_ptr<Optimizer> makeOptimizer(const std::string& name, std::vector<NamedParameter> parameters);

/// Scales each gradient alone to a norm of at most `clip` (utils.clip_gradients); 0 leaves them. Returns the
/// norms before that, [parameters], without waiting for them.
at::Tensor clipGradients(const std::vector<NamedParameter>& parameters, double clip);

}  // namespace dinoscope
