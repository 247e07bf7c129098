#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "engine/api/runtime.h"
#include "engine/base/memory.h"
#include "engine/neighbours/knn_classifier.h"
#include "engine/neighbours/linear_probe.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

constexpr int kClasses = 1000;
constexpr std::int64_t kPiece = 1 << 14;
constexpr double kTemperature = 0.07;

/// As extractLabelled() leaves them: unit vectors, each about the centre of its class.
LabelledSet clusteredSet(std::int64_t count, std::int64_t dim, std::uint64_t seed) {
    at::manual_seed(1);
    const at::Tensor centres = at::randn({kClasses, dim});
    at::manual_seed(seed);
    LabelledSet set;
    set.features = emptyRows(count, dim);
    for (std::int64_t first = 0; first < count; first += kPiece) {
        const std::int64_t rows = std::min(kPiece, count - first);
        const at::Tensor classes = at::randint(kClasses, {rows}, at::kLong);
        const at::Tensor piece = at::randn({rows, dim}).add_(centres.index_select(0, classes));
        set.features.slice(0, first, first + rows).copy_(piece.div_(piece.norm(2, 1, true)));
        const std::int64_t* numbers = classes.const_data_ptr<std::int64_t>();
        for (std::int64_t i = 0; i < rows; ++i)
            set.classes.push_back(static_cast<std::int32_t>(numbers[i]));
    }
    return set;
}

/// By how many bytes the most that the process holds during `work` is above what it holds before.
template <typename Work>
std::int64_t peakAbove(const Work& work) {
    std::ofstream("/proc/self/clear_refs") << 5;  // forgets the peak so far
    const std::int64_t before = residentMemory();
    work();
    return peakResidentMemory() - before;
}

std::string megabytes(std::int64_t bytes) {
    return std::to_string((bytes + 500'000) / 1'000'000) + " MB";
}

std::string share(std::int64_t bytes, std::int64_t whole) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.2f of the features", double(bytes) / double(whole));
    return text;
}

}  // namespace

void runKnnBench(const KnnBenchOptions& options) {
    const LabelledSet train = clusteredSet(options.rows, options.dim, 2);
    const LabelledSet val = clusteredSet(options.queries, options.dim, 3);
    const std::int64_t features = 4 * (train.features.numel() + val.features.numel());
    std::cout << api::describeDevice("cpu").description << ", " << options.rows << " training and "
              << options.queries << " validation images, " << options.dim << " numbers each\n\n";
    printRow("features in memory, once", megabytes(features));

    JobControl control;
    double seconds = 0;
    const std::int64_t knn = peakAbove([&] {
        const auto start = std::chrono::steady_clock::now();
        rankByNeighbours(train, val.features, {10, 20, 100, 200}, kClasses, kTemperature, at::kCPU, control);
        seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    });
    printRow("k-NN, k = 10, 20, 100, 200: peak above them", megabytes(knn), share(knn, features));
    printRow("the same: time", milliseconds(seconds),
             std::to_string(std::llround(double(options.queries) / seconds)) + " images/s");
    const std::int64_t standard = peakAbove([&] { Standardiser::of(train.features); });
    printRow("mean and deviation for a linear probe: peak above them", megabytes(standard),
             share(standard, features));
}

}  // namespace dinoscope::bench
