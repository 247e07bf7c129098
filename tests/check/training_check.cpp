#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "engine/nn/vision_transformer.h"
#include "engine/train/learner.h"
#include "tests/check/check_report.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kImages = 6;
constexpr int kSteps = 4;

VitConfig smallVit() {
    VitConfig config = VitConfig::byName("vit_tiny", 16);
    config.depth = 4;
    return config;
}

/// Where it computes, and how.
struct Way {
    at::Device device;
    bool bf16 = false;
    bool recomputes = false;  ///< activations, in the backward pass
};

std::shared_ptr<DinoObjective> makeObjective(const Way& way) {
    DinoObjective::Options options;
    options.loss.crops = 6;
    options.head.inDim = smallVit().dim;
    options.head.hiddenDim = 256;
    options.head.outDim = 512;
    options.dropPathRate = 0.3;
    options.depth = smallVit().depth;
    const auto backbone = [&way] {
        VisionTransformer network(smallVit(), 3);
        network->setRecomputing(way.recomputes);
        return network.ptr();
    };
    return std::make_shared<DinoObjective>(backbone, options, 5, way.device);
}

/// Two global views of 96 px and four local ones of 48 px.
MicroBatch draw(std::uint64_t seed, at::Device device) {
    MicroBatch batch;
    batch.groups = {at::empty({2 * kImages, 3, 96, 96}), at::empty({4 * kImages, 3, 48, 48})};
    for (std::size_t g = 0; g < batch.groups.size(); ++g) {
        fillNormal(batch.groups[g], 2 * seed + g, 1);
        batch.groups[g] = batch.groups[g].to(device);
    }
    for (std::int64_t i = 0; i < kImages; ++i)
        batch.images.push_back(i);
    return batch;
}

at::Tensor flat(const torch::nn::Module& module) {
    std::vector<at::Tensor> parts;
    for (const at::Tensor& parameter : module.parameters())
        parts.push_back(parameter.detach().flatten().to(at::kCPU));
    return at::cat(parts);
}

struct Trained {
    at::Tensor losses;      ///< [steps]
    at::Tensor studentWay;  ///< what the steps changed
    at::Tensor teacherWay;
};

/// SGD: AdamW makes whole steps of the rounding of gradients that are zero.
Learner makeLearner(const Way& way) {
    LearnerOptions options;
    options.optimizer = "sgd";
    options.bf16 = way.bf16;
    return Learner(makeObjective(way), options, way.device);
}

StepSettings settingsOf(std::int64_t step) {
    StepSettings settings;
    settings.step = step;
    settings.images = kImages;
    settings.learningRate = 0.05;
    settings.weightDecay = 0.04;
    settings.momentum = 0.9;
    return settings;
}

Trained train(const Way& way) {
    JobControl control;
    Learner learner = makeLearner(way);
    const at::Tensor student = flat(learner.objective().student());
    const at::Tensor teacher = flat(learner.objective().teacher());
    std::vector<double> losses;
    for (int step = 0; step < kSteps; ++step) {
        learner.begin(settingsOf(step));
        learner.accumulate(draw(std::uint64_t(step), way.device), control);
        learner.end();
    }
    for (const StepNumbers& numbers : learner.fetch())
        losses.push_back(numbers.loss);
    return {at::tensor(losses, at::kDouble), flat(learner.objective().student()) - student,
            flat(learner.objective().teacher()) - teacher};
}

void compare(const std::string& what, const Trained& found, const Trained& expected, double ofLosses,
             double ofWays) {
    check(what + ", losses", found.losses, expected.losses, ofLosses);
    check(what + ", way of the student", found.studentWay, expected.studentWay, ofWays);
    check(what + ", way of the teacher", found.teacherWay, expected.teacherWay, ofWays);
}

void checkRefusal(at::Device device) {
    JobControl control;
    Learner learner = makeLearner({device});
    const at::Tensor before = flat(learner.objective().student());
    MicroBatch batch = draw(0, device);
    batch.groups[0][0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
    learner.begin(settingsOf(0));
    learner.accumulate(batch, control);
    learner.end();
    const bool refused = !learner.fetch().at(0).taken;
    report("a step that is not finite changes nothing on " + device.str(),
           refused && flat(learner.objective().student()).equal(before));
}

}  // namespace

void checkTraining() {
    const at::Device cpu(at::kCPU);
    const Trained reference = train({cpu});
    compare("training, CPU bf16 against fp32", train({cpu, true}), reference, 1e-2, 0.1);
    checkRefusal(cpu);
    if (!at::hasCUDA()) return;
    const at::Device card("cuda:0");
    compare("training, CUDA fp32 against CPU fp32", train({card}), reference, 1e-5, 1e-3);
    compare("training, CUDA fp32, activations computed again, against CPU fp32", train({card, false, true}),
            reference, 1e-5, 1e-3);
    compare("training, CUDA bf16 against CPU fp32", train({card, true}), reference, 1e-2, 0.1);
    checkRefusal(card);
}

}  // namespace dinoscope
