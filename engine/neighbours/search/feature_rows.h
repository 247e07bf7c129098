#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/neighbours/store/gallery_terms.h"

namespace dinoscope {

/// Features of unit length in memory that somebody else owns: `count` rows, `stride` bytes apart (a multiple
/// of 64), padded with zeros.
struct FeatureRows {
    const std::byte* first = nullptr;
    std::int64_t count = 0;
    std::int64_t dim = 0;
    std::int64_t stride = 0;
    StorageType type = StorageType::Fp32;

    const std::byte* row(std::int64_t index) const { return first + index * stride; }
    std::int64_t width() const { return stride / bytesOf(type); }
};

/// Which rows may be found.
struct RowFilter {
    /// For each row the image it is of; rows with a negative one are passed over, and equal similarities come
    /// in this order. Null: all rows, in theirs.
    const std::int32_t* imageOfRow = nullptr;
    std::int64_t skip = -1;  ///< a row that is left out

    bool allows(std::int64_t row) const { return row != skip && (!imageOfRow || imageOfRow[row] >= 0); }
    std::int64_t place(std::int64_t row) const { return imageOfRow ? imageOfRow[row] : row; }
};

/// The product of a query and a stored row, summed in double: the same on every machine.
double exactProduct(const FeatureRows& rows, std::int64_t row, std::span<const float> query);

/// A copy of fp32 rows in bf16, half as much to read: a search scans it and looks up in the rows themselves
/// what may be among the nearest.
class ReducedRows {
public:
    ReducedRows() = default;
    explicit ReducedRows(const FeatureRows& rows);

    bool empty() const { return bytes_.empty(); }
    const FeatureRows& rows() const { return view_; }
    /// No row differs from the original by a vector longer than this.
    double error() const { return error_; }

private:
    std::vector<std::byte> bytes_;
    FeatureRows view_;
    double error_ = 0;
};

}  // namespace dinoscope
