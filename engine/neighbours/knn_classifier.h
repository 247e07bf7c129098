#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/labelled_set.h"

namespace dinoscope {

/// What the k nearest training images of each query vote for.
struct KnnRanking {
    std::int64_t k = 0;
    std::size_t kept = 0;      ///< classes of a query: five, but no more than k, nor than there are
    std::vector<int> classes;  ///< [queries, kept], from the most likely on

    std::span<const int> of(std::int64_t query) const {
        return std::span(classes).subspan(static_cast<std::size_t>(query) * kept, kept);
    }
};

/// Weighted k-NN (Wu et al. 2018; eval_knn.py of facebookresearch/dino) of `queries`, float32 [n, dim], for
/// each of `ks`, which ascend up to the number of training images at most. As with the reference a query is
/// among the first five of fewer than five neighbours only if it is among the first k: no class that got no
/// vote counts for it. Beside the features memory is bounded, but for what is returned. Polls between
/// blocks; advances by queries.
std::vector<KnnRanking> rankByNeighbours(const LabelledSet& train, const at::Tensor& queries,
                                         const std::vector<std::int64_t>& ks, int classes, double temperature,
                                         at::Device device, JobControl& control);

}  // namespace dinoscope
