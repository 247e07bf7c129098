#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/job.h"
#include "engine/data/image_dataset.h"
#include "engine/neighbours/feature_stream.h"

namespace dinoscope {

/// Features of images whose classes are known.
struct LabelledSet {
    at::Tensor features;                ///< float32 [n, dim]
    std::vector<std::int32_t> classes;  ///< [n]
    std::vector<std::pair<std::filesystem::path, std::string>> skipped;
};

/// Features of all images of a dataset with labels; class c of it counts as numbers[c]. Polls; progress
/// advances by images.
LabelledSet extractLabelled(const FeatureNetwork& network, const FeatureRecipe& recipe,
                            const ImageDataset& dataset, const std::vector<std::int32_t>& numbers,
                            JobControl& control);

}  // namespace dinoscope
