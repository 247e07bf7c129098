#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/search/feature_rows.h"
#include "engine/neighbours/search/neighbour.h"

namespace dinoscope {

/// The k most similar rows for each of many queries, by products of matrices in blocks.
class BatchSearch {
public:
    /// Takes best-first neighbours of query `index`, from several threads.
    using Sink = std::function<void(std::int64_t index, const std::vector<Neighbour>&)>;

    /// Keeps references. `device` computes; a card holds one block of rows at a time.
    BatchSearch(const FeatureRows& rows, const RowFilter& filter, at::Device device)
        : rows_(rows), filter_(filter), device_(device) {}

    /// `queries` is float32 [n, dim] on the CPU. Memory beside the rows is bounded: some 300 MB, whatever n
    /// and the number of rows are. Similarities are those of single precision. Polls between blocks (some
    /// 0.1 s) and advances by queries.
    void nearest(const at::Tensor& queries, std::int64_t k, const Sink& sink, JobControl& control) const;

    /// Takes pairs of rows, first < second, from several threads.
    using PairSink = std::function<void(std::int64_t first, std::int64_t second, float similarity)>;

    /// All pairs of rows with a similarity of at least `threshold`. On the same terms; advances by rows.
    void pairs(float threshold, const PairSink& sink, JobControl& control) const;

private:
    at::Tensor block(std::int64_t first, std::int64_t last) const;

    const FeatureRows& rows_;
    const RowFilter& filter_;
    at::Device device_;
};

}  // namespace dinoscope
