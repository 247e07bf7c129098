#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace dinoscope {

/// The least and the greatest of some numbers, those that are none left out.
struct CurveExtremes {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    double leastPositive = std::numeric_limits<double>::infinity();  ///< for logarithmic axes

    bool any() const { return low <= high; }
    void include(double value);
    void include(const CurveExtremes& other);
};

/// The numbers of one curve in their order. Knows the extremes of any stretch of them in O(log n), by those
/// of blocks of 16, 256, … numbers. What is not finite is a gap.
class CurveValues {
public:
    void append(double value);
    void reserve(std::size_t count) { values_.reserve(count); }

    std::size_t size() const { return values_.size(); }
    bool empty() const { return values_.empty(); }
    double operator[](std::size_t index) const { return values_[index]; }
    double back() const { return values_.back(); }

    /// Of [first, last).
    CurveExtremes extremes(std::size_t first, std::size_t last) const;

private:
    std::vector<double> values_;
    std::vector<std::vector<CurveExtremes>> levels_;  ///< whole blocks of 16^(level + 1) values
};

struct CurvePoint {
    double x = 0;
    double y = 0;
    bool operator==(const CurvePoint&) const = default;
};

/// What has to be drawn of a curve between `from` and `to` on `columns` columns of pixels: all points where
/// they are few, else of each column the first, the least, the greatest and the last, which gives the same
/// pixels (M4, Jugel et al. 2014). One point beyond each end, so that lines leave the picture. `x` ascends.
/// O(columns log n).
std::vector<CurvePoint> decimate(std::span<const double> x, const CurveValues& y, double from, double to,
                                 int columns);

/// Where the number nearest to `position` is; `x` ascends and is not empty.
std::size_t nearestIndex(std::span<const double> x, double position);

/// Exponential average whose start is not drawn to 0: sum of w^(n-i) y_i over sum of w^(n-i), with
/// w = (span - 1) / (span + 1) as pandas' ewm(span). Gaps stay gaps and count for nothing.
class CurveSmoother {
public:
    explicit CurveSmoother(double span) : weight_((span - 1) / (span + 1)) {}

    /// Appends to `smooth` what `raw` has beyond its size.
    void extend(const CurveValues& raw, CurveValues& smooth);

private:
    double weight_;
    double sum_ = 0;
    double norm_ = 0;
};

}  // namespace dinoscope
