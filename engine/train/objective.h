#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/nn/backbone_net.h"
#include "engine/ssl/dino_loss.h"
#include "engine/ssl/ssl_network.h"

namespace dinoscope {

/// Some images of a step on the device, as views: groups[0] holds the global ones [2 * n, 3, S, S],
/// groups[1], where there are any, the local ones; a view after the other.
struct MicroBatch {
    std::vector<at::Tensor> groups;
    std::vector<std::int64_t> images;  ///< [n] numbers in the dataset, of the places: CropBatch::wanted
    at::Tensor labels;                 ///< [n] int64, undefined where nobody reads them
};

/// What an objective may know of the step it is in.
struct ObjectiveContext {
    std::int64_t step = 0;
    std::int64_t images = 0;  ///< of the whole step
    double teacherTemperature = 0;
    std::uint64_t seed = 0;
    bool bf16 = false;
    std::function<void()> poll;  ///< called between the passes
};

/// What is learnt: a student that is trained, a teacher that follows, and a loss.
class Objective {
public:
    virtual ~Objective() = default;

    /// Whether forward() reads `labels`, which then must be there.
    virtual bool readsLabels() const = 0;
    /// The loss of a micro-batch, its share of the step's. `value.entropy` may be undefined.
    virtual DinoLossValue forward(const MicroBatch& batch, const ObjectiveContext& context) = 0;
    /// What the micro-batches of a step add up beside gradients: processes that share a step add theirs.
    virtual std::vector<at::Tensor> sums() = 0;
    /// Once a step, after the last micro-batch; nothing changes where `ok` [] is 0.
    virtual void advance(const at::Tensor& ok) = 0;
    /// Forgets the micro-batches of a step that is not taken to its end.
    virtual void abandon() = 0;

    virtual torch::nn::Module& student() = 0;
    virtual torch::nn::Module& teacher() = 0;
    virtual BackboneNet& studentBackbone() = 0;
    virtual BackboneNet& teacherBackbone() = 0;
    /// The teacher's centre [1, K], undefined where there is none.
    virtual at::Tensor centre() = 0;
};

/// Numbers for drop path: mixed from (seed, step, image, view), views of one group a view after the other.
std::vector<std::vector<std::uint64_t>> dropPathKeys(const MicroBatch& batch, std::uint64_t seed,
                                                     std::int64_t step);

/// Self-distillation with no labels (algorithm 1 of the paper).
class DinoObjective : public Objective {
public:
    struct Options {
        DinoLossOptions loss;
        DinoHeadOptions head;
        double dropPathRate = 0.1;
        int depth = 12;
        bool sharpening = true;  ///< else the teacher's temperature is that of the student
    };

    /// `makeBackbone` is called for the student and for the teacher; both start from the student's weights.
    DinoObjective(const std::function<std::shared_ptr<BackboneNet>()>& makeBackbone, const Options& options,
                  std::uint64_t seed, at::Device device);

    bool readsLabels() const override { return false; }
    DinoLossValue forward(const MicroBatch& batch, const ObjectiveContext& context) override;
    std::vector<at::Tensor> sums() override { return {loss_.teacherSum()}; }
    void advance(const at::Tensor& ok) override { loss_.updateCentre(ok); }
    void abandon() override { loss_.updateCentre(at::zeros_like(loss_.centre().sum())); }

    torch::nn::Module& student() override { return *student_; }
    torch::nn::Module& teacher() override { return *teacher_; }
    BackboneNet& studentBackbone() override { return student_->backbone(); }
    BackboneNet& teacherBackbone() override { return teacher_->backbone(); }
    at::Tensor centre() override { return loss_.centre(); }

private:
    Options options_;
    SslNetwork student_{nullptr};
    SslNetwork teacher_{nullptr};
    DinoLoss loss_;
};

/// The baseline with labels: cross-entropy of a linear classifier on the first global view.
class SupervisedObjective : public Objective {
public:
    SupervisedObjective(const std::function<std::shared_ptr<BackboneNet>()>& makeBackbone,
                        std::int64_t classes, double dropPathRate, int depth, std::uint64_t seed,
                        at::Device device);

    bool readsLabels() const override { return true; }
    DinoLossValue forward(const MicroBatch& batch, const ObjectiveContext& context) override;
    std::vector<at::Tensor> sums() override { return {}; }
    void advance(const at::Tensor& ok) override;
    void abandon() override {}

    torch::nn::Module& student() override { return *student_; }
    torch::nn::Module& teacher() override { return *teacher_; }
    BackboneNet& studentBackbone() override { return *studentBackbone_; }
    BackboneNet& teacherBackbone() override { return *teacherBackbone_; }
    at::Tensor centre() override { return {}; }

private:
    double dropPathRate_;
    int depth_;
    std::shared_ptr<torch::nn::Module> student_;
    std::shared_ptr<torch::nn::Module> teacher_;
    std::shared_ptr<BackboneNet> studentBackbone_;
    std::shared_ptr<BackboneNet> teacherBackbone_;
    at::Tensor classifierWeight_;
    at::Tensor classifierBias_;
};

}  // namespace dinoscope
