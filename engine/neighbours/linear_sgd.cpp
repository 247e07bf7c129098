#include "engine/neighbours/linear_sgd.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>

#include "engine/base/hash.h"
#include "engine/base/parallel.h"
#include "engine/image/decode.h"
#include "engine/image/resample.h"
#include "engine/nn/state_dict.h"
#include "engine/ssl/augment/apply_crop.h"

namespace dinoscope {

namespace {

constexpr double kInitialWeights = 0.01;
constexpr double kReferenceBatch = 256;
constexpr std::uint64_t kOrderDraws = 0x6c696e;

std::vector<std::int64_t> shuffled(std::int64_t images, std::uint64_t seed, std::int64_t epoch) {
    std::vector<std::pair<std::uint64_t, std::int64_t>> drawn;
    for (std::int64_t i = 0; i < images; ++i)
        drawn.emplace_back(mix(kOrderDraws, seed, std::uint64_t(epoch), std::uint64_t(i)), i);
    std::sort(drawn.begin(), drawn.end());
    std::vector<std::int64_t> order;
    for (const auto& [draw, image] : drawn)
        order.push_back(image);
    return order;
}

/// One session of learning.
class Learner {
public:
    Learner(const FeatureNetwork& network, const FeatureRecipe& recipe, const ImageDataset& dataset,
            const std::vector<std::int32_t>& numbers, const SgdOptions& options)
        : network_(network), recipe_(recipe), dataset_(dataset), numbers_(numbers), options_(options) {}

    /// Features of random views of `images`, and their classes; what cannot be decoded is left out.
    std::pair<at::Tensor, at::Tensor> batch(std::span<const std::int64_t> images, std::int64_t epoch,
                                            JobControl& control) {
        const std::vector<View> views = make(images, epoch, control);
        control.poll();  // of a cancelled job some are missing
        std::vector<const std::vector<float>*> good;
        std::vector<std::int64_t> classes;
        for (std::size_t i = 0; i < views.size(); ++i) {
            if (!views[i].failure.empty()) {
                skip(images[i], views[i].failure, control);
                continue;
            }
            good.push_back(&views[i].pixels);
            classes.push_back(numbers_[std::size_t(dataset_.label(images[i]))]);
        }
        if (good.empty()) return {};
        return {features(good, control), at::tensor(classes, at::kLong)};
    }

    std::vector<SkippedFile> takeSkipped() { return std::move(skipped_); }

private:
    struct View {
        std::vector<float> pixels;  ///< as of randomView()
        std::string failure;        ///< why it cannot be decoded, empty where it can
    };

    std::vector<View> make(std::span<const std::int64_t> images, std::int64_t epoch,
                           const JobControl& control) const {
        std::vector<View> views(images.size());
        parallelFor(0, std::int64_t(images.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end && !control.isCancelled(); ++i) {
                const std::int64_t image = images[std::size_t(i)];
                View& view = views[std::size_t(i)];
                try {
                    view.pixels = randomView(decodeImage(dataset_.path(image)), recipe_.input.crop,
                                             imageKey(options_.seed, epoch, image));
                } catch (const Error& error) {
                    view.failure = error.problem().empty() ? "it cannot be read" : error.problem();
                }
            }
        });
        return views;
    }

    at::Tensor features(const std::vector<const std::vector<float>*>& views, JobControl& control) const {
        const int side = recipe_.input.crop;
        const std::size_t atOnce = network_.batchOf(side, side);
        std::vector<at::Tensor> parts;
        for (std::size_t first = 0; first < views.size(); first += atOnce) {
            const std::size_t count = std::min(atOnce, views.size() - first);
            at::Tensor batch = at::empty({std::int64_t(count), 3, side, side});
            auto* out = batch.mutable_data_ptr<float>();
            for (std::size_t i = first; i < first + count; ++i)
                out = std::copy(views[i]->begin(), views[i]->end(), out);
            parts.push_back(network_.features(batch, recipe_.kind, recipe_.layers, recipe_.average, control));
        }
        return at::cat(parts).clone();
    }

