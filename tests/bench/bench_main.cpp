// dino_bench: how fast, as ratios within one run on one machine. Not a test: nothing here fails for being
// slow.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "engine/api/core.h"
#include "engine/api/runtime.h"
#include "engine/base/error.h"
#include "tests/bench/bench.h"
#ifdef DINOSCOPE_WITH_GUI
#include "tests/bench/gui_bench.h"
#endif

namespace dinoscope::bench {

void printRow(const std::string& what, const std::string& value, const std::string& ratio) {
    std::printf("%-56s %12s  %s\n", what.c_str(), value.c_str(), ratio.c_str());
    std::fflush(stdout);
}

std::string milliseconds(double seconds) {
    char text[32];
    std::snprintf(text, sizeof(text), seconds < 0.1 ? "%.2f ms" : "%.0f ms", 1000 * seconds);
    return text;
}

std::string times(double ratio) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f x", ratio);
    return text;
}

std::string outputOf(const std::string& command) {
    std::FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) return {};
    std::string output;
    char buffer[4096];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
        output.append(buffer, got);
    return pclose(pipe) == 0 ? output : std::string();
}

void mustRun(const std::string& command) {
    if (std::system(command.c_str()) != 0)
        throw Error("the command failed", command, "see its message above");
}

}  // namespace dinoscope::bench

int main(int count, char** values) {
    using namespace dinoscope;
    CLI::App program("How fast Dinoscope is here", "dino_bench");
    program.require_subcommand(1);
    bench::AttentionBenchOptions attention;
    attention.image = SAMPLE_IMAGE;
    attention.script = COMPARE_SCRIPT;
    attention.dino = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "dino").string();
    CLI::App* attend = program.add_subcommand("attention", "The forward pass, against PyTorch with --python");
    attend->add_option("--python", attention.python, "an interpreter with torch, timm and matplotlib");
    attend->add_option("--image", attention.image);
    attend->add_option("--threads", attention.threads);
    attend->add_option("--repeat", attention.repeat);
    bench::AugmentBenchOptions augmentation{attention.image, {}, attention.script};
    CLI::App* augment = program.add_subcommand("augment", "Multi-crop, against torchvision with --python");
    augment->add_option("--python", augmentation.python, "an interpreter with torchvision");
    augment->add_option("--image", augmentation.image);
    augment->add_option("--repeat", augmentation.repeat);
    bench::TrainBenchOptions training;
    training.script = COMPARE_SCRIPT;
    CLI::App* train = program.add_subcommand("train", "Training, against PyTorch with --python");
    train->add_option("--data", training.data, "a folder of class folders of images")->required();
    train->add_option("--python", training.python, "an interpreter with torch, torchvision and timm");
    train->add_option("--device", training.device);
    train->add_option("--precision", training.precision)->check(CLI::IsMember({"fp32", "bf16"}));
    train->add_option("--arch", training.arch, "only this one")
        ->check(CLI::IsMember({"vit_small", "vit_tiny"}));
    train->add_option("--steps", training.steps)->check(CLI::PositiveNumber);
    train->add_option("--batch", training.batch, "images of a step")->check(CLI::PositiveNumber);
    train->add_option("--workers", training.workers, "processes of PyTorch's DataLoader");
    train->add_option("--script", training.script, "compare_pytorch.py, where it was moved");
    train->add_option("--trace", training.trace, "a file for what a card does, and a table of its kernels");
    train->add_flag("--profile", training.profile, "where the time goes");
    bench::ExtractBenchOptions extraction;
    extraction.script = COMPARE_SCRIPT;
    CLI::App* extract = program.add_subcommand("extract", "Features from image files, end to end");
    extract->add_option("--data", extraction.data, "a folder of JPEG files")->required();
    extract->add_option("--python", extraction.python, "an interpreter with torch, torchvision and timm");
    extract->add_option("--images", extraction.images)->check(CLI::PositiveNumber);
    extract->add_option("--device", extraction.device);
    bench::LatencyBenchOptions waiting{{}, attention.image};
    CLI::App* latency = program.add_subcommand("latency", "Attention while a network is trained");
    latency->add_option("--data", waiting.data, "a folder of images")->required();
    std::int64_t rows = 1'000'000;
    CLI::App* search = program.add_subcommand("search", "Nearest neighbours of one query");
    search->add_option("--rows", rows)->check(CLI::PositiveNumber);
    CLI::App* approximate = program.add_subcommand("hnsw", "The approximate index");
    approximate->add_option("--rows", rows)->check(CLI::PositiveNumber);
    bench::KnnBenchOptions evaluation;
    CLI::App* knn = program.add_subcommand("knn", "Time and memory of an evaluation of many features");
    knn->add_option("--rows", evaluation.rows)->check(CLI::Range(200, 100'000'000));
    knn->add_option("--queries", evaluation.queries)->check(CLI::PositiveNumber);
    knn->add_option("--dim", evaluation.dim)->check(CLI::PositiveNumber);
    CLI::App* products =
        program.add_subcommand("products", "The matrix products of training, and their limit");
    int side = 0;
    CLI::App* memory = program.add_subcommand("forward-memory", "Peak memory of one forward pass, as JSON");
    memory->add_option("--image", attention.image);
    memory->add_option("--size", side)->required();
#ifdef DINOSCOPE_WITH_GUI
    CLI::App* gui = program.add_subcommand("gui", "Repaints of the window");
#endif
    CLI11_PARSE(program, count, values);
    try {
        OptionValues options(api::commonOptions());
        options.set("threads", OptionValue(std::int64_t(attention.threads)));
        options.set("device", std::string_view(training.device));
        api::startRuntime(options);
        if (attend->parsed()) bench::runAttentionBench(attention);
        if (augment->parsed()) bench::runAugmentBench(augmentation);
        if (train->parsed()) bench::runTrainBench(training);
        if (extract->parsed()) bench::runExtractBench(extraction);
        if (latency->parsed()) bench::runLatencyBench(waiting);
        if (approximate->parsed()) bench::runApproximateBench(rows);
        if (search->parsed()) bench::runSearchBench(rows);
        if (knn->parsed()) bench::runKnnBench(evaluation);
        if (products->parsed()) bench::runProductsBench();
        if (memory->parsed()) bench::printForwardMemory(attention.image, side);
#ifdef DINOSCOPE_WITH_GUI
        if (gui->parsed()) return runGuiBench();
#endif
    } catch (...) {
        std::cerr << "dino_bench: " << currentError().what() << '\n';
        return 1;
    }
    return 0;
}
