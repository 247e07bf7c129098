#include "engine/api/train_request.h"

#include <torch/version.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/api/cuda_driver.h"
#include "engine/api/weights_name.h"
#include "engine/base/cpu_features.h"
#include "engine/base/mkl_dispatch.h"
#include "engine/base/parallel.h"
#include "engine/base/printable.h"
#include "engine/base/utf8.h"
#include "engine/image/decode.h"
#include "engine/train/disk_room.h"
#include "engine/train/run/train_options.h"
#include "engine/train/train_setup.h"
#include "engine/weights/checkpoint.h"

namespace dinoscope::api {

namespace fs = std::filesystem;

namespace {

/// The folder's record where there is one to resume.
std::optional<RunRecord> recordToResume(const OptionValues& options) {
    if (!options.flag("resume") || options.text("output").empty()) return std::nullopt;
    const RunPaths paths(options.text("output"));
    if (!paths.holdsRun()) return std::nullopt;
    return recordOfRun(paths);
}

bool isThere(const std::string& path) {
    std::error_code failed;
    return !path.empty() && fs::exists(path, failed);
}

/// A path as it reads from any folder.
std::string whole(const std::string& path) {
    std::error_code failed;
    const fs::path absolute = fs::absolute(path, failed);
    return failed ? path : absolute.string();
}

std::string wholeIfThere(const std::string& path) {
    return isThere(path) ? whole(path) : path;
}

void takeWholePaths(OptionValues& options) {
    if (!options.text("data").empty()) options.set("data", OptionValue(whole(options.text("data"))));
    const std::string init = options.text("init");
    if (!init.empty() && !isNamed(init)) options.set("init", OptionValue(wholeIfThere(init)));
    if (!options.isSet("probe")) return;
    std::vector<std::string> probes = options.paths("probe");
    std::transform(probes.begin(), probes.end(), probes.begin(), whole);
    options.set("probe", OptionValue(probes));
}

/// Where a run's own images were.
void refuseLostFolder(const TrainRequest& request) {
    const std::string& path = request.record->data.path;
    if (request.options.text("data") != path || isThere(path)) return;
    throw Error("the images of this run are not there", path,
                "connect their disk, or name the folder that they are in now with --data");
}

/// run.toml is text, and what is written into it is looked for when the run goes on.
void refuseOddNames(const OptionValues& options) {
    std::vector<std::pair<const char*, std::string>> names{{"--data", options.text("data")},
                                                           {"--init", options.text("init")}};
    for (const std::string& probe : options.paths("probe"))
        names.emplace_back("--probe", probe);
    for (const auto& [option, name] : names) {
        if (isUtf8(name)) continue;
        throw Error(std::string("the name given with ") + option + " is not UTF-8, and a run cannot keep it",
                    printable(name, name.size()), "rename it, or give a link to it: ln -s");
    }
}

ImageDataset scanImages(const std::string& source, JobControl& control) {
    control.setStatus("looking at the images");
    ImageDataset dataset = ImageDataset::scan(source, control);
    control.setStatus({});
    // The scan itself names those that it lists.
    const auto named = static_cast<std::int64_t>(dataset.unreadable().size());
    if (dataset.unreadableCount() > named)
        control.note("skipped " + std::to_string(dataset.unreadableCount() - named) + " more");
    return dataset;
}

/// A run is one of so many batches a step, on however many processes it goes on.
void shareBatches(TrainRequest& request) {
    const std::int64_t count = request.place.count;
    if (!request.record || request.options.isSet("accumulate"))
        request.options.set("accumulate", OptionValue(request.options.integer("accumulate") * count));
}

void checkShares(const TrainRequest& request) {
    const std::int64_t batches = request.effective.integer("accumulate");
    if (batches % request.place.count != 0) {
        throw UsageError("the " + std::to_string(batches) +
                             " batches of a step of this run cannot be shared by " +
                             std::to_string(request.place.count) + " processes",
                         "--resume", "start as many processes as divide it");
    }
    if (!normalisesBatches(request.effective) || !request.record) return;
    const std::int64_t before = request.record->terms.processes;
    if (before == request.place.count) return;
    throw UsageError("batch normalisation of this run sees the images of " + std::to_string(before) +
                         (before == 1 ? " process" : " processes together"),
                     "--resume", "start " + std::to_string(before));
}

}  // namespace

TrainRequest trainRequest(const OptionValues& given, const ProcessPlace& place, JobControl& control) {
    TrainRequest request{given, std::nullopt, given, place};
    for (const std::string& text : settleTrainOptions(request.options))
        control.note(text);
    takeWholePaths(request.options);
    request.record = recordToResume(request.options);
    if (request.record && !request.options.isSet("data"))
        request.options.set("data", std::string_view(request.record->data.path));
    shareBatches(request);
    request.effective = request.record ? resumedOptions(*request.record, request.options) : request.options;
    if (!request.record) checkTrainOptions(request.options);
    checkShares(request);
    return request;
}

void refuseEarly(const TrainRequest& request) {
    if (!request.record) refuseOddNames(request.options);
    const fs::path folder = request.paths().folder();
    request.record ? RunDirectory::requireOpenable(folder) : RunDirectory::requireCreatable(folder);
    const std::string& init = request.options.text("init");
    if (!request.record && !init.empty()) const Checkpoint readable(resolveWeights(init));
    // Of a run that goes on, those that are lost do no harm.
    if (request.record && !request.options.isSet("probe")) return;
    for (const std::string& probe : request.options.paths("probe"))
        decodeImage(probe);
}

Placement placementOf(const TrainRequest& request) {
    OptionValues own = request.effective;
    if (request.record) own.set("precision", std::string_view(request.record->terms.precision));
    return choosePlacement(own, Purpose::LiveView, request.place);
}

MemoryPlan memoryOf(const TrainRequest& request, const ImageFacts& images, const Placement& placement) {
    const ProcessPlace& place = request.place;
    ComputePlace where{at::Device(placement.device), placement.precision == Precision::Bf16, threadCount(),
                       place.localCount, place.localCount};
    if (where.device.is_cuda() && !request.options.text("device").starts_with("cuda:"))
        where.sharersOfCard = (place.localCount + cudaDeviceCount() - 1) / cudaDeviceCount();
    OptionValues own = request.effective;
    own.set("accumulate", OptionValue(own.integer("accumulate") / place.count));
    return planMemory(own, images, where, request.record.has_value());
}

RunRecord recordOfRun(const RunPaths& paths) {
    RunRecord record = readRunRecord(paths.record());
    record.data.path = wholeIfThere(record.data.path);
    record.options.set("data", OptionValue(record.data.path));
    const std::string init = record.options.text("init");
    if (!isNamed(init)) record.options.set("init", OptionValue(wholeIfThere(init)));
    std::vector<std::string> probes = record.options.paths("probe");
    std::transform(probes.begin(), probes.end(), probes.begin(), wholeIfThere);
    record.options.set("probe", OptionValue(probes));
    return record;
}

KeptDataset imagesOf(const TrainRequest& request, JobControl& control) {
    if (request.record) refuseLostFolder(request);
    ImageDataset found = scanImages(request.options.text("data"), control);
    if (!request.record) return {std::move(found), {}};
    return imagesOfRun(request.paths(), request.record->data, std::move(found));
}

ImageFacts factsOf(const ImageDataset& dataset) {
    return {static_cast<std::int64_t>(dataset.classes().size()), decodedBytes(dataset), dataset.size()};
}

DataRecord recordOf(const ImageDataset& dataset, const std::string& source) {
    return {source, dataset.fingerprint(), dataset.size(),
            static_cast<std::int64_t>(dataset.classes().size())};
}

ComputeTerms termsOf(const Placement& placement, const ProcessPlace& place) {
    ComputeTerms terms;
    terms.program = DINOSCOPE_VERSION;
    terms.torch = TORCH_VERSION;
    terms.device = placement.device.substr(0, placement.device.find(':'));
    terms.precision = name(placement.precision);
    terms.instructionSet = dinoscope::name(cpuPath()) + (mklTakesAvx512() ? ", MKL with AVX512" : "");
    terms.threads = threadCount();
    terms.processes = place.count;
    return terms;
}

void noteTightDisk(const TrainRequest& request, std::int64_t classes, JobControl& control) {
    if (request.options.text("output").empty()) return;
    const auto free = freeSpace(request.paths().folder());
    if (!free) return;
    const std::int64_t kept =
        std::min(request.effective.integer("keep-last"), request.effective.integer("epochs"));
    const std::string sentence =
        tightDisk(request.paths(), checkpointBytes(request.effective, classes), kept, *free);
    if (!sentence.empty()) control.note(sentence);
}

ResumePlan tellResume(const RunPaths& paths, const RunRecord& record, const OptionValues& given,
                      const KeptDataset& images, const ComputeTerms& terms, JobControl& control) {
    const auto latest = paths.latestCheckpoint();
    ResumePlan plan = planResume(record, given, recordOf(images.dataset, given.text("data")), terms,
                                 latest ? latest->position.epochs : 0, images.changes);
    for (const std::string& text : plan.notes)
        control.note(text);
    return plan;
}

}  // namespace dinoscope::api
