#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/api/train.h"
#include "engine/base/parallel.h"
#include "tests/bench/bench.h"
#include "tests/bench/device_trace.h"
#include "tests/bench/op_profile.h"

namespace dinoscope::bench {

namespace {

namespace fs = std::filesystem;

/// A step of the reference's method, small enough for a CPU.
struct Recipe {
    const char* title;
    const char* arch;
    int batch;
    int globalSize;
    int localSize;
    int localCrops;
};

constexpr std::size_t kTracedSteps = 3;

constexpr Recipe kRecipes[]{{"ViT-S/16, 2 x 224 + 6 x 96 px", "vit_small", 8, 224, 96, 6},
                            {"ViT-Ti/16, 2 x 96 + 4 x 48 px", "vit_tiny", 32, 96, 48, 4}};

int batchOf(const Recipe& recipe, const TrainBenchOptions& bench) {
    return bench.batch > 0 ? bench.batch : recipe.batch;
}

OptionValues optionsOf(const Recipe& recipe, const TrainBenchOptions& bench, const fs::path& run) {
    OptionValues options(trainOptions());
    options.set("arch", std::string_view(recipe.arch));
    options.set("batch-size-per-gpu", OptionValue(std::int64_t(batchOf(recipe, bench))));
    options.set("img-size", OptionValue(std::int64_t(recipe.globalSize)));
    options.set("global-crop-size", OptionValue(std::int64_t(recipe.globalSize)));
    options.set("local-crop-size", OptionValue(std::int64_t(recipe.localSize)));
    options.set("local-crops-number", OptionValue(std::int64_t(recipe.localCrops)));
    options.set("data", std::string_view(bench.data));
    options.set("output", std::string_view(run.string()));
    options.set("device", std::string_view(bench.device));
    options.set("precision", std::string_view(bench.precision));
    options.set("save-every", OptionValue(0.0));
    options.set("knn-every", OptionValue(std::int64_t(0)));
    options.set("metrics-every", OptionValue(std::int64_t(1)));
    return options;
}

struct Rates {
    double imagesPerSecond = 0;
    double dataWait = 0;
};

/// The trainer itself on image files, interrupted after some steps; the first two warm up.
Rates ownRates(const Recipe& recipe, const TrainBenchOptions& bench) {
    const fs::path run = fs::temp_directory_path() / ("dino_bench." + std::to_string(getpid()));
    JobControl control;
    std::vector<StepMetrics> steps;
    std::unique_ptr<OpProfile> profile;
    std::unique_ptr<DeviceTrace> trace;
    api::TrainWatcher watcher;
    watcher.step = [&](const StepMetrics& step) {
        steps.push_back(step);
        if (!bench.trace.empty() && steps.size() == 2) trace = std::make_unique<DeviceTrace>();
        if (trace && steps.size() == 2 + kTracedSteps) {
            trace->finish(step.seconds - steps[1].seconds, 40, bench.trace);
            trace.reset();
            steps.resize(2);  // a recorder takes time: what follows is measured without it
            steps[1] = step;
        }
        if (bench.profile && steps.size() == 2) profile = std::make_unique<OpProfile>();
        if (profile && static_cast<int>(steps.size()) == bench.steps + 2) {
            profile->print(step.seconds - steps[1].seconds, 24);
        }
        if (static_cast<int>(steps.size()) == bench.steps + 2) control.cancel();
    };
    try {
        api::train(optionsOf(recipe, bench, run), watcher, control);
    } catch (const Cancelled&) {
        // As asked above.
    }
    fs::remove_all(run);
    Rates rates;
    const double seconds = steps.back().seconds - steps[1].seconds;
    rates.imagesPerSecond = batchOf(recipe, bench) * double(steps.size() - 2) / seconds;
    for (std::size_t i = 2; i < steps.size(); ++i)
        rates.dataWait += steps[i].dataWait / double(steps.size() - 2);
    return rates;
}

double pytorchRate(const Recipe& recipe, const TrainBenchOptions& bench) {
    if (bench.python.empty()) return 0;
    const std::string crops = std::to_string(recipe.globalSize) + ",2," + std::to_string(recipe.localSize) +
                              "," + std::to_string(recipe.localCrops);
    const std::string output = outputOf(
        bench.python + " " + bench.script + " train --patch 16 --data '" + bench.data + "' --arch " +
        recipe.arch + " --batch " + std::to_string(batchOf(recipe, bench)) + " --workers " +
        std::to_string(bench.workers) + " --crops " + crops + " --steps " + std::to_string(bench.steps) +
        " --device " + bench.device + (bench.precision == "bf16" ? " --bf16" : ""));
    if (output.empty()) return 0;
    return nlohmann::json::parse(output)["images_per_second"];
}

std::string perSecond(double rate) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f /s", rate);
    return text;
}

}  // namespace

void runTrainBench(const TrainBenchOptions& options) {
    std::cout << api::describeDevice(options.device).description << ", " << options.precision << "\n\n";
    for (const Recipe& recipe : kRecipes) {
        if (!options.arch.empty() && options.arch != recipe.arch) continue;
        const double plain = pytorchRate(recipe, options);
        const Rates own = ownRates(recipe, options);
        const std::string title =
            std::string(recipe.title) + ", batch " + std::to_string(batchOf(recipe, options));
        if (plain > 0) printRow("plain PyTorch, " + title, perSecond(plain));
        char wait[48];
        std::snprintf(wait, sizeof(wait), "waiting for data %.1f %%", 100 * own.dataWait);
        printRow(title, perSecond(own.imagesPerSecond),
                 (plain > 0 ? times(own.imagesPerSecond / plain) + ", " : std::string()) + wait);
    }
}

}  // namespace dinoscope::bench
