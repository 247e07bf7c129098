#include "engine/train/objective.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include "engine/base/hash.h"
#include "engine/nn/autocast.h"

namespace dinoscope {

namespace {

constexpr std::uint64_t kDropPathDraws = 0x64726f70;  ///< keeps these draws apart from those of the crops

std::vector<at::Tensor> globalViews(const MicroBatch& batch) {
    return {batch.groups.at(0)};
}

void startTeacher(torch::nn::Module& teacher, const torch::nn::Module& student) {
    copyWeights(teacher, stateDict(student));
    for (at::Tensor& parameter : teacher.parameters())
        parameter.requires_grad_(false);
}

/// A backbone with a linear classifier; names "backbone.…" and "head.weight", "head.bias".
class ClassifierImpl : public torch::nn::Module {
public:
    ClassifierImpl(std::shared_ptr<BackboneNet> backbone, std::int64_t classes, std::uint64_t seed) {
        const std::int64_t dim = backbone->featureDim();
        register_module("backbone", std::move(backbone));
        torch::nn::Linear head = register_module("head", torch::nn::Linear(dim, classes));
        const at::NoGradGuard guard;
        fillNormal(head->weight, mix(seed, hashOfName("head.weight")), kInitialDeviation);
        head->bias.zero_();
    }
};

}  // namespace

std::vector<std::vector<std::uint64_t>> dropPathKeys(const MicroBatch& batch, std::uint64_t seed,
                                                     std::int64_t step) {
    std::vector<std::vector<std::uint64_t>> keys;
    const auto images = static_cast<std::int64_t>(batch.images.size());
    std::int64_t view = 0;
    for (const at::Tensor& group : batch.groups) {
        std::vector<std::uint64_t>& ofGroup = keys.emplace_back();
        for (std::int64_t end = view + group.size(0) / images; view < end; ++view) {
            for (const std::int64_t image : batch.images) {
                ofGroup.push_back(mix(kDropPathDraws, seed, std::uint64_t(step), std::uint64_t(image),
                                      std::uint64_t(view)));
            }
        }
    }
    return keys;
}

DinoObjective::DinoObjective(const std::function<std::shared_ptr<BackboneNet>()>& makeBackbone,
                             const Options& options, std::uint64_t seed, at::Device device)
    : options_(options), loss_(options.loss, options.head.outDim, device) {
    DinoHeadOptions teacherHead = options.head;
    teacherHead.predictor = false;
    student_ = SslNetwork(makeBackbone(), DinoHead(options.head, seed));
    teacher_ = SslNetwork(makeBackbone(), DinoHead(teacherHead, seed));
    StateDict start = stateDict(*student_);
    std::erase_if(start, [](const auto& item) { return item.first.starts_with("head.predictor."); });
    copyWeights(*teacher_, start);
    for (at::Tensor& parameter : teacher_->parameters())
        parameter.requires_grad_(false);
    student_->to(device);
    teacher_->to(device);
}

DinoLossValue DinoObjective::forward(const MicroBatch& batch, const ObjectiveContext& context) {
    at::Tensor targets;
    {
        const at::NoGradGuard guard;
        const AutocastGuard autocast(batch.groups[0].device().type(), context.bf16);
        targets = teacher_->forward(globalViews(batch));
    }
    context.poll();
    at::Tensor logits;
    {
        const AutocastGuard autocast(batch.groups[0].device().type(), context.bf16);
        logits = student_->forward(batch.groups, DropPath(options_.depth, options_.dropPathRate,
                                                          dropPathKeys(batch, context.seed, context.step)));
    }
    context.poll();
    const double temperature =
        options_.sharpening ? context.teacherTemperature : options_.loss.studentTemperature;
    return loss_.forward(logits, targets, temperature, context.images);
}

SupervisedObjective::SupervisedObjective(const std::function<std::shared_ptr<BackboneNet>()>& makeBackbone,
                                         std::int64_t classes, double dropPathRate, int depth,
                                         std::uint64_t seed, at::Device device)
    : dropPathRate_(dropPathRate),
      depth_(depth),
      studentBackbone_(makeBackbone()),
      teacherBackbone_(makeBackbone()) {
    student_ = std::make_shared<ClassifierImpl>(studentBackbone_, classes, seed);
    teacher_ = std::make_shared<ClassifierImpl>(teacherBackbone_, classes, seed);
    startTeacher(*teacher_, *student_);
    student_->to(device);
    teacher_->to(device);
    const auto parameters = student_->named_parameters();
    classifierWeight_ = parameters["head.weight"];
    classifierBias_ = parameters["head.bias"];
}

DinoLossValue SupervisedObjective::forward(const MicroBatch& batch, const ObjectiveContext& context) {
    const auto images = static_cast<std::int64_t>(batch.images.size());
    MicroBatch first = batch;
    first.groups = {batch.groups.at(0).narrow(0, 0, images)};
    at::Tensor logits;
    {
        const AutocastGuard autocast(batch.groups[0].device().type(), context.bf16);
        const DropPath dropPath(depth_, dropPathRate_, dropPathKeys(first, context.seed, context.step));
        logits =
            at::linear(studentBackbone_->forward(first.groups, dropPath), classifierWeight_, classifierBias_);
    }
    context.poll();
    DinoLossValue value;
    value.loss = at::cross_entropy_loss(logits.to(at::kFloat), batch.labels, {}, at::Reduction::Sum) /
                 static_cast<double>(context.images);
    return value;
}

/// The teacher never computes: its batch normalisations know the images by the student's statistics alone.
void SupervisedObjective::advance(const at::Tensor& ok) {
    const at::NoGradGuard guard;
    const std::vector<at::Tensor> learnt = student_->buffers();
    const std::vector<at::Tensor> shown = teacher_->buffers();
    for (std::size_t i = 0; i < shown.size(); ++i)
        at::Tensor(shown[i]).copy_(at::where(ok > 0, learnt[i], shown[i]));
}

}  // namespace dinoscope
