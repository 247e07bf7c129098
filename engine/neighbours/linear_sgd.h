#pragma once

#include <cstdint>
#include <functional>

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

/// Learns on random resized crops (scale 0.08 to 1, bilinear) and flips of the images, which pass through the
/// network anew in every epoch. The weights begin normal with deviation 0.01. Class c of the dataset counts
/// as numbers[c]. Images that cannot be decoded are left out. Polls between batches of the network; progress
/// advances by images, over all epochs.
LinearClassifier fitLinearSgd(const FeatureNetwork& network, const FeatureRecipe& recipe,
                              const ImageDataset& dataset, const std::vector<std::int32_t>& numbers,
                              std::int64_t classes, const SgdOptions& options, JobControl& control);

}  // namespace dinoscope
