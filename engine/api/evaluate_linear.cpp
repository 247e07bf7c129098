#include <ATen/ATen.h>

#include <algorithm>
#include <optional>

#include "engine/api/confusion_picture.h"
#include "engine/api/evaluation_data.h"
#include "engine/api/evaluation_report.h"
#include "engine/api/evaluation_tally.h"
#include "engine/api/model_impl.h"
#include "engine/base/hash.h"
#include "engine/neighbours/labelled_set.h"
#include "engine/neighbours/linear_probe.h"
#include "engine/neighbours/linear_sgd.h"

namespace dinoscope::api {

namespace {

constexpr double kPenalties[] = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1};
constexpr std::uint64_t kHoldOutDraws = 0x686f6c64;
constexpr std::uint64_t kHoldOut = 10;   ///< one image in so many chooses the penalty
constexpr std::int64_t kLargeDim = 768;  ///< from vit_base on the reference takes the last layer and its mean

/// What the reference's eval_linear.py joins: [CLS] of the last layers of a ViT, and the mean of its patches.
void takeLayers(const OptionValues& options, const ModelInfo& model, FeatureRecipe& recipe) {
    const bool large = model.dim >= kLargeDim;
    const auto layers = int(options.integer("n-last-blocks"));
    const std::string& pooling = options.text("average-pool");
    recipe.kind = FeatureKind::Concat;
    recipe.layers = layers > 0 ? layers : large ? 1 : std::min(4, model.layers);
    recipe.average = pooling == "yes" || (pooling == "auto" && large);
    if (recipe.layers > model.layers) {
        throw UsageError("the network has " + std::to_string(model.layers) + " layers", "--n-last-blocks",
                         "give at most as many");
    }
}

FeatureRecipe recipeOf(const OptionValues& options, const EvaluationData& data) {
    FeatureRecipe recipe;
    recipe.input = data.input();
    recipe.unitLength = false;
    if (recipe.input.crop == 0) {
        throw UsageError("a linear probe needs images of one size", "--crop", "give the side of a crop");
    }
    if (!data.model().info().convolutional) {
        takeLayers(options, data.model().info(), recipe);
    } else if (options.integer("n-last-blocks") > 0 || options.text("average-pool") != "auto") {
        throw UsageError("a convolutional network's features are the mean of its last map",
                         "--n-last-blocks, --average-pool", "leave them out");
    }
    return recipe;
}

at::Tensor labelsOf(const LabelledSet& set) {
    std::vector<std::int64_t> labels(set.classes.begin(), set.classes.end());
    return at::tensor(labels, at::kLong);
}

double accuracy(const LinearClassifier& classifier, const at::Tensor& features, const at::Tensor& labels) {
    return classifier.logits(features).argmax(1).eq(labels).to(at::kDouble).mean().item<double>();
}

/// The penalty that does best on a tenth of the training images, the larger of equal ones.
double choosePenalty(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                     JobControl& control) {
    std::vector<std::int64_t> learning;
    std::vector<std::int64_t> held;
    for (std::int64_t i = 0; i < features.size(0); ++i)
        (mix(kHoldOutDraws, std::uint64_t(i)) % kHoldOut == 0 ? held : learning).push_back(i);
    if (held.empty() || learning.empty()) return kPenalties[3];
    const at::Tensor heldRows = at::tensor(held, at::kLong);
    const at::Tensor rows = at::tensor(learning, at::kLong);
    double chosen = 0;
    double best = -1;
    for (const double penalty : kPenalties) {
        control.setStatus("penalty " + std::to_string(penalty));
        const LinearClassifier classifier = fitLinear(
            features.index_select(0, rows), labels.index_select(0, rows), classes, penalty, control);
        const double right =
            accuracy(classifier, features.index_select(0, heldRows), labels.index_select(0, heldRows));
        if (right >= best) chosen = penalty;
        best = std::max(best, right);
    }
    control.setStatus({});
    return chosen;
}

void score(const LinearClassifier& classifier, const LabelledSet& val, const EvaluationData& data,
           LinearReport& report) {
    const std::int64_t classes = std::int64_t(data.classes().size());
    const std::int64_t top = std::min<std::int64_t>(5, classes);
    const at::Tensor ranked = std::get<1>(classifier.logits(val.features).topk(top, 1)).contiguous();
    const std::int64_t* row = ranked.const_data_ptr<std::int64_t>();
    Tally tally(data.classes());
    for (const std::int32_t truth : val.classes) {
        tally.add(truth, std::vector<int>(row, row + top));
        row += top;
    }
    report.top1 = tally.top1();
    report.top5 = tally.top5();
    report.classes = tally.scores();
    report.confusion = tally.confusion();
}

/// What was learnt: a classifier of features, of standard ones where there is a standardiser.
struct Probe {
    LinearClassifier classifier;
    std::optional<Standardiser> standardiser{};
};

Probe learnByLbfgs(const OptionValues& options, const EvaluationData& data, const FeatureRecipe& recipe,
                   LinearReport& report, JobControl& control) {
    const LabelledSet train = extractLabelled(data.model().impl().featureNetwork(), recipe, data.train(),
                                              data.trainNumbers(), control);
    report.sets.chosen = chosenOf(options, {"n-last-blocks", "average-pool", "penalty", "resize", "crop"});
    report.sets.trainImages = std::int64_t(train.classes.size());
    addSkipped(report.sets, train.skipped);
    const Standardiser standardiser = Standardiser::of(train.features);
    standardiser.apply(train.features);
    const at::Tensor labels = labelsOf(train);
    const auto classes = std::int64_t(data.classes().size());
    report.penalty = options.real("penalty");
    if (report.penalty == 0) report.penalty = choosePenalty(train.features, labels, classes, control);
    return {fitLinear(train.features, labels, classes, report.penalty, control), standardiser};
}

Probe learnBySgd(const OptionValues& options, const EvaluationData& data, const FeatureRecipe& recipe,
                 LinearReport& report, JobControl& control) {
    SgdOptions sgd;
    sgd.epochs = options.integer("epochs");
    sgd.batch = options.integer("batch-size-per-gpu");
    sgd.learningRate = options.real("lr");
    sgd.seed = std::uint64_t(options.integer("seed"));
    control.setTotal(sgd.epochs * data.train().size() + data.val().size(), "images");
    SgdFit fit = fitLinearSgd(data.model().impl().featureNetwork(), recipe, data.train(), data.trainNumbers(),
                              std::int64_t(data.classes().size()), sgd, control);
    report.sets.chosen = chosenOf(options, {"method", "n-last-blocks", "average-pool", "epochs", "lr",
                                            "batch-size-per-gpu", "seed", "resize", "crop"});
    report.sets.trainImages = fit.images;
    addSkipped(report.sets, fit.skipped);
    report.epochs = sgd.epochs;
    report.learningRate = sgd.learningRate * double(sgd.batch) / 256;
    return {std::move(fit.classifier)};
}

}  // namespace

LinearReport evaluateLinear(const OptionValues& options, JobControl& control) {
    checkConfusion(options);
    const EvaluationData data(options, control);
    const FeatureRecipe recipe = recipeOf(options, data);
    LinearReport report;
    report.sets = data.describe();
    report.method = options.text("method");
    const auto learn = report.method == "lbfgs" ? learnByLbfgs : learnBySgd;
    const Probe probe = learn(options, data, recipe, report, control);
    const LabelledSet val =
        extractLabelled(data.model().impl().featureNetwork(), recipe, data.val(), data.valNumbers(), control);
    report.sets.valImages = std::int64_t(val.classes.size());
    report.sets.dim = val.features.size(1);
    addSkipped(report.sets, val.skipped);
    if (probe.standardiser) probe.standardiser->apply(val.features);
    score(probe.classifier, val, data, report);
    writeConfusion(options, report.confusion);
    return report;
}

}  // namespace dinoscope::api
