#include "engine/train/learner.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/nn/module.h>

#include <memory>
#include <unordered_set>

#include "engine/scale/process_group.h"
#include "engine/ssl/teacher.h"

namespace dinoscope {

namespace {

enum Number : std::int64_t { kLoss, kEntropy, kKl, kGradientNorm, kCentreNorm, kTaken, kNumbers };

std::vector<NamedParameter> trainedParameters(const torch::nn::Module& module) {
    std::vector<NamedParameter> parameters;
    for (const auto& item : module.named_parameters()) {
        if (item.value().requires_grad()) parameters.push_back({item.key(), item.value()});
    }
    return parameters;
}

bool isLastLayer(const std::string& name) {
    return name.find("last_layer") != std::string::npos;
}

/// Lets other jobs have their turn between two operations of a backward pass.
class PollHook : public torch::autograd::FunctionPostHook {
public:
    explicit PollHook(JobControl& control) : control_(control) {}

    torch::autograd::variable_list operator()(const torch::autograd::variable_list& gradients,
                                              const torch::autograd::variable_list&) override {
        control_.poll();
        return gradients;
    }

private:
    JobControl& control_;
};

/// All operations of a graph but those that add to the parameters' gradients, which outlive it.
void pollWithin(const at::Tensor& loss, JobControl& control) {
    std::unordered_set<torch::autograd::Node*> seen;
    std::vector<torch::autograd::Node*> waiting{loss.grad_fn().get()};
    while (!waiting.empty()) {
        torch::autograd::Node* node = waiting.back();
        waiting.pop_back();
        if (!node || node->num_outputs() == 0 || !seen.insert(node).second) continue;
        node->add_post_hook(std::make_unique<PollHook>(control));
        for (const torch::autograd::Edge& edge : node->next_edges())
            waiting.push_back(edge.function.get());
    }
}

}  // namespace

Learner::Learner(std::shared_ptr<Objective> objective, const LearnerOptions& options, at::Device device)
    : objective_(std::move(objective)),
      options_(options),
      device_(device),
      optimizer_(makeOptimizer(options.optimizer, trainedParameters(objective_->student()))),
      alive_(at::ones({}, at::TensorOptions(device).dtype(at::kFloat))) {
    const auto students = objective_->student().named_parameters();
    for (const auto& item : objective_->teacher().named_parameters()) {
        teacherWeights_.push_back(item.value());
        studentWeights_.push_back(students[item.key()]);
    }
    for (torch::nn::Module* module : {&objective_->student(), &objective_->teacher()}) {
        for (const at::Tensor& buffer : module->buffers())
            buffers_.push_back(buffer);
    }
}

void Learner::begin(const StepSettings& settings) {
    settings_ = settings;
    optimizer_->zeroGrad();
    loss_ = at::zeros({}, alive_.options());
    entropy_ = at::zeros({}, alive_.options());
    keepBuffers();
}

void Learner::accumulate(const MicroBatch& batch, JobControl& control) {
    const ObjectiveContext context{settings_.step, settings_.images, settings_.teacherTemperature,
                                   options_.seed,  options_.bf16,    [&] { control.poll(); }};
    const DinoLossValue value = objective_->forward(batch, context);
    // A GPU's graph runs on a thread of its own, where jobs of this one must not.
    if (device_.is_cpu()) pollWithin(value.loss, control);
    value.loss.backward();
    loss_ += value.loss.detach();
    if (value.entropy.defined()) entropy_ += value.entropy;
    control.poll();
}

void Learner::share(ProcessGroup& processes) {
    const at::NoGradGuard guard;
    completeGradients();
    std::vector<at::Tensor> sums{loss_, entropy_};
    for (const at::Tensor& sum : objective_->sums())
        sums.push_back(sum);
    for (const NamedParameter& parameter : optimizer_->parameters())
        sums.push_back(parameter.tensor.grad());
    processes.sum(sums);
}

void Learner::end() {
    const at::NoGradGuard guard;
    completeGradients();
    const at::Tensor norms = clipGradients(optimizer_->parameters(), options_.clip);
    const at::Tensor norm = norms.norm();
    const at::Tensor finite = at::isfinite(loss_).logical_and(at::isfinite(norm)).to(at::kFloat);
    const at::Tensor ok = alive_ * finite;
    alive_ = ok;
    if (settings_.freezeLastLayer) {
        for (const NamedParameter& parameter : optimizer_->parameters()) {
            if (isLastLayer(parameter.name)) parameter.tensor.mutable_grad().reset();
        }
    }
    optimizer_->step(settings_.learningRate, settings_.weightDecay, ok);
    updateTeacherWeights(ok);
    objective_->advance(ok);
    restoreBuffersUnless(ok);
    const at::Tensor centre = objective_->centre();
    const at::Tensor kl = loss_ - entropy_;
    const at::Tensor centreNorm = centre.defined() ? centre.norm() : at::zeros_like(loss_);
    waiting_.push_back(at::stack({loss_, entropy_, kl, norm, centreNorm, ok}));
    waitingSteps_.push_back(settings_.step);
}

void Learner::abandon() {
    const at::NoGradGuard guard;
    optimizer_->zeroGrad();
    restoreBuffersUnless(at::zeros_like(alive_));
    objective_->abandon();
}

void Learner::endEpoch() {
    if (options_.teacherUpdate != TeacherUpdate::PreviousEpoch) return;
    updateTeacher(teacherWeights_, studentWeights_, 0, alive_);
}

std::vector<StepNumbers> Learner::fetch() {
    std::vector<StepNumbers> found;
    if (waiting_.empty()) return found;
    const at::Tensor all = at::stack(waiting_).to(at::kCPU, at::kDouble);
    const auto values = all.accessor<double, 2>();
    for (std::size_t i = 0; i < waitingSteps_.size(); ++i) {
        const auto row = values[static_cast<std::int64_t>(i)];
        found.push_back({waitingSteps_[i], row[kLoss], row[kEntropy], row[kKl], row[kGradientNorm],
                         row[kCentreNorm], row[kTaken] > 0});
    }
    waiting_.clear();
    waitingSteps_.clear();
    return found;
}

void Learner::completeGradients() {
    // A branch that no sample of the step took leaves no gradient; it is zero, and decay acts all the same.
    for (const NamedParameter& parameter : optimizer_->parameters()) {
        if (!parameter.tensor.grad().defined())
            parameter.tensor.mutable_grad() = at::zeros_like(parameter.tensor);
    }
}

void Learner::updateTeacherWeights(const at::Tensor& ok) {
    switch (options_.teacherUpdate) {
        case TeacherUpdate::Momentum:
            updateTeacher(teacherWeights_, studentWeights_, settings_.momentum, ok);
            break;
        case TeacherUpdate::Copy:
            updateTeacher(teacherWeights_, studentWeights_, 0, ok);
            break;
        case TeacherUpdate::PreviousEpoch:
            break;
    }
}

void Learner::keepBuffers() {
    buffersBefore_.clear();
    for (const at::Tensor& buffer : buffers_)
        buffersBefore_.push_back(buffer.clone());
}

void Learner::restoreBuffersUnless(const at::Tensor& ok) {
    if (buffersBefore_.empty()) return;
    for (std::size_t i = 0; i < buffers_.size(); ++i)
        buffers_[i].copy_(at::where(ok > 0, buffers_[i], buffersBefore_[i]));
    buffersBefore_.clear();
}

}  // namespace dinoscope
