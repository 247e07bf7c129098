#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/api/model_impl.h"
#include "engine/api/runtime.h"
#include "engine/base/mapped_file.h"
#include "engine/base/parallel.h"
#include "engine/data/folder_scan.h"
#include "engine/image/decode.h"
#include "engine/neighbours/feature_stream.h"
#include "engine/neighbours/features.h"
#include "engine/neighbours/input_batch.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

namespace fs = std::filesystem;

double secondsOf(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<fs::path> chooseFiles(const std::string& folder, std::size_t count) {
    const std::vector<fs::path> all = listImages(folder, true);
    std::vector<fs::path> files;
    for (std::size_t i = 0; i < std::min(count, all.size()); ++i)
        files.push_back(all[i * all.size() / std::min(count, all.size())]);
    return files;
}

std::string rate(double images) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f images/s", images);
    return text;
}

/// Core seconds an image of each part, measured apart.
struct Parts {
    double decode = 0;
    double resize = 0;
    double forward = 0;
    double forwardRate = 0;  ///< images/s on all threads, or on the card
};

Parts measureParts(const api::Model& model, const FeatureRecipe& recipe, const std::vector<fs::path>& files) {
    const FeatureNetwork network = model.impl().featureNetwork();
    std::vector<Image> images;
    Parts parts;
    const double count = double(files.size());
    parts.decode = secondsOf([&] {
                       for (const fs::path& file : files)
                           images.push_back(decodeImage(readFile(file), file.string()));
                   }) /
                   count;
    std::vector<NetworkInput> inputs;
    const int threads = at::get_num_threads();
    setThreadCount(1);
    parts.resize = secondsOf([&] {
                       for (const Image& image : images) {
                           inputs.push_back(prepareImage(image, recipe.input, nullptr));
                           const NetworkInput* one = &inputs.back();
                           if (network.device().is_cpu()) toBatch(std::span(&one, 1));
                       }
                   }) /
                   count;
    setThreadCount(threads);
    std::vector<const NetworkInput*> batch;
    const std::size_t atOnce = network.device().is_cpu() ? 10 : network.batchOf(224, 224);
    for (std::size_t i = 0; i < atOnce; ++i)
        batch.push_back(&inputs[i % inputs.size()]);
    const at::Tensor pixels = toBatch(batch, network.device());
    JobControl control;
    const double seconds =
        medianSeconds(9, [&] { features(network, pixels, recipe.kind, recipe.layers, control); });
    parts.forwardRate = double(batch.size()) / seconds;
    parts.forward = threads / parts.forwardRate;
    return parts;
}

double streamSeconds(const api::Model& model, const FeatureRecipe& recipe,
                     const std::vector<fs::path>& files) {
    JobControl control;
    return secondsOf([&] {
        FeatureStream(model.impl().featureNetwork(), recipe)
            .run(
                files, {}, [](std::vector<StreamedImage>) {}, control);
    });
}

}  // namespace

void runExtractBench(const ExtractBenchOptions& options) {
    const std::vector<fs::path> files = chooseFiles(options.data, std::size_t(options.images));
    if (files.empty()) throw Error("there is no image here", options.data, "name a folder of images");
    const bool onCard = options.device != "cpu";
    std::cout << api::describeDevice(options.device).description << ", " << files.size()
              << " JPEG files, vit_small/16, 224 px\n\n";
    double plain = 0;
    if (!options.python.empty()) {
        const std::string output =
            outputOf(options.python + " " + options.script + " extract --arch vit_small --patch 16 --data '" +
                     options.data + "' --images " + std::to_string(files.size()) + " --device " + options.device);
        if (output.empty()) {
            std::cerr << "compare_pytorch.py failed; ratios are left out\n";
        } else {
            plain = nlohmann::json::parse(output)["images_per_second"];
            printRow("PyTorch, DataLoader with two workers, fp32", rate(plain));
        }
    }
    for (const auto precision : {api::Precision::Fp32, api::Precision::Bf16}) {
        if (precision == api::Precision::Bf16 && !api::describeDevice(options.device).bf16IsFast) continue;
        JobControl control;
        api::ModelSource source;
        source.arch = "vit_small";
        const auto model = api::Model::load(source, {options.device, precision}, control);
        FeatureRecipe recipe;
        recipe.input.patchSize = 16;
        streamSeconds(
            *model, recipe,
            {files.begin(), files.begin() + std::ptrdiff_t(std::min<std::size_t>(40, files.size()))});
        const double seconds = streamSeconds(*model, recipe, files);
        const double images = double(files.size()) / seconds;
        const Parts parts = measureParts(*model, recipe, files);
        const double cores = seconds * at::get_num_threads() / double(files.size());
        const double apart = parts.decode + parts.resize + parts.forward;
        printRow("from JPEG to features, " + api::name(precision), rate(images),
                 plain > 0 ? times(images / plain) : "");
        recipe.thumbnails = true;
        printRow("  with thumbnails", rate(double(files.size()) / streamSeconds(*model, recipe, files)));
        char text[200];
        if (onCard) {
            std::snprintf(text, sizeof(text),
                          "  the forward pass by itself: %.1f images/s (%.1f %% of it); core time an image: "
                          "decode %.2f + resize %.2f ms\n",
                          parts.forwardRate, 100 * images / parts.forwardRate, 1e3 * parts.decode,
                          1e3 * parts.resize);
        } else {
            std::snprintf(
                text, sizeof(text),
                "  core time an image: %.2f ms; apart: decode %.2f + resize %.2f + forward %.2f = %.2f ms "
                "(%.3f x)\n",
                1e3 * cores, 1e3 * parts.decode, 1e3 * parts.resize, 1e3 * parts.forward, 1e3 * apart,
                cores / apart);
        }
        std::cout << text << std::flush;
    }
}

}  // namespace dinoscope::bench
