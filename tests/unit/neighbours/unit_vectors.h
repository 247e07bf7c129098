#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/hash.h"
#include "engine/neighbours/search/feature_rows.h"
#include "engine/neighbours/search/neighbour.h"
#include "engine/neighbours/store/feature_matrix.h"

namespace dinoscope {

inline double normal(std::uint64_t seed, std::uint64_t index) {
    const double u = toUniform(mix(seed, index, std::uint64_t{1}));
    const double v = toUniform(mix(seed, index, std::uint64_t{2}));
    return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
}

/// Rows in memory as a gallery keeps them on the disk.
class StoredRows {
public:
    /// `make(i)` gives the numbers of row i.
    StoredRows(std::int64_t count, std::int64_t dim, StorageType type,
               const std::function<std::vector<float>(std::int64_t)>& make) {
        const std::int64_t stride = rowBytes(dim, type);
        bytes_.resize(static_cast<std::size_t>(count * stride) + 64);
        const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
        std::byte* first = bytes_.data() + (64 - address % 64) % 64;
        for (std::int64_t i = 0; i < count; ++i)
            encodeRow(make(i), type, {first + i * stride, static_cast<std::size_t>(stride)});
        rows_ = {first, count, dim, stride, type};
    }
    StoredRows(const StoredRows&) = delete;
    StoredRows& operator=(const StoredRows&) = delete;

    const FeatureRows& rows() const { return rows_; }

private:
    std::vector<std::byte> bytes_;
    FeatureRows rows_;
};

/// Unit vectors: a common direction plus noise of `spread`. A small spread gives a tight cluster.
class Vectors {
public:
    Vectors(std::int64_t count, std::int64_t dim, StorageType type, double spread)
        : dim_(dim), stored_(count, dim, type, [this, spread](std::int64_t row) {
              return make(std::uint64_t(row), spread);
          }) {}

    std::vector<float> make(std::uint64_t index, double spread) const {
        std::vector<float> values(static_cast<std::size_t>(dim_));
        double square = 0;
        for (std::size_t d = 0; d < values.size(); ++d) {
            const double common = normal(7, d);
            values[d] = static_cast<float>(common + spread * normal(100 + index, d));
            square += double{values[d]} * double{values[d]};
        }
        for (float& value : values)
            value = static_cast<float>(value / std::sqrt(square));
        return values;
    }

    const FeatureRows& rows() const { return stored_.rows(); }

private:
    std::int64_t dim_;
    StoredRows stored_;
};

/// The plain way: every product in double, sorted.
inline std::vector<std::int64_t> reference(const FeatureRows& rows, const std::vector<float>& query,
                                           std::size_t k, std::int64_t skip = -1) {
    std::vector<std::pair<double, std::int64_t>> all;
    for (std::int64_t i = 0; i < rows.count; ++i) {
        if (i != skip) all.emplace_back(-exactProduct(rows, i, query), i);
    }
    std::sort(all.begin(), all.end());
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < std::min(k, all.size()); ++i)
        found.push_back(all[i].second);
    return found;
}

inline std::vector<std::int64_t> rowsOf(const std::vector<Neighbour>& neighbours) {
    std::vector<std::int64_t> rows;
    for (const Neighbour& one : neighbours)
        rows.push_back(one.row);
    return rows;
}

}  // namespace dinoscope
