#include "ui/widgets/curve_values.h"

#include <algorithm>
#include <cmath>

namespace dinoscope {

namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kPointsOfColumn = 4;

/// The last of `units` blocks of one level, as one of the next.
template <typename Units>
CurveExtremes lastBlock(const Units& units) {
    CurveExtremes block;
    for (auto unit = units.end() - std::ptrdiff_t(kBlock); unit != units.end(); ++unit)
        block.include(*unit);
    return block;
}

std::size_t indexAt(std::span<const double> x, std::size_t begin, double position) {
    const auto found = std::lower_bound(x.begin() + std::ptrdiff_t(begin), x.end(), position);
    return std::size_t(found - x.begin());
}

/// What stands for [first, last) where they share a column.
void appendColumn(std::vector<CurvePoint>& points, std::span<const double> x, const CurveValues& y,
                  std::size_t first, std::size_t last) {
    if (last - first <= kPointsOfColumn) {
        for (std::size_t i = first; i < last; ++i)
            points.push_back({x[i], y[i]});
        return;
    }
    const CurveExtremes extremes = y.extremes(first, last);
    const double middle = x[first + (last - first) / 2];
    points.push_back({x[first], y[first]});
    if (extremes.any()) {
        // The one that is nearer to the first comes first: the line between them is then the shorter. What
        // the ends show already, as those of a smooth curve do, is left out.
        const bool rising = std::abs(y[first] - extremes.low) <= std::abs(y[first] - extremes.high);
        const double nearer = rising ? extremes.low : extremes.high;
        const double farther = rising ? extremes.high : extremes.low;
        if (nearer != y[first]) points.push_back({middle, nearer});
        if (farther != nearer && farther != y[last - 1]) points.push_back({middle, farther});
    }
    points.push_back({x[last - 1], y[last - 1]});
}

}  // namespace

void CurveExtremes::include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
    if (value > 0) leastPositive = std::min(leastPositive, value);
}

void CurveExtremes::include(const CurveExtremes& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    leastPositive = std::min(leastPositive, other.leastPositive);
}

void CurveValues::append(double value) {
    values_.push_back(value);
    if (values_.size() % kBlock != 0) return;
    CurveExtremes block = lastBlock(values_);
    for (std::size_t level = 0;; ++level) {
        if (level == levels_.size()) levels_.emplace_back();
        levels_[level].push_back(block);
        if (levels_[level].size() % kBlock != 0) return;
        block = lastBlock(levels_[level]);
    }
}

CurveExtremes CurveValues::extremes(std::size_t first, std::size_t last) const {
    CurveExtremes found;
    const auto include = [&](std::size_t level, std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            if (level == 0) {
                found.include(values_[i]);
            } else {
                found.include(levels_[level - 1][i]);
            }
        }
    };
    for (std::size_t level = 0;; ++level) {
        const std::size_t begin = (first + kBlock - 1) / kBlock;
        const std::size_t end = last / kBlock;
        if (begin >= end) {
            include(level, first, last);
            return found;
        }
        include(level, first, begin * kBlock);
        include(level, end * kBlock, last);
        first = begin;
        last = end;
    }
}

std::vector<CurvePoint> decimate(std::span<const double> x, const CurveValues& y, double from, double to,
                                 int columns) {
    std::vector<CurvePoint> points;
    const std::size_t count = std::min(x.size(), y.size());
    x = x.first(count);
    if (count == 0 || columns < 1 || !(from < to)) return points;
    std::size_t first = indexAt(x, 0, from);
    std::size_t last = std::size_t(std::upper_bound(x.begin(), x.end(), to) - x.begin());
    first -= first > 0 ? 1 : 0;
    last += last < count ? 1 : 0;
    const std::size_t few = kPointsOfColumn * std::size_t(columns);
    if (last - first <= few) {
        points.reserve(last - first);
        for (std::size_t i = first; i < last; ++i)
            points.push_back({x[i], y[i]});
        return points;
    }
    points.reserve(few + 2);
    for (int column = 0; column <= columns && first < last; ++column) {
        // What is left of the first edge and right of the last one are columns of their own.
        const double edge = from + (to - from) * column / columns;
        const std::size_t end = std::min(column < columns ? indexAt(x, first, edge) : last, last);
        if (end > first) appendColumn(points, x, y, first, end);
        first = std::max(first, end);
    }
    return points;
}

std::size_t nearestIndex(std::span<const double> x, double position) {
    const std::size_t after = indexAt(x, 0, position);
    if (after == 0) return 0;
    if (after == x.size()) return x.size() - 1;
    return position - x[after - 1] <= x[after] - position ? after - 1 : after;
}

void CurveSmoother::extend(const CurveValues& raw, CurveValues& smooth) {
    smooth.reserve(raw.size());
    while (smooth.size() < raw.size()) {
        const double value = raw[smooth.size()];
        if (!std::isfinite(value)) {
            smooth.append(std::numeric_limits<double>::quiet_NaN());
            continue;
        }
        sum_ = weight_ * sum_ + value;
        norm_ = weight_ * norm_ + 1;
        smooth.append(sum_ / norm_);
    }
}

}  // namespace dinoscope
