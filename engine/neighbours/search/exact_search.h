#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/cpu_features.h"
#include "engine/base/job.h"
#include "engine/neighbours/search/feature_rows.h"
#include "engine/neighbours/search/neighbour.h"

namespace dinoscope {

/// The k rows of greatest product with `query` [dim], best first; equal ones by RowFilter::place(). Exact
/// with respect to the stored rows: a scan in single precision proposes every row that its rounding lets be
/// among the k, and these are computed again in double. Takes as long as reading the rows from memory once.
/// Polls every few milliseconds.
std::vector<Neighbour> nearest(const FeatureRows& rows, std::span<const float> query, std::int64_t k,
                               const RowFilter& filter, JobControl& control, CpuPath path = cpuPath());

/// The same, reading `reduced` instead of `rows`, of which it is a copy: the same result for half the bytes.
/// Where features lie closer together than bf16 can tell, more rows are computed again, never too few.
std::vector<Neighbour> nearest(const FeatureRows& rows, const ReducedRows& reduced,
                               std::span<const float> query, std::int64_t k, const RowFilter& filter,
                               JobControl& control, CpuPath path = cpuPath());

/// Rows are unit vectors, but for rounding to bf16: none is longer than this.
inline constexpr double kLongestRow = 1.01;

/// Throws Error for a query that cannot be compared with the rows, UsageError for a k below 1.
void requireQuery(const FeatureRows& rows, std::span<const float> query, std::int64_t k);

/// The best k of `candidates`, by products in double; the last step of the searches above, for one that
/// proposes rows in another way.
std::vector<Neighbour> rankExactly(const FeatureRows& rows, std::span<const float> query, std::int64_t k,
                                   std::span<const std::int64_t> candidates, const RowFilter& filter);

}  // namespace dinoscope
