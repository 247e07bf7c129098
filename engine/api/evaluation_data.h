#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "engine/api/evaluate.h"
#include "engine/data/image_dataset.h"
#include "engine/neighbours/feature_stream.h"
#include "engine/neighbours/labelled_set.h"

// Not for app or ui: what both evaluations share.
namespace dinoscope::api {

/// The two sets of images with their classes, and the model to evaluate.
class EvaluationData {
public:
    EvaluationData(const OptionValues& options, JobControl& control);

    const Model& model() const { return *model_; }
    const ImageDataset& train() const { return train_; }
    const ImageDataset& val() const { return val_; }
    const std::vector<std::string>& classes() const { return train_.classes(); }
    /// For each class of the set its number among the training classes.
    const std::vector<std::int32_t>& trainNumbers() const { return trainNumbers_; }
    const std::vector<std::int32_t>& valNumbers() const { return valNumbers_; }
    InputRecipe input() const { return input_; }
    /// With the images that the scans left out, and no others yet.
    EvaluationSets describe() const;

private:
    std::shared_ptr<const Model> model_;
    ImageDataset train_;
    ImageDataset val_;
    std::vector<std::int32_t> trainNumbers_;
    std::vector<std::int32_t> valNumbers_;
    InputRecipe input_;
    std::int64_t shared_ = 0;  ///< images of both sets
    std::string trainName_;
    std::string valName_;
};

/// Lists images whose pixels could not be read.
void addSkipped(EvaluationSets& sets, const std::vector<SkippedFile>& skipped);

/// EvaluationSets::chosen, of these options.
std::vector<std::pair<std::string, std::string>> chosenOf(const OptionValues& options,
                                                          std::initializer_list<const char*> keys);

/// Counts predictions.
class Tally {
public:
    explicit Tally(const std::vector<std::string>& classes);

    /// `ranked`: classes from the most likely on; one that is not among the first five of them counts for
    /// nothing.
    void add(std::int32_t truth, std::span<const int> ranked);

    double top1() const;  ///< percent
    double top5() const;
    std::vector<ClassScore> scores() const;
    const ConfusionMatrix& confusion() const { return confusion_; }

private:
    ConfusionMatrix confusion_;
    std::vector<std::int64_t> inTop5_;  ///< of each true class
};

/// Writes the picture that --confusion names, if it names one.
void writeConfusion(const OptionValues& options, const ConfusionMatrix& confusion);

}  // namespace dinoscope::api
