#include "engine/neighbours/search/exact_search.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "engine/base/error.h"
#include "engine/base/parallel.h"
#include "engine/neighbours/search/collector.h"
#include "engine/neighbours/search/scan_kernels.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kScoresAtOnce = 512;  // they stay in the first-level cache
constexpr std::int64_t kPieceBytes = 8 << 20;

double lengthOf(std::span<const float> values) {
    double square = 0;
    for (const float value : values)
        square += double{value} * double{value};
    return std::sqrt(square);
}

/// The query as the kernels read it: padded and aligned.
class PaddedQuery {
public:
    PaddedQuery(std::span<const float> query, std::int64_t width)
        : numbers_(static_cast<std::size_t>(width) + kPadding) {
        const auto address = reinterpret_cast<std::uintptr_t>(numbers_.data());
        first_ = numbers_.data() + (kAlignment - address % kAlignment) % kAlignment / sizeof(float);
        std::copy(query.begin(), query.end(), first_);
    }
    const float* data() const { return first_; }

private:
    static constexpr std::size_t kAlignment = 64;
    static constexpr std::size_t kPadding = kAlignment / sizeof(float);
    std::vector<float> numbers_;
    float* first_ = nullptr;
};

/// Rows whose scores, each wrong by up to `margin`, let them be among the k best.
std::vector<std::int64_t> propose(const FeatureRows& rows, std::span<const float> query, std::int64_t k,
                                  float margin, const scan::ScanKernel& kernel, const RowFilter& filter,
                                  JobControl& control) {
    const PaddedQuery padded(query, rows.width());
    const std::int64_t grain = std::max<std::int64_t>(kScoresAtOnce, kPieceBytes / rows.stride);
    std::mutex mutex;
    Collector all(k, margin);
    std::atomic<float> limit{all.limit()};
    parallelFor(0, rows.count, grain, [&](std::int64_t begin, std::int64_t end) {
        if (control.isCancelled()) return;
        alignas(64) float scores[kScoresAtOnce];
        Collector own(k, margin);
        own.raiseLimit(limit.load(std::memory_order_relaxed));
        for (std::int64_t first = begin; first < end; first += kScoresAtOnce) {
            const std::int64_t count = std::min(kScoresAtOnce, end - first);
            kernel.scan({rows.row(first), rows.stride, count, padded.data(), rows.width(), scores});
            for (std::int64_t i = 0; i < count; ++i) {
                if (scores[i] >= own.limit() && filter.allows(first + i)) own.add(scores[i], first + i);
            }
        }
        own.finish();
        const std::lock_guard lock(mutex);
        all.addAll(own);
        all.finish();
        limit.store(all.limit(), std::memory_order_relaxed);
    });
    control.poll();
    std::vector<std::int64_t> proposed;
    for (const auto& [score, row] : all.finish())
        proposed.push_back(row);
    return proposed;
}

float marginOf(const scan::ScanKernel& kernel, const FeatureRows& rows, double queryLength) {
    const double error = kernel.perNumber * static_cast<double>(rows.width()) + kernel.fixed;
    return static_cast<float>(error * queryLength * kLongestRow);
}

}  // namespace

std::vector<Neighbour> rankExactly(const FeatureRows& rows, std::span<const float> query, std::int64_t k,
                                   std::span<const std::int64_t> candidates, const RowFilter& filter) {
    struct Exact {
        double similarity;
        std::int64_t row;
    };
    std::vector<Exact> exact(candidates.size());
    constexpr std::int64_t kGrain = 1024;
    parallelFor(0, static_cast<std::int64_t>(candidates.size()), kGrain,
                [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; ++i) {
                        const std::int64_t row = candidates[static_cast<std::size_t>(i)];
                        exact[static_cast<std::size_t>(i)] = {exactProduct(rows, row, query), row};
                    }
                });
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(std::size_t(k), exact.size()));
    std::partial_sort(exact.begin(), exact.begin() + count, exact.end(), [&](const Exact& a, const Exact& b) {
        if (a.similarity != b.similarity) return a.similarity > b.similarity;
        return filter.place(a.row) < filter.place(b.row);
    });
    std::vector<Neighbour> found;
    for (std::ptrdiff_t i = 0; i < count; ++i)
        found.push_back({exact[std::size_t(i)].row, static_cast<float>(exact[std::size_t(i)].similarity)});
    return found;
}

void requireQuery(const FeatureRows& rows, std::span<const float> query, std::int64_t k) {
    if (static_cast<std::int64_t>(query.size()) != rows.dim) {
        throw Error("a query of " + std::to_string(query.size()) +
                    " numbers cannot be compared with rows of " + std::to_string(rows.dim));
    }
    if (k < 1) throw UsageError("there is no neighbour number " + std::to_string(k), "-k", "give 1 or more");
    if (!std::isfinite(lengthOf(query))) throw Error("the query's feature is not finite");
}

std::vector<Neighbour> nearest(const FeatureRows& rows, std::span<const float> query, std::int64_t k,
                               const RowFilter& filter, JobControl& control, CpuPath path) {
    requireQuery(rows, query, k);
    const scan::ScanTable& table = scan::scanTable(path);
    const scan::ScanKernel& kernel = rows.type == StorageType::Bf16 ? table.bf16 : table.fp32;
    const float margin = marginOf(kernel, rows, lengthOf(query));
    return rankExactly(rows, query, k, propose(rows, query, k, margin, kernel, filter, control), filter);
}

std::vector<Neighbour> nearest(const FeatureRows& rows, const ReducedRows& reduced,
                               std::span<const float> query, std::int64_t k, const RowFilter& filter,
                               JobControl& control, CpuPath path) {
    requireQuery(rows, query, k);
    const double length = lengthOf(query);
    const scan::ScanKernel& kernel = scan::scanTable(path).bf16;
    const float margin =
        marginOf(kernel, reduced.rows(), length) + static_cast<float>(1.0001 * reduced.error() * length);
    return rankExactly(rows, query, k, propose(reduced.rows(), query, k, margin, kernel, filter, control),
                       filter);
}

}  // namespace dinoscope
