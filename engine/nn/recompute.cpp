#include "engine/nn/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/nn/autocast.h"

namespace dinoscope {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Run = std::function<at::Tensor(const at::Tensor&)>;

class Recompute : public torch::autograd::Function<Recompute> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const std::shared_ptr<Run>& run,
                              bool autocast) {
        context->save_for_backward({x});
        auto holder = c10::make_intrusive<Holder>();
        holder->run = run;
        holder->autocast = autocast;
        context->saved_data["run"] = c10::IValue::make_capsule(holder);
        const at::NoGradGuard guard;
        return (*run)(x);
    }

    static variable_list backward(AutogradContext* context, variable_list outer) {
        const auto holder =
            c10::static_intrusive_pointer_cast<Holder>(context->saved_data["run"].toCapsule());
        const at::Tensor x = context->get_saved_variables()[0].detach().requires_grad_();
        at::Tensor y;
        {
            const at::AutoGradMode grad(true);
            const AutocastGuard autocast(x.device().type(), holder->autocast);
            y = (*holder->run)(x);
        }
        torch::autograd::backward({y}, {outer[0]});
        return {x.grad(), at::Tensor(), at::Tensor()};
    }

private:
    struct Holder : torch::CustomClassHolder {
        std::shared_ptr<Run> run;
        bool autocast = false;
    };
};

}  // namespace

at::Tensor recompute(std::function<at::Tensor(const at::Tensor&)> run, const at::Tensor& x) {
    return Recompute::apply(x, std::make_shared<Run>(std::move(run)), isAutocastOn(x.device().type()));
}

}  // namespace dinoscope
