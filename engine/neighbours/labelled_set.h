#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/job.h"
#include "engine/data/image_dataset.h"
#include "engine/neighbours/feature_stream.h"
#include "engine/neighbours/search/feature_rows.h"

namespace dinoscope {

/// An image that cannot be read, and why.
using SkippedFile = std::pair<std::filesystem::path, std::string>;

/// Features of images whose classes are known.
struct LabelledSet {
    at::Tensor features;                ///< float32 [n, dim], laid out as emptyRows()
    std::vector<std::int32_t> classes;  ///< [n]
    std::vector<SkippedFile> skipped;

    /// The features as a search reads them: no copy.
    FeatureRows rows() const;
};

/// Room for rows that a search can read where they lie: float32 [count, dim], not filled, of which each
/// begins a multiple of 64 bytes after the one before, with zeros between.
at::Tensor emptyRows(std::int64_t count, std::int64_t dim);

/// Of so many images the paths are held at a time: a path takes a third of the memory that 384 numbers take.
inline constexpr std::int64_t kFilesAtOnce = 1 << 16;

/// Features of all images of a dataset with labels; class c of it counts as numbers[c]. The features are
/// written once, where they stay: memory beside them is bounded, whatever the number of images is. Polls;
/// progress advances by images.
LabelledSet extractLabelled(const FeatureNetwork& network, const FeatureRecipe& recipe,
                            const ImageDataset& dataset, const std::vector<std::int32_t>& numbers,
                            JobControl& control, std::int64_t filesAtOnce = kFilesAtOnce);

}  // namespace dinoscope
