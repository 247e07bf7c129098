#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/search/feature_rows.h"
#include "engine/neighbours/search/neighbour.h"

namespace dinoscope {

/// A copy of the rows in a card's memory, for one query after the other.
class DeviceRows {
public:
    /// Copies in blocks, as they are stored. Keeps a reference to what `rows` points to. Polls between
    /// blocks. Throws c10::OutOfMemoryError where the card is too small.
    DeviceRows(const FeatureRows& rows, at::Device device, JobControl& control);

    /// The same as nearest() of exact_search.h, to the last bit: products in single precision propose every
    /// row that their rounding lets be among the k, and the processor computes these again in double.
    std::vector<Neighbour> nearest(std::span<const float> query, std::int64_t k, const RowFilter& filter,
                                   JobControl& control) const;

private:
    at::Tensor scores(const at::Tensor& query) const;

    FeatureRows rows_;
    std::vector<at::Tensor> blocks_;  ///< [n, dim], fp32 or bf16
};

}  // namespace dinoscope