    /// It is tried in every epoch, and told of once.
    void skip(std::int64_t image, const std::string& reason, JobControl& control) {
        if (!unreadable_.insert(image).second) return;
        skipped_.emplace_back(dataset_.path(image), reason);
        control.note("skipped " + skipped_.back().first.string() + ": " + reason);
    }

    FeatureNetwork network_;
    const FeatureRecipe& recipe_;
    const ImageDataset& dataset_;
    const std::vector<std::int32_t>& numbers_;
    const SgdOptions& options_;
    std::set<std::int64_t> unreadable_;
    std::vector<SkippedFile> skipped_;
};

}  // namespace

std::vector<float> randomView(const Image& image, int side, std::uint64_t key) {
    MultiCropOptions options;
    options.globalScale = {0.08, 1.0};
    options.recipe = AugmentRecipe::CropAndFlip;
    std::vector<float> view(std::size_t(3) * std::size_t(side) * std::size_t(side));
    CropMaker(cpuPath(), Filter::Bilinear)
        .make(image, drawCropPlan(options, image.width, image.height, 0, key), side, view.data());
    return view;
}

LinearSgd::LinearSgd(LinearClassifier start, const SgdOptions& options)
    : options_(options),
      classifier_(std::move(start)),
      weightSpeed_(at::zeros_like(classifier_.weight)),
      biasSpeed_(at::zeros_like(classifier_.bias)) {}

void LinearSgd::step(const at::Tensor& features, const at::Tensor& labels, std::int64_t epoch) {
    const at::NoGradGuard guard;
    const double cosine = std::cos(std::numbers::pi * double(epoch) / double(options_.epochs));
    const double rate = options_.learningRate * double(options_.batch) / kReferenceBatch * (1 + cosine) / 2;
    // The gradient of the mean cross-entropy: (softmax - one hot) / n.
    at::Tensor slope = at::softmax(classifier_.logits(features), 1);
    slope.scatter_add_(1, labels.unsqueeze(1), at::full({labels.size(0), 1}, -1.0, slope.options()));
    slope.div_(double(labels.size(0)));
    weightSpeed_.mul_(options_.momentum).add_(slope.t().matmul(features));
    biasSpeed_.mul_(options_.momentum).add_(slope.sum(0));
    classifier_.weight.sub_(weightSpeed_, rate);
    classifier_.bias.sub_(biasSpeed_, rate);
}

SgdFit fitLinearSgd(const FeatureNetwork& network, const FeatureRecipe& recipe, const ImageDataset& dataset,
                    const std::vector<std::int32_t>& numbers, std::int64_t classes, const SgdOptions& options,
                    JobControl& control) {
    FeatureRecipe whole = recipe;
    whole.input.patchSize = network.stride();
    Learner learner(network, whole, dataset, numbers, options);
    std::optional<LinearSgd> sgd;
    for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
        const std::vector<std::int64_t> order = shuffled(dataset.size(), options.seed, epoch);
        for (std::size_t first = 0; first < order.size(); first += std::size_t(options.batch)) {
            const auto part =
                std::span(order).subspan(first, std::min(std::size_t(options.batch), order.size() - first));
            const auto [features, labels] = learner.batch(part, epoch, control);
            control.advance(std::int64_t(part.size()));
            if (!features.defined()) continue;
            if (!sgd) {
                at::Tensor weight = at::empty({classes, features.size(1)});
                fillNormal(weight, mix(options.seed, kOrderDraws), kInitialWeights);
                sgd.emplace(LinearClassifier{weight, at::zeros({classes})}, options);
            }
            sgd->step(features, labels, epoch);
        }
    }
    if (!sgd) throw Error("no training image can be decoded");
    SgdFit fit{sgd->classifier(), dataset.size(), learner.takeSkipped()};
    fit.images -= std::int64_t(fit.skipped.size());
    return fit;
}

}  // namespace dinoscope
