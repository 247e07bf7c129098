#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/job.h"
#include "engine/data/image_dataset.h"
#include "engine/image/image.h"
#include "engine/nn/backbone_net.h"
#include "engine/ssl/augment/evaluation_transform.h"

namespace dinoscope {

/// How good features are, measured on a fixed sample of the images that are trained on. kNotMeasured where it
/// does not apply.
struct FeatureScores {
    double knnTop1;        ///< percent, each image classified by all others of the sample
    double effectiveRank;  ///< RankMe
};

/// Percent of rows whose class the 20 most similar other rows vote for, each with exp(similarity / 0.07)
/// (Wu et al. 2018; eval_knn.py of facebookresearch/dino). features [n, dim], labels [n] int64.
double leaveOneOutKnn(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes);

/// exp of the entropy of the normalised singular values (Garrido et al. 2023, equation 1). features [n, dim].
double effectiveRank(const at::Tensor& features);

/// What a backbone makes of the sample.
struct SampleFeatures {
    at::Tensor features;               ///< float32 [n, dim]
    std::vector<std::int64_t> images;  ///< [n] numbers in the dataset

    /// The `k` images nearest to each row of `queries` [m, dim] by the cosine, best first: cosines float32
    /// [m, k] on the CPU, and rows of this sample, int64 [m, k].
    std::pair<at::Tensor, at::Tensor> nearest(const at::Tensor& queries, std::int64_t k) const;
};

/// Looks at a sample of at most 1,000 images after each epoch: k-NN accuracy where they have classes, else
/// the effective rank.
class OnlineEvaluation {
public:
    /// Keeps a reference to the dataset.
    OnlineEvaluation(const ImageDataset& dataset, const EvaluationOptions& view, std::uint64_t seed);

    /// Images of the sample.
    std::int64_t size() const { return std::ssize(sample_); }

    /// Polls between batches of 32 images. Those that are gone or cannot be decoded are left out.
    SampleFeatures look(BackboneNet& backbone, at::Device device, bool bf16, JobControl& control) const;
    FeatureScores score(const SampleFeatures& sample) const;

    /// Other images, seen in the same way: float32 [n, dim].
    at::Tensor look(std::span<const Image* const> images, BackboneNet& backbone, at::Device device,
                    bool bf16) const;

private:
    const ImageDataset& dataset_;
    EvaluationOptions view_;
    std::vector<std::int64_t> sample_;
};

}  // namespace dinoscope
