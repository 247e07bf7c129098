#include "engine/api/train_request.h"

#include <torch/version.h>

#include <algorithm>
#include <utility>

#include "engine/base/cpu_features.h"
#include "engine/base/mkl_dispatch.h"
#include "engine/base/parallel.h"
#include "engine/train/disk_room.h"
#include "engine/train/run/train_options.h"
#include "engine/train/train_setup.h"

namespace dinoscope::api {

namespace {

/// The folder's record where there is one to resume.
std::optional<RunRecord> recordToResume(const OptionValues& options) {
    if (!options.flag("resume") || options.text("output").empty()) return std::nullopt;
    const RunPaths paths(options.text("output"));
    if (!paths.holdsRun()) return std::nullopt;
    return readRunRecord(paths.record());
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

}  // namespace

TrainRequest trainRequest(const OptionValues& given, JobControl& control) {
    TrainRequest request{given, std::nullopt, given};
    for (const std::string& text : settleTrainOptions(request.options))
        control.note(text);
    request.record = recordToResume(request.options);
    if (request.record && !request.options.isSet("data"))
        request.options.set("data", std::string_view(request.record->data.path));
    request.effective = request.record ? resumedOptions(*request.record, request.options) : request.options;
    if (!request.record) checkTrainOptions(request.options);
    return request;
}

Placement placementOf(const TrainRequest& request) {
    OptionValues own = request.effective;
    if (request.record) own.set("precision", std::string_view(request.record->terms.precision));
    return choosePlacement(own, Purpose::LiveView);
}

MemoryPlan memoryOf(const TrainRequest& request, const ImageFacts& images, const Placement& placement) {
    return planMemory(request.effective, images,
                      {at::Device(placement.device), placement.precision == Precision::Bf16, threadCount()},
                      request.record.has_value());
}

KeptDataset imagesOf(const TrainRequest& request, JobControl& control) {
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

ComputeTerms termsOf(const Placement& placement) {
    ComputeTerms terms;
    terms.program = DINOSCOPE_VERSION;
    terms.torch = TORCH_VERSION;
    terms.device = placement.device.substr(0, placement.device.find(':'));
    terms.precision = name(placement.precision);
    terms.instructionSet = dinoscope::name(cpuPath()) + (mklTakesAvx512() ? ", MKL with AVX512" : "");
    terms.threads = threadCount();
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
