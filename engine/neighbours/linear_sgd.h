#pragma once

#include <cstdint>

#include "engine/neighbours/feature_stream.h"
#include "engine/neighbours/labelled_set.h"
#include "engine/neighbours/linear_probe.h"

namespace dinoscope {

/// eval_linear.py of facebookresearch/dino.
struct SgdOptions {
    std::int64_t epochs = 100;
    std::int64_t batch = 128;
    double learningRate = 0.001;  ///< for 256 images; scaled by batch / 256, cosine to 0 over the epochs
    double momentum = 0.9;
    std::uint64_t seed = 0;
};

/// A view as eval_linear.py draws and makes it, RandomResizedCrop(side), which is bilinear,
/// RandomHorizontalFlip, ToTensor and Normalize: equal to torchvision's of the same box to the last bit.
/// `key` is imageKey(). [3, side, side].
std::vector<float> randomView(const Image& image, int side, std::uint64_t key);

/// PyTorch's SGD with momentum on the mean cross-entropy of a linear classifier, without decay; the rate
/// follows a cosine from epoch to epoch and stands still within one (CosineAnnealingLR).
class LinearSgd {
public:
    LinearSgd(LinearClassifier start, const SgdOptions& options);

    /// features [n, dim], labels int64 [n]; epochs count from 0.
    void step(const at::Tensor& features, const at::Tensor& labels, std::int64_t epoch);

    const LinearClassifier& classifier() const { return classifier_; }

private:
    SgdOptions options_;
    LinearClassifier classifier_;
    at::Tensor weightSpeed_;  ///< [classes, dim]
    at::Tensor biasSpeed_;    ///< [classes]
};

/// What fitLinearSgd() learnt, and of which images.
struct SgdFit {
    LinearClassifier classifier;
    std::int64_t images = 0;           ///< that were learnt from
    std::vector<SkippedFile> skipped;  ///< each once, however many epochs it was tried in
};

/// Learns on random views of the images, which pass through the network anew in every epoch. The weights
/// begin normal with deviation 0.01, the bias 0. Class c of the dataset counts as numbers[c]. Images that
/// cannot be decoded are left out, noted and listed. Polls between batches of the network; progress advances
/// by images, over all epochs.
SgdFit fitLinearSgd(const FeatureNetwork& network, const FeatureRecipe& recipe, const ImageDataset& dataset,
                    const std::vector<std::int32_t>& numbers, std::int64_t classes, const SgdOptions& options,
                    JobControl& control);

}  // namespace dinoscope
