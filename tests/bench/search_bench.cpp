#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <atomic>
#include <cstdio>
#include <iostream>

#include "engine/api/runtime.h"
#include "engine/base/hash.h"
#include "engine/base/parallel.h"
#include "engine/neighbours/search/exact_search.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

constexpr int kRepeat = 11;
constexpr std::int64_t kDim = 384;
constexpr std::int64_t kNeighbours = 20;

/// Unit vectors in clusters of a hundred, as features of real images lie closer than chance lets them.
at::Tensor clusteredRows(std::int64_t count) {
    const c10::InferenceMode guard;
    at::manual_seed(1);
    const at::Tensor centres = at::randn({count / 100 + 1, kDim});
    at::Tensor rows = at::randn({count, kDim});
    constexpr std::int64_t kPiece = 1 << 14;
    for (std::int64_t first = 0; first < count; first += kPiece) {
        at::Tensor piece = rows.slice(0, first, std::min(count, first + kPiece));
        const at::Tensor own = at::arange(first, first + piece.size(0)).div(100, "floor");
        piece.mul_(0.5).add_(centres.index_select(0, own));
        piece.div_(piece.norm(2, 1, true));
    }
    return rows;
}

/// Reads every byte once, on all threads.
std::uint64_t readOnce(const FeatureRows& rows) {
    std::atomic<std::uint64_t> total{0};
    constexpr std::int64_t kGrain = 1 << 20;
    parallelFor(0, rows.count * rows.stride / 64, kGrain / 64, [&](std::int64_t begin, std::int64_t end) {
        std::uint64_t sums[8] = {};
        const auto* words = reinterpret_cast<const std::uint64_t*>(rows.first) + begin * 8;
        for (std::int64_t i = 0; i < end - begin; ++i, words += 8) {
            for (int lane = 0; lane < 8; ++lane)
                sums[lane] += words[lane];
        }
        for (const std::uint64_t sum : sums)
            total += sum;
    });
    return total;
}

std::string ratio(double seconds, double reading) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.2f x reading once", seconds / reading);
    return text;
}

}  // namespace

void runSearchBench(std::int64_t count) {
    const c10::InferenceMode guard;
    std::cout << api::describeDevice("cpu").description << ", " << count << " x " << kDim << ", top "
              << kNeighbours << "\n\n";
    const at::Tensor data = clusteredRows(count);
    const FeatureRows rows{static_cast<const std::byte*>(data.const_data_ptr()), count, kDim,
                           rowBytes(kDim, StorageType::Fp32), StorageType::Fp32};
    const ReducedRows reduced(rows);
    std::vector<std::vector<float>> queries;
    for (std::int64_t i = 0; i < kRepeat + 1; ++i) {
        const float* row = data[i * (count / (kRepeat + 1))].const_data_ptr<float>();
        queries.emplace_back(row, row + kDim);
    }
    JobControl control;
    std::size_t next = 0;
    const auto query = [&]() -> const std::vector<float>& { return queries[next++ % queries.size()]; };

    std::uint64_t seen = 0;
    const double readWide = medianSeconds(kRepeat, [&] { seen += readOnce(rows); });
    const double readNarrow = medianSeconds(kRepeat, [&] { seen += readOnce(reduced.rows()); });
    const double wide = medianSeconds(kRepeat, [&] { nearest(rows, query(), kNeighbours, {}, control); });
    const double both =
        medianSeconds(kRepeat, [&] { nearest(rows, reduced, query(), kNeighbours, {}, control); });
    const double narrow =
        medianSeconds(kRepeat, [&] { nearest(reduced.rows(), query(), kNeighbours, {}, control); });
    const at::Tensor column = at::from_blob(queries[0].data(), {kDim});
    const double plain = medianSeconds(kRepeat, [&] { at::mv(data, column).topk(kNeighbours); });

    const auto gigabytes = [](const FeatureRows& some, double seconds) {
        char text[64];
        std::snprintf(text, sizeof(text), "%.1f GB/s", double(some.count * some.stride) / seconds / 1e9);
        return std::string(text);
    };
    printRow("reading the fp32 rows once", milliseconds(readWide), gigabytes(rows, readWide));
    printRow("search, fp32 stored", milliseconds(wide), ratio(wide, readWide));
    printRow("torch mv and topk, fp32", milliseconds(plain), ratio(plain, readWide));
    printRow("reading the bf16 rows once", milliseconds(readNarrow), gigabytes(reduced.rows(), readNarrow));
    printRow("search, bf16 stored", milliseconds(narrow), ratio(narrow, readNarrow));
    printRow("search, fp32 stored, bf16 copy scanned, same result", milliseconds(both), ratio(both, readNarrow));
    if (seen == 1) std::cout << '\n';  // what was read is used

    std::size_t same = 0;
    for (const std::vector<float>& one : queries) {
        same += nearest(rows, one, kNeighbours, {}, control) ==
                nearest(rows, reduced, one, kNeighbours, {}, control);
    }
    std::cout << "\nthe two fp32 searches agree for " << same << " of " << queries.size() << " queries\n";
}

}  // namespace dinoscope::bench
