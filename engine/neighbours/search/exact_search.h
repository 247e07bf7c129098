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

}  // namespace dinoscope
