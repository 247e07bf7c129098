#include "engine/neighbours/batch_search.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "engine/base/parallel.h"
#include "engine/neighbours/search/collector.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "engine/nn/linear_layer.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kQueriesAtOnce = 4096;
constexpr std::int64_t kQueriesOfProduct = 512;  // whose scores are looked at while they are in the caches
constexpr std::int64_t kRowsAtOnce = 8192;

/// queries · rowsᵀ of one block of rows, which is packed once for many queries.
class BlockProduct {
public:
    explicit BlockProduct(const at::Tensor& rows) : layer_(rows, {}) {}
    at::Tensor operator()(const at::Tensor& queries) const { return layer_(queries).to(at::kCPU); }

private:
    LinearLayer layer_;
};

}  // namespace

at::Tensor BatchSearch::block(std::int64_t first, std::int64_t last) const {
    at::Tensor rows = at::empty({last - first, rows_.dim});
    float* out = rows.data_ptr<float>();
    parallelFor(first, last, 256, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            decodeRow({rows_.row(i), static_cast<std::size_t>(rows_.stride)}, rows_.type,
                      {out + (i - first) * rows_.dim, static_cast<std::size_t>(rows_.dim)});
        }
    });
    return rows.to(device_);
}

void BatchSearch::nearest(const at::Tensor& queries, std::int64_t k, const Sink& sink,
                          JobControl& control) const {
    const c10::InferenceMode guard;
    for (std::int64_t base = 0; base < queries.size(0); base += kQueriesAtOnce) {
        const std::int64_t count = std::min(kQueriesAtOnce, queries.size(0) - base);
        const at::Tensor asked = queries.slice(0, base, base + count).to(device_);
        std::vector<Collector> best(static_cast<std::size_t>(count), Collector(k, 0));
        for (std::int64_t first = 0; first < rows_.count; first += kRowsAtOnce) {
            const std::int64_t last = std::min(rows_.count, first + kRowsAtOnce);
            const BlockProduct product(block(first, last));
            for (std::int64_t q = 0; q < count; q += kQueriesOfProduct) {
                control.poll();
                const std::int64_t end = std::min(count, q + kQueriesOfProduct);
                const at::Tensor scores = product(asked.slice(0, q, end)).contiguous();
                const float* values = scores.const_data_ptr<float>();
                parallelFor(q, end, 8, [&](std::int64_t from, std::int64_t to) {
                    for (std::int64_t i = from; i < to; ++i) {
                        Collector& own = best[static_cast<std::size_t>(i)];
                        const float* row = values + (i - q) * (last - first);
                        for (std::int64_t j = 0; j < last - first; ++j) {
                            if (row[j] >= own.limit() && filter_.allows(first + j))
                                own.add(row[j], first + j);
                        }
                    }
                });
            }
        }
        parallelFor(0, count, 8, [&](std::int64_t from, std::int64_t to) {
            for (std::int64_t i = from; i < to; ++i) {
                std::vector<Neighbour> found;
                for (const auto& [score, row] : best[static_cast<std::size_t>(i)].finish())
                    found.push_back({row, score});
                std::sort(found.begin(), found.end(), [&](const Neighbour& a, const Neighbour& b) {
                    if (a.similarity != b.similarity) return a.similarity > b.similarity;
                    return filter_.place(a.row) < filter_.place(b.row);
                });
                found.resize(std::min(found.size(), static_cast<std::size_t>(k)));
                sink(base + i, found);
            }
        });
        control.advance(count);
    }
}

void BatchSearch::pairs(float threshold, const PairSink& sink, JobControl& control) const {
    const c10::InferenceMode guard;
    for (std::int64_t first = 0; first < rows_.count; first += kRowsAtOnce) {
        const std::int64_t last = std::min(rows_.count, first + kRowsAtOnce);
        const BlockProduct product(block(first, last));
        // Of each pair of blocks once: the other rows are those from this block on.
        for (std::int64_t q = first; q < rows_.count; q += kQueriesOfProduct) {
            control.poll();
            const std::int64_t end = std::min(rows_.count, q + kQueriesOfProduct);
            const at::Tensor scores = product(block(q, end)).contiguous();
            const float* values = scores.const_data_ptr<float>();
            parallelFor(q, end, 8, [&](std::int64_t from, std::int64_t to) {
                for (std::int64_t i = from; i < to; ++i) {
                    if (!filter_.allows(i)) continue;
                    const float* row = values + (i - q) * (last - first);
                    for (std::int64_t j = first; j < std::min(last, i); ++j) {
                        if (row[j - first] >= threshold && filter_.allows(j)) sink(j, i, row[j - first]);
                    }
                }
            });
        }
        control.advance(last - first);
    }
}

}  // namespace dinoscope
