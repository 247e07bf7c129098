#pragma once

#include <cstdint>
#include <memory>
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
    std::string trainName_;
    std::string valName_;
    ImageDataset train_;
    ImageDataset val_;
    std::vector<std::int32_t> trainNumbers_;
    std::vector<std::int32_t> valNumbers_;
    InputRecipe input_;
    std::int64_t shared_ = 0;  ///< images of both sets
};

/// Lists images whose pixels could not be read.
void addSkipped(EvaluationSets& sets, const std::vector<SkippedFile>& skipped);

}  // namespace dinoscope::api
