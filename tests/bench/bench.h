#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dinoscope::bench {

/// Seconds that `work` takes: the median of `repeat` runs after one to warm up.
template <typename Work>
double medianSeconds(int repeat, const Work& work) {
    work();
    std::vector<double> times;
    for (int i = 0; i < repeat; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + repeat / 2, times.end());
    return times[std::size_t(repeat / 2)];
}

/// A line of the report: what, how much, and the ratio where there is one ("7.4 x").
void printRow(const std::string& what, const std::string& value, const std::string& ratio = {});
std::string milliseconds(double seconds);
std::string times(double ratio);

/// Operations a second (a multiply-add counts as two) of a loop of nothing but multiply-adds in registers, on
/// all threads of this one: what no program exceeds. Empty where the processor has no such instruction.
std::optional<double> peakOperations(bool bf16);

struct AttentionBenchOptions {
    std::string image;
    std::string python;  ///< an interpreter with torch and timm; empty: no comparison
    std::string script;  ///< compare_pytorch.py
    std::string dino;    ///< the program
    int threads = 0;
    int repeat = 5;
};

/// Attention of the last layer of ViT-S/8 over one image, as `dino attend` and the window compute it.
void runAttentionBench(const AttentionBenchOptions& options);

/// Peak memory of one forward pass over `size` x `size` pixels above that of the loaded model, bytes, printed
/// as JSON: {"model": …, "forward": …}. In a process of its own, since a peak cannot be forgotten.
void printForwardMemory(const std::string& image, int size);

struct AugmentBenchOptions {
    std::string image;   ///< from which a JPEG file of 224 px is made
    std::string python;  ///< an interpreter with torchvision; empty: no comparison
    std::string script;  ///< compare_pytorch.py
    int repeat = 9;
};

/// Multi-crop augmentation of a small JPEG file, 2 x 224 + 6 x 96 px: images a second of one core's time,
/// decoding included.
void runAugmentBench(const AugmentBenchOptions& options);

struct TrainBenchOptions {
    std::string data;    ///< a folder of class folders of images
    std::string python;  ///< an interpreter with torch, torchvision and timm; empty: no comparison
    std::string script;  ///< compare_pytorch.py
    std::string device = "cpu";
    std::string precision = "fp32";
    std::string arch;   ///< only the recipe with this one; empty: all
    std::string trace;  ///< file for what a card did in three of the steps; empty: none
    int batch = 0;      ///< images of a step; 0: what the recipe has for a CPU
    int workers = 2;    ///< processes of PyTorch's DataLoader
    int steps = 5;
    bool profile = false;  ///< adds where the time goes, which takes a little itself
};

/// Self-distillation end to end from image files, images a second, for two small recipes.
void runTrainBench(const TrainBenchOptions& options);

struct ExtractBenchOptions {
    std::string data;    ///< a folder of JPEG files
    std::string python;  ///< an interpreter with torch, torchvision and timm; empty: no comparison
    std::string script;  ///< compare_pytorch.py
    std::string device = "cpu";
    int images = 400;
};

/// Features of ViT-S/16 at 224 px from image files: images a second, and against its parts measured apart.
void runExtractBench(const ExtractBenchOptions& options);

/// One query over `rows` clustered vectors of 384 numbers, against reading them from memory once.
void runSearchBench(std::int64_t rows);
/// The approximate index of such vectors: building, one query, recall@10.
void runApproximateBench(std::int64_t rows);

struct KnnBenchOptions {
    std::int64_t rows = 200'000;  ///< training images
    std::int64_t queries = 10'000;
    std::int64_t dim = 384;
};

/// What `dino knn` and `dino linear` do with features once they are there, synthetic ones here: the peak of
/// memory above them, and the time.
void runKnnBench(const KnnBenchOptions& options);

/// The matrix products of a ViT-S/16's linear layers, beside what the processor's registers alone can do.
void runProductsBench();

struct LatencyBenchOptions {
    std::string data;  ///< a folder of images to train on
    std::string image;
};

/// How long a person waits for attention of the teacher while it is trained, on all cores: from asking to
/// having, for networks of three sizes.
void runLatencyBench(const LatencyBenchOptions& options);

/// stdout of a command; empty if it failed.
std::string outputOf(const std::string& command);

/// Runs a command whose output is of no interest; an Error where it fails.
void mustRun(const std::string& command);

}  // namespace dinoscope::bench
