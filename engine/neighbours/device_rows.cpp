#include "engine/neighbours/device_rows.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "engine/neighbours/search/exact_search.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kRowsAtOnce = 65536;
constexpr double kRoundoff = 0x1p-24;

/// By how much a sum of `dim` products in single precision, added in any order, differs from the real number:
/// at most dim u / (1 - dim u) of |query| |row|, u the unit roundoff (Higham, Accuracy and Stability, 3.1).
double marginOf(std::int64_t dim, double queryLength) {
    const double terms = static_cast<double>(dim + 1) * kRoundoff;
    return terms / (1 - terms) * queryLength * kLongestRow;
}

at::Tensor allowedOf(const RowFilter& filter, std::int64_t rows) {
    at::Tensor allowed = at::empty({rows}, at::kBool);
    bool* out = allowed.data_ptr<bool>();
    for (std::int64_t i = 0; i < rows; ++i)
        out[i] = filter.allows(i);
    return allowed;
}

}  // namespace

DeviceRows::DeviceRows(const FeatureRows& rows, at::Device device, JobControl& control) : rows_(rows) {
    const c10::InferenceMode guard;
    const at::ScalarType type = rows.type == StorageType::Bf16 ? at::kBFloat16 : at::kFloat;
    for (std::int64_t first = 0; first < rows.count; first += kRowsAtOnce) {
        control.poll();
        const std::int64_t count = std::min(kRowsAtOnce, rows.count - first);
        // The rows are read only, which from_blob cannot say.
        const at::Tensor view = at::from_blob(const_cast<std::byte*>(rows.row(first)), {count, rows.dim},
                                              {rows.width(), 1}, type);
        blocks_.push_back(at::empty({count, rows.dim}, view.options().device(device)));
        blocks_.back().copy_(view);
    }
}

at::Tensor DeviceRows::scores(const at::Tensor& query) const {
    std::vector<at::Tensor> parts;
    // Sums of products, not a matrix product: that could be taken for one to do in TF32.
    for (const at::Tensor& block : blocks_)
        parts.push_back(block.to(at::kFloat).mul(query).sum(1));
    return at::cat(parts);
}

std::vector<Neighbour> DeviceRows::nearest(std::span<const float> query, std::int64_t k,
                                           const RowFilter& filter, JobControl& control) const {
    requireQuery(rows_, query, k);
    if (blocks_.empty()) return {};
    const c10::InferenceMode guard;
    control.poll();
    const at::Tensor asked = at::from_blob(const_cast<float*>(query.data()), {rows_.dim}, at::kFloat);
    const double length = asked.to(at::kDouble).norm().item<double>();
    at::Tensor found = scores(asked.to(blocks_.front().device()));
    control.poll();
    found.masked_fill_(allowedOf(filter, rows_.count).logical_not().to(found.device()), -INFINITY);
    const std::int64_t wanted = std::min(k, rows_.count);
    const auto worst = std::get<0>(found.topk(wanted)).min().item<float>();
    // Rounded down: what the margin lets in must not be lost to the rounding of the limit.
    const auto limit =
        std::nextafter(static_cast<float>(double{worst} - 2 * marginOf(rows_.dim, length)), -INFINITY);
    const at::Tensor candidates =
        found.ge(limit).logical_and(found.gt(-INFINITY)).nonzero().flatten().to(at::kCPU);
    const std::int64_t* rows = candidates.const_data_ptr<std::int64_t>();
    return rankExactly(rows_, query, k, {rows, static_cast<std::size_t>(candidates.numel())}, filter);
}

}  // namespace dinoscope
