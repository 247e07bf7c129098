#include "engine/api/weights_name.h"

#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

#include "engine/base/error.h"
#include "engine/train/run/run_directory.h"
#include "engine/weights/catalogue.h"

namespace dinoscope::api {

namespace fs = std::filesystem;

namespace {

/// Every model of transformers' hub is called so.
constexpr std::array<std::string_view, 5> kCommonNames{"model.safetensors.index.json", "model.safetensors",
                                                       "pytorch_model.bin", "pytorch_model.bin.index.json",
                                                       "checkpoint.pth"};

constexpr std::string_view kCheckpoints = "checkpoints";  // the folder of a run's

bool isThere(const std::string& weights) {
    std::error_code failed;
    return fs::exists(weights, failed);
}

bool isFetched(const CatalogueEntry& entry) {
    std::error_code failed;
    return fs::is_regular_file(cachedFile(entry), failed);
}

/// What the catalogue has under a name. One that is on this machine comes before a file that is called so:
/// the default must not depend on the folder that the program is started in. "./NAME" is the file.
const CatalogueEntry* entryOf(const std::string& weights) {
    const CatalogueEntry* entry = findInCatalogue(weights);
    return entry && (isFetched(*entry) || !isThere(weights)) ? entry : nullptr;
}

std::optional<std::string> fileOfName(const std::string& weights) {
    const CatalogueEntry* entry = entryOf(weights);
    if (!entry) return std::nullopt;
    if (isFetched(*entry)) return cachedFile(*entry).string();
    throw Error(entry->shipped.empty() ? "these weights are not on this machine yet"
                                       : "the model that ships with the program is not where it belongs",
                weights, whereToFetch(*entry));
}

/// What reads as a name rather than as a file's, and is neither, may be a misspelt one of the catalogue.
void refuseUnknownName(const std::string& weights) {
    if (weights == kUntrained || weights.find_first_of("./") != std::string::npos || isThere(weights)) return;
    throw Error("there is no such file, and no public checkpoint of that name", weights,
                "give a checkpoint or a run, or a name that `dino info --list` has");
}

std::string fileOfFolder(const std::string& folder, std::int64_t epoch) {
    const RunPaths run(folder);
    if (!run.holdsRun()) {
        std::error_code failed;
        // In the order of transformers.
        for (const char* name : {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                 "pytorch_model.bin.index.json"}) {
            if (fs::is_regular_file(fs::path(folder) / name, failed))
                return (fs::path(folder) / name).string();
        }
        return folder;
    }
    if (epoch > 0) return run.checkpointOfEpoch(epoch).path.string();
    const auto latest = run.latestCheckpoint();
    if (!latest) throw Error("this run has no checkpoint yet", folder, "wait for its first one");
    return latest->path.string();
}

}  // namespace

bool isNamed(const std::string& weights) {
    return weights == kUntrained || entryOf(weights);
}

std::string resolveWeights(const std::string& weights, std::int64_t epoch) {
    if (epoch > 0 && !RunPaths(weights).holdsRun()) {
        throw UsageError(weights + " is no run, and only a run has checkpoints of several epochs", "--epoch",
                         "leave it out, or give a run's folder");
    }
    if (const auto named = fileOfName(weights)) return *named;
    refuseUnknownName(weights);
    std::error_code failed;
    return fs::is_directory(weights, failed) ? fileOfFolder(weights, epoch) : weights;
}

std::string shownWeights(const std::string& weights) {
    if (isNamed(weights)) return weights;
    const fs::path path(weights);
    const fs::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
    const fs::path folder = path.parent_path();
    // Checkpoints of all runs are called alike.
    if (folder.filename() == kCheckpoints && folder.parent_path().has_filename())
        return (folder.parent_path().filename() / name).string();
    for (const std::string_view common : kCommonNames) {
        if (name == common && folder.has_filename()) return (folder.filename() / name).string();
    }
    return name.string();
}

}  // namespace dinoscope::api
