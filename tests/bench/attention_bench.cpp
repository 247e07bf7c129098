#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/api/attention.h"
#include "engine/image/decode.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

namespace fs = std::filesystem;

constexpr int kSide = 480;
constexpr int kLargeSide = 1024;

api::ModelSource smallEight() {
    api::ModelSource source;
    source.arch = "vit_small";
    source.patchSize = 8;
    return source;
}

double forwardSeconds(const Image& image, api::Precision precision, int repeat) {
    JobControl control;
    const auto model = api::Model::load(smallEight(), {"cpu", precision}, control);
    const InputSize size = InputSize::exact(kSide, kSide);
    return medianSeconds(repeat, [&] { api::AttentionField::compute(*model, image, size, -1, control); });
}

double hoverSeconds(const Image& image, int side) {
    JobControl control;
    const auto model = api::Model::load(smallEight(), {"cpu", api::Precision::Fp32}, control);
    const auto field = api::AttentionField::compute(*model, image, InputSize::exact(side, side), 0, control);
    return medianSeconds(51, [&] { field->map({PatchPosition{3, 5}}); });
}

/// Floating-point operations of that forward pass: linear layers and attention of 11 blocks, the embedding of
/// patches, queries and keys of the last block.
double forwardOperations() {
    constexpr double kDim = 384, kPixels = 3 * 8 * 8, kTokens = (kSide / 8.0) * (kSide / 8.0) + 1;
    constexpr double kBlock = 24 * kTokens * kDim * kDim + 4 * kTokens * kTokens * kDim;
    return 11 * kBlock + 2 * kTokens * kPixels * kDim + 4 * kTokens * kDim * kDim;
}

std::string ofPeak(double seconds, std::optional<double> peak) {
    if (!peak) return {};
    return ", " + std::to_string(std::lround(100 * forwardOperations() / seconds / *peak)) + " % of the peak";
}

std::int64_t procStatus(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(key + ":", 0) == 0) return std::atoll(line.c_str() + key.size() + 1) * 1024;
    }
    return 0;
}

std::string gigaflops(double operations) {
    return std::to_string(std::lround(operations * 1e-9)) + " GFLOP/s";
}

std::string megabytes(std::int64_t bytes) {
    return std::to_string((bytes + 500'000) / 1'000'000) + " MB";
}

void benchMemory(const AttentionBenchOptions& options) {
    const std::string command = fs::read_symlink("/proc/self/exe").string() + " forward-memory --image '" +
                                options.image + "' --size " + std::to_string(kLargeSide);
    const std::string output = outputOf(command);
    if (output.empty()) return;
    const auto report = nlohmann::json::parse(output);
    printRow("S/8, 1024 x 1024: peak of the forward above the model", megabytes(report["forward"]));
    printRow("S/8: the loaded model in memory", megabytes(report["model"]));
}

/// `weights`: what both read.
void benchWholeCommand(const AttentionBenchOptions& options, const fs::path& weights) {
    const fs::path output = weights.parent_path() / "pictures";
    fs::create_directories(output);
    const std::string ours = options.dino + " attend '" + options.image + "' -w " + weights.string() +
                             " --size 480x480 -o " + output.string() + " > /dev/null";
    const std::string script = options.python + " " + options.script + " attend --image '" + options.image +
                               "' --weights " + weights.string() + " --output " + output.string();
    const double own = medianSeconds(3, [&] { mustRun(ours); });
    const double theirs = medianSeconds(1, [&] { mustRun(script); });
    printRow("a whole Python script, S/8, one image, 13 pictures", milliseconds(theirs), {});
    printRow("dino attend, the same", milliseconds(own), times(theirs / own));
}

struct Comparison {
    double plain = 0;
    double dino = 0;
    double sdpa = 0;
};

/// Leaves the weights in a file.
std::optional<Comparison> comparePytorch(const AttentionBenchOptions& options, const fs::path& weights) {
    if (options.python.empty()) return std::nullopt;
    const std::string output =
        outputOf(options.python + " " + options.script + " attention --image '" + options.image +
                 "' --threads " + std::to_string(options.threads) + " --save " + weights.string());
    if (output.empty()) {
        std::cerr << options.python << ": compare_pytorch.py failed; ratios are left out\n";
        return std::nullopt;
    }
    const auto report = nlohmann::json::parse(output);
    return Comparison{report["plain_seconds"], report["dino_seconds"], report["sdpa_seconds"]};
}

}  // namespace

void printForwardMemory(const std::string& imageFile, int size) {
    JobControl control;
    const Image image = decodeImage(imageFile);
    const std::int64_t before = procStatus("VmRSS");
    const auto model = api::Model::load(smallEight(), {"cpu", api::Precision::Fp32}, control);
    const std::int64_t loaded = procStatus("VmRSS");
    // Forgets the peak so far.
    std::ofstream("/proc/self/clear_refs") << 5;
    api::AttentionField::compute(*model, image, InputSize::exact(size, size), -1, control);
    std::cout << nlohmann::json{{"model", loaded - before}, {"forward", procStatus("VmHWM") - loaded}}
              << '\n';
}

void runAttentionBench(const AttentionBenchOptions& options) {
    const Image image = decodeImage(options.image);
    std::cout << api::describeDevice("cpu").description << "\n\n";
    const fs::path folder = fs::temp_directory_path() / ("dino_bench." + std::to_string(getpid()));
    fs::create_directories(folder);
    const auto pytorch = comparePytorch(options, folder / "s8.pth");
    const auto report = [&](const std::string& what, double seconds, std::optional<double> peak) {
        printRow(what, milliseconds(seconds),
                 (pytorch ? times(pytorch->plain / seconds) + ", to dino's order " +
                                times(pytorch->dino / seconds) + ", to SDPA " + times(pytorch->sdpa / seconds)
                          : "") +
                     ofPeak(seconds, peak));
    };
    const auto peak = peakOperations(false);
    const auto peakBf16 = peakOperations(true);
    if (peak) printRow("multiply-adds in registers, fp32", gigaflops(*peak));
    if (peakBf16) printRow("multiply-adds in registers, bf16", gigaflops(*peakBf16));
    if (pytorch) {
        printRow("plain PyTorch, full matrices, fp32", milliseconds(pytorch->plain));
        printRow("plain PyTorch in dino's order, fp32", milliseconds(pytorch->dino));
        printRow("PyTorch with SDPA, fp32", milliseconds(pytorch->sdpa));
    }
    report("S/8, 480 x 480, last layer, fp32", forwardSeconds(image, api::Precision::Fp32, options.repeat),
           peak);
    if (api::describeDevice("cpu").bf16IsFast) {
        report("S/8, 480 x 480, last layer, bf16",
               forwardSeconds(image, api::Precision::Bf16, options.repeat), peakBf16);
    }
    printRow("another query, 480 x 480 (3,600 patches)", milliseconds(hoverSeconds(image, kSide)));
    printRow("another query, 1024 x 1024 (16,384 patches)", milliseconds(hoverSeconds(image, kLargeSide)));
    if (pytorch) benchWholeCommand(options, folder / "s8.pth");
    benchMemory(options);
    fs::remove_all(folder);
}

}  // namespace dinoscope::bench
