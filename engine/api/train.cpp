#include "engine/api/train.h"

#include <ATen/Context.h>
#include <torch/version.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/api/run_log.h"
#include "engine/api/train_run.h"
#include "engine/api/weights_name.h"
#include "engine/base/cpu_features.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/base/mkl_dispatch.h"
#include "engine/base/parallel.h"
#include "engine/data/image_dataset.h"
#include "engine/image/decode.h"
#include "engine/train/memory_plan.h"
#include "engine/train/run/run_images.h"
#include "engine/train/trainer.h"

namespace dinoscope::api {

namespace {

std::string utcNow() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

ComputeTerms currentTerms(const Placement& placement) {
    ComputeTerms terms;
    terms.program = DINOSCOPE_VERSION;
    terms.torch = TORCH_VERSION;
    terms.device = placement.device.substr(0, placement.device.find(':'));
    terms.precision = name(placement.precision);
    terms.instructionSet = dinoscope::name(cpuPath()) + (mklTakesAvx512() ? ", MKL with AVX512" : "");
    terms.threads = threadCount();
    return terms;
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

DataRecord recordOf(const ImageDataset& dataset, const std::string& source) {
    return {source, dataset.fingerprint(), dataset.size(),
            static_cast<std::int64_t>(dataset.classes().size())};
}

/// A run as it is recorded for this session.
struct Session {
    RunRecord record;
    RunDirectory directory;
    bool resumed = false;
    std::vector<std::string> notes{};  ///< what a resume means, for the log as well

    const OptionValues& options() const { return record.options; }
    void pin(const std::vector<std::string>& files) {
        record.options.set("probe", OptionValue(files));
        directory.write(record);
    }
};

Session startRun(const OptionValues& options, const DataRecord& data, const ComputeTerms& terms) {
    Session session{{options, data, terms, utcNow()}, RunDirectory::create(options.text("output")), false};
    try {
        session.directory.write(session.record);
    } catch (...) {
        session.directory.discard();
        throw;
    }
    return session;
}

/// The plan of a resume, told.
ResumePlan tellResume(const RunPaths& paths, const RunRecord& record, const OptionValues& given,
                      const KeptDataset& images, const ComputeTerms& terms, JobControl& control) {
    const auto latest = paths.latestCheckpoint();
    ResumePlan plan = planResume(record, given, recordOf(images.dataset, given.text("data")), terms,
                                 latest ? latest->position.epochs : 0, images.changes);
    for (const std::string& text : plan.notes)
        control.note(text);
    return plan;
}

/// A pinned image that is gone since is no reason to end a run.
void leaveOutLostProbes(OptionValues& options, JobControl& control) {
    std::vector<std::string> there;
    for (const std::string& file : options.paths("probe")) {
        try {
            decodeImage(file);
            there.push_back(file);
        } catch (const Error& error) {
            control.note("a pinned image is watched no longer: " + std::string(error.what()) +
                         "; --probe pins it again");
        }
    }
    options.set("probe", OptionValue(there));
}

Session resumeRun(const OptionValues& given, const KeptDataset& images, const ComputeTerms& terms,
                  JobControl& control) {
    RunDirectory directory = RunDirectory::open(given.text("output"));
    RunRecord record = readRunRecord(directory.paths().record());
    const ResumePlan plan = tellResume(directory.paths(), record, given, images, terms, control);
    if (directory.staleLock()) control.note("the run's last writer ended without unlocking it");
    record.options = plan.options;
    if (!given.isSet("probe")) leaveOutLostProbes(record.options, control);
    record.data.path = plan.options.text("data");  // the folder may have moved since
    record.terms = terms;
    checkTrainOptions(record.options);
    return {std::move(record), std::move(directory), true, plan.notes};
}

/// Ready to run: with the weights it begins or goes on with. A run that cannot begin leaves no folder, and
/// one that cannot go on its record as it was. Runs of older versions get their images written down.
std::unique_ptr<Trainer> makeTrainer(Session& session, const ImageDataset& dataset, at::Device device,
                                     bool bf16, const TrainEvents& events, JobControl& control) {
    try {
        auto trainer = std::make_unique<Trainer>(session.options(), dataset, session.directory, device, bf16,
                                                 threadCount(), events);
        const std::string& init = session.options().text("init");
        const bool goesOn = session.resumed && trainer->restore(control);
        if (!goesOn && !init.empty())
            trainer->initialise(resolveWeights(init), session.options().text("checkpoint-key"), control);
        if (session.resumed) session.directory.write(session.record);
        session.directory.keep(dataset);
        return trainer;
    } catch (...) {
        if (!session.resumed) session.directory.discard();
        throw;
    }
}

/// The folder's record where there is one to resume.
std::optional<RunRecord> recordToResume(const OptionValues& options) {
    if (!options.flag("resume") || options.text("output").empty()) return std::nullopt;
    const RunPaths paths(options.text("output"));
    if (!paths.holdsRun()) return std::nullopt;
    return readRunRecord(paths.record());
}

/// What is asked for, and the record of the run that it goes on with.
struct Request {
    OptionValues options;
    std::optional<RunRecord> record;
    OptionValues effective;  ///< what holds: of a run that goes on its own, but for what may change
};

Request requestOf(const OptionValues& given, JobControl& control) {
    Request request{given, std::nullopt, given};
    for (const std::string& text : settleTrainOptions(request.options))
        control.note(text);
    request.record = recordToResume(request.options);
    if (request.record && !request.options.isSet("data"))
        request.options.set("data", std::string_view(request.record->data.path));
    request.effective = request.record ? resumedOptions(*request.record, request.options) : request.options;
    if (!request.record) checkTrainOptions(request.options);
    return request;
}

/// Where it is computed. A run keeps the precision that it began with, wherever it goes on.
Placement placementOf(const Request& request) {
    OptionValues own = request.effective;
    if (request.record) own.set("precision", std::string_view(request.record->terms.precision));
    return choosePlacement(own, Purpose::LiveView);
}

MemoryPlan memoryOf(const Request& request, const ImageFacts& images, const Placement& placement) {
    return planMemory(request.effective, images,
                      {at::Device(placement.device), placement.precision == Precision::Bf16, threadCount()},
                      request.record.has_value());
}

/// What the folder holds, or of a run that goes on the images that it began with.
KeptDataset imagesOf(const Request& request, JobControl& control) {
    ImageDataset found = scanImages(request.options.text("data"), control);
    if (!request.record) return {std::move(found), {}};
    return imagesOfRun(RunPaths(request.options.text("output")), request.record->data, std::move(found));
}

ImageFacts factsOf(const ImageDataset& dataset) {
    return {static_cast<std::int64_t>(dataset.classes().size()), decodedBytes(dataset), dataset.size()};
}

/// What the doctor says at the ends of epochs, each diagnosis once in a session.
class NewDiagnoses {
public:
    explicit NewDiagnoses(const std::filesystem::path& run) : doctor_(run) {}

    std::vector<std::string> look() {
        std::vector<std::string> sentences;
        try {
            for (const Diagnosis& one : doctor_.look()) {
                if (told_.insert(one.id).second)
                    sentences.push_back(dinoscope::name(one.severity) + ": " + one.advice());
            }
        } catch (const Error&) {
            // A run goes on without its doctor.
        }
        return sentences;
    }

private:
    RunDoctor doctor_;
    std::set<std::string> told_;
};

/// What happens is told to the watcher, and to the run's log. All of them outlive the events.
TrainEvents eventsOf(const TrainWatcher& watcher, Session& session, RunLog& log, NewDiagnoses& doctor,
                     JobControl& control) {
    TrainEvents events;
    events.step = watcher.step;
    events.epoch = [&](const EpochMetrics& metrics) {
        if (watcher.epoch) watcher.epoch(metrics);
        log.write("epoch " + std::to_string(metrics.epoch + 1) + ": loss " + std::to_string(metrics.loss));
        for (const std::string& sentence : doctor.look()) {
            control.note(sentence);
            log.write(sentence);
        }
    };
    events.note = [&](const std::string& text) { log.write(text); };
    events.saving = watcher.saving;
    events.saved = [&](const CheckpointFile& file) {
        if (watcher.saved) watcher.saved(file.path);
    };
    events.pinned = [&](const std::vector<std::string>& files) { session.pin(files); };
    events.requests = watcher.requests;
    return events;
}

/// PyTorch's deterministic algorithms while it lives, where they are asked for: a window trains run after
/// run.
class DeterministicAlgorithms {
public:
    explicit DeterministicAlgorithms(bool asked) {
        if (asked) at::globalContext().setDeterministicAlgorithms(true, false);
    }
    ~DeterministicAlgorithms() { at::globalContext().setDeterministicAlgorithms(before_, warnedBefore_); }
    DeterministicAlgorithms(const DeterministicAlgorithms&) = delete;
    DeterministicAlgorithms& operator=(const DeterministicAlgorithms&) = delete;

private:
    bool before_ = at::globalContext().deterministicAlgorithms();
    bool warnedBefore_ = at::globalContext().deterministicAlgorithmsWarnOnly();
};

/// Trains until the end; the log tells which one it was.
TrainOutcome runSession(Session& session, const ImageDataset& dataset, const MemoryPlan& plan,
                        const Placement& placement, const TrainWatcher& watcher, JobControl& control) {
    RunLog log(session.directory.paths().log());
    NewDiagnoses doctor(session.directory.paths().folder());
    log.write(std::string(session.resumed ? "resumed" : "started") + " on " + placement.device + " in " +
              name(placement.precision) + ": " + std::to_string(dataset.size()) + " images");
    for (const std::string& text : session.notes)
        log.write(text);
    try {
        const std::unique_ptr<Trainer> trainer = makeTrainer(
            session, dataset, at::Device(placement.device), placement.precision == Precision::Bf16,
            eventsOf(watcher, session, log, doctor, control), control);
        if (watcher.began) watcher.began();
        const TrainOutcome outcome = trainer->run(control);
        log.write(outcome.alreadyFinished ? "nothing left to do" : "finished");
        return outcome;
    } catch (const Cancelled&) {
        log.write("interrupted; the checkpoint is whole");
        throw;
    } catch (...) {
        if (!isOutOfMemory()) {
            log.write(currentError().what());
            throw;
        }
        const Error error = memoryRanOut(plan, session.directory.paths().latestCheckpoint().has_value());
        log.write(error.what());
        throw error;
    }
}

}  // namespace

TrainReport train(const OptionValues& given, const TrainWatcher& watcher, JobControl& control) {
    const Request request = requestOf(given, control);
    const OptionValues& options = request.options;
    checkTrainInputs(options);

    // Before the images are looked at, so that two at once are told at once.
    const Placement placement = placementOf(request);
    const ComputeTerms terms = currentTerms(placement);
    const KeptDataset images = imagesOf(request, control);
    const ImageDataset& dataset = images.dataset;
    if (!request.record && options.flag("resume"))
        control.note("there is no run in the folder yet: it is started");
    const MemoryPlan plan = memoryOf(request, factsOf(dataset), placement);
    if (!options.flag("force")) refuseWhatDoesNotFit(plan);
    Session session = request.record ? resumeRun(options, images, terms, control)
                                     : startRun(options, recordOf(dataset, options.text("data")), terms);
    const DeterministicAlgorithms deterministic(session.options().flag("deterministic"));

    const TrainOutcome outcome = runSession(session, dataset, plan, placement, watcher, control);
    return {session.directory.paths().folder(),
            outcome.position.epochs,
            outcome.steps,
            dataset.size(),
            static_cast<std::int64_t>(dataset.classes().size()),
            dataset.unreadableCount(),
            dataset.goneCount(),
            placement,
            outcome.lastLoss,
            outcome.lastKnn,
            outcome.alreadyFinished};
}

std::string toJson(const TrainReport& report) {
    nlohmann::ordered_json document{{"run", report.run.string()},
                                    {"epochs", report.epochs},
                                    {"steps", report.steps},
                                    {"images", report.images},
                                    {"classes", report.classes},
                                    {"skipped", report.skipped},
                                    {"gone", report.gone},
                                    {"device", report.placement.device},
                                    {"precision", name(report.placement.precision)},
                                    {"finished_before", report.alreadyFinished}};
    if (report.loss != kNotMeasured) document["loss"] = report.loss;
    if (report.knnTop1 != kNotMeasured) document["knn_top1"] = report.knnTop1;
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

namespace {

TrainPlan tell(const Request& request, const ImageFacts& images) {
    TrainPlan found;
    found.placement = placementOf(request);
    const MemoryPlan plan = memoryOf(request, images, found.placement);
    for (const MemoryPlan::Part& part : plan.parts)
        found.parts.push_back({part.name, part.bytes});
    for (const MemoryPlan::Part& part : plan.hostParts)
        found.hostParts.push_back({part.name, part.bytes});
    found.total = plan.total;
    found.available = plan.available;
    found.hostTotal = plan.hostTotal;
    found.hostAvailable = plan.hostAvailable;
    found.microBatch = plan.microBatch;
    found.largestBatch = plan.largestBatch;
    for (const MemoryPlan::Advice& each : plan.advice)
        found.advice.push_back(each.sentence);
    return found;
}

}  // namespace

TrainPlan planTraining(const OptionValues& given, JobControl& control) {
    const Request request = requestOf(given, control);
    if (request.options.text("data").empty()) return tell(request, {});
    const KeptDataset images = imagesOf(request, control);
    if (request.record) {
        tellResume(RunPaths(request.options.text("output")), *request.record, request.options, images,
                   currentTerms(placementOf(request)), control);
    }
    return tell(request, factsOf(images.dataset));
}

TrainPlan planTraining(const OptionValues& given, std::int64_t classes, std::int64_t images,
                       std::int64_t pixelBytes) {
    OptionValues options = given;
    settleTrainOptions(options);
    checkTrainOptions(options);
    return tell({options, std::nullopt, options}, {classes, pixelBytes, images});
}

std::string describe(const TrainPlan& plan) {
    std::string text;
    const auto row = [&](const std::string& label, std::int64_t bytes) {
        text +=
            label + std::string(label.size() < 42 ? 42 - label.size() : 1, ' ') + formatBytes(bytes) + "\n";
    };
    for (const TrainPlan::Part& part : plan.parts)
        row(part.name, part.bytes);
    row("together", plan.total);
    row("free on " + plan.placement.device, plan.available);
    for (const TrainPlan::Part& part : plan.hostParts)
        row(part.name + " (main memory)", part.bytes);
    if (!plan.hostParts.empty()) row("free of main memory", plan.hostAvailable);
    text += "images of a micro-batch: " + std::to_string(plan.microBatch) + "\n";
    text += "largest --batch-size-per-gpu that fits: " + std::to_string(plan.largestBatch) + "\n";
    for (const std::string& sentence : plan.advice)
        text += sentence + "\n";
    return text;
}

std::string toJson(const TrainPlan& plan) {
    nlohmann::ordered_json document{{"device", plan.placement.device},
                                    {"precision", name(plan.placement.precision)},
                                    {"parts", nlohmann::ordered_json::array()},
                                    {"total", plan.total},
                                    {"available", plan.available},
                                    {"micro_batch", plan.microBatch},
                                    {"largest_batch", plan.largestBatch},
                                    {"advice", plan.advice}};
    for (const TrainPlan::Part& part : plan.parts)
        document["parts"].push_back({{"name", part.name}, {"bytes", part.bytes}});
    if (plan.hostParts.empty()) return document.dump(2);
    document["main_memory"] = {{"parts", nlohmann::ordered_json::array()},
                               {"total", plan.hostTotal},
                               {"available", plan.hostAvailable}};
    for (const TrainPlan::Part& part : plan.hostParts)
        document["main_memory"]["parts"].push_back({{"name", part.name}, {"bytes", part.bytes}});
    return document.dump(2);
}

}  // namespace dinoscope::api
