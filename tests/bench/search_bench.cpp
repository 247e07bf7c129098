#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>

#include "engine/api/runtime.h"
#include "engine/base/hash.h"
#include "engine/base/parallel.h"
#include "engine/neighbours/search/approximate_index.h"
#include "engine/neighbours/search/exact_search.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

constexpr int kRepeat = 21;
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

struct Compared {
    double search = 0;   ///< seconds, median
    double reading = 0;  ///< seconds, median
    double ratio = 0;    ///< median over pairs
};

/// In turns, so that what else the memory is busy with meets both.
Compared compare(const std::function<void()>& search, const std::function<void()>& read) {
    std::vector<double> searching;
    std::vector<double> reading;
    std::vector<double> ratios;
    for (int i = 0; i < kRepeat; ++i) {
        reading.push_back(medianSeconds(1, read));
        searching.push_back(medianSeconds(1, search));
        ratios.push_back(searching.back() / reading.back());
    }
    const auto median = [](std::vector<double>& values) {
        std::nth_element(values.begin(), values.begin() + kRepeat / 2, values.end());
        return values[kRepeat / 2];
    };
    return {median(searching), median(reading), median(ratios)};
}

void printCompared(const char* name, const Compared& compared) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.2f x reading once", compared.ratio);
    printRow(name, milliseconds(compared.search), text);
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
    const auto readWide = [&] { seen += readOnce(rows); };
    const auto readNarrow = [&] { seen += readOnce(reduced.rows()); };
    const Compared wide = compare([&] { nearest(rows, query(), kNeighbours, {}, control); }, readWide);
    const at::Tensor column = at::from_blob(queries[0].data(), {kDim});
    const Compared plain = compare([&] { at::mv(data, column).topk(kNeighbours); }, readWide);
    const Compared narrow =
        compare([&] { nearest(reduced.rows(), query(), kNeighbours, {}, control); }, readNarrow);
    const Compared both =
        compare([&] { nearest(rows, reduced, query(), kNeighbours, {}, control); }, readNarrow);

    const auto gigabytes = [](const FeatureRows& some, double seconds) {
        char text[64];
        std::snprintf(text, sizeof(text), "%.1f GB/s", double(some.count * some.stride) / seconds / 1e9);
        return std::string(text);
    };
    printRow("reading the fp32 rows once", milliseconds(wide.reading), gigabytes(rows, wide.reading));
    printCompared("search, fp32 stored", wide);
    printCompared("torch mv and topk, fp32", plain);
    printRow("reading the bf16 rows once", milliseconds(narrow.reading),
             gigabytes(reduced.rows(), narrow.reading));
    printCompared("search, bf16 stored", narrow);
    printCompared("search, fp32 stored, bf16 copy scanned, same result", both);
    if (seen == 1) std::cout << '\n';  // what was read is used

    std::size_t same = 0;
    for (const std::vector<float>& one : queries) {
        same += nearest(rows, one, kNeighbours, {}, control) ==
                nearest(rows, reduced, one, kNeighbours, {}, control);
    }
    std::cout << "\nthe two fp32 searches agree for " << same << " of " << queries.size() << " queries\n";
}

void runApproximateBench(std::int64_t count) {
    const c10::InferenceMode guard;
    constexpr std::int64_t kFound = 10;
    constexpr int kQueries = 200;
    std::cout << api::describeDevice("cpu").description << ", " << count << " x " << kDim << ", top "
              << kFound << "\n\n";
    const at::Tensor data = clusteredRows(count);
    const FeatureRows rows{static_cast<const std::byte*>(data.const_data_ptr()), count, kDim,
                           rowBytes(kDim, StorageType::Fp32), StorageType::Fp32};
    const auto folder =
        std::filesystem::temp_directory_path() / ("dino_bench_hnsw." + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    JobControl control;
    const auto start = std::chrono::steady_clock::now();
    ApproximateIndex::build(rows, folder, 1, control);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const auto index = ApproximateIndex::load(rows, folder, 1);
    if (!index) throw Error("the index cannot be read back", folder.string());
    std::ptrdiff_t right = 0;
    double searching = 0;
    for (std::int64_t q = 0; q < kQueries; ++q) {
        const std::int64_t row = q * (count / kQueries);
        const float* numbers = data[row].const_data_ptr<float>();
        const std::vector<float> query(numbers, numbers + kDim);
        const RowFilter filter{nullptr, row};
        const auto exact = nearest(rows, query, kFound, filter, control);
        const auto before = std::chrono::steady_clock::now();
        const auto found = index->nearest(rows, query, kFound, filter, control);
        searching += std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
        for (const Neighbour& one : found)
            right += std::count(exact.begin(), exact.end(), one);
    }
    char text[32];
    std::snprintf(text, sizeof(text), "%.4f", double(right) / (kQueries * kFound));
    printRow("building the graph", milliseconds(seconds));
    printRow("one query, one thread", milliseconds(searching / kQueries));
    printRow("recall@10", text);
    std::snprintf(text, sizeof(text), "%.0f MB",
                  double(std::filesystem::file_size(ApproximateIndex::file(folder, 1))) / 1e6);
    printRow("the graph on the disk", text);
    std::filesystem::remove_all(folder);
}

}  // namespace dinoscope::bench
