#include "engine/api/train.h"

#include <ATen/Context.h>
#include <torch/version.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/api/run_log.h"
#include "engine/api/weights_name.h"
#include "engine/base/cpu_features.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/base/mkl_dispatch.h"
#include "engine/base/parallel.h"
#include "engine/data/image_dataset.h"
#include "engine/train/memory_plan.h"
#include "engine/train/run/run_directory.h"
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
    for (std::size_t i = 0; i < dataset.unreadable().size() && i < 10; ++i)
        control.note("skipped: " + dataset.unreadable()[i].describe());
    if (dataset.unreadableCount() > 10)
        control.note("skipped: " + std::to_string(dataset.unreadableCount() - 10) + " more");
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

    const OptionValues& options() const { return record.options; }
    void pin(const std::vector<std::string>& files) {
        record.options.set("probe", OptionValue(files));
        directory.write(record);
    }
};

Session startRun(const OptionValues& options, const DataRecord& data, const ComputeTerms& terms) {
    Session session{{options, data, terms, utcNow()}, RunDirectory::create(options.text("output")), false};
    session.directory.write(session.record);
    return session;
}

Session resumeRun(const OptionValues& given, const DataRecord& data, const ComputeTerms& terms,
                  JobControl& control) {
    RunDirectory directory = RunDirectory::open(given.text("output"));
    RunRecord record = readRunRecord(directory.paths().record());
    const auto latest = directory.paths().latestCheckpoint();
    ResumePlan plan = planResume(record, given, data, terms, latest ? latest->position.epochs : 0);
    for (const std::string& text : plan.notes)
        control.note(text);
    if (directory.staleLock()) control.note("the run's last writer ended without unlocking it");
    record.options = plan.options;
    record.terms = terms;
    checkTrainOptions(record.options);
    directory.write(record);
    return {std::move(record), std::move(directory), true};
}

/// Ready to run: with the weights it begins or goes on with. A run that cannot begin leaves no folder.
std::unique_ptr<Trainer> makeTrainer(Session& session, const ImageDataset& dataset, at::Device device,
                                     bool bf16, const TrainEvents& events, JobControl& control) {
    try {
        auto trainer = std::make_unique<Trainer>(session.options(), dataset, session.directory, device, bf16,
                                                 threadCount(), events);
        const std::string& init = session.options().text("init");
        if (session.resumed) {
            trainer->restore(control);
        } else if (!init.empty()) {
            trainer->initialise(resolveWeights(init), session.options().text("checkpoint-key"), control);
        }
        return trainer;
    } catch (...) {
        if (!session.resumed) session.directory.discard();
        throw;
    }
}

/// The folder's record where there is one to resume.
std::optional<RunRecord> recordToResume(const OptionValues& options) {
    if (!options.flag("resume")) return std::nullopt;
    const RunPaths paths(options.text("output"));
    if (!paths.holdsRun()) return std::nullopt;
    return readRunRecord(paths.record());
}

/// What is asked for, and the record of the run that it goes on with.
struct Request {
    OptionValues options;
    std::optional<RunRecord> record;

    const OptionValues& effective() const { return record ? record->options : options; }
};

Request requestOf(const OptionValues& given, JobControl& control) {
    Request request{given, std::nullopt};
    for (const std::string& text : settleTrainOptions(request.options))
        control.note(text);
    request.record = recordToResume(request.options);
    if (request.record && !request.options.isSet("data"))
        request.options.set("data", std::string_view(request.record->data.path));
    checkTrainInputs(request.options);
    if (!request.record) checkTrainOptions(request.options);
    return request;
}

/// What happens is told to the watcher, and to the run's log. All three outlive the events.
TrainEvents eventsOf(const TrainWatcher& watcher, Session& session, RunLog& log) {
    TrainEvents events;
    events.step = watcher.step;
    events.epoch = [&](const EpochMetrics& metrics) {
        if (watcher.epoch) watcher.epoch(metrics);
        log.write("epoch " + std::to_string(metrics.epoch + 1) + ": loss " + std::to_string(metrics.loss));
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

/// Trains until the end; the log tells which one it was.
TrainOutcome runSession(Session& session, const ImageDataset& dataset, const MemoryPlan& plan,
                        const Placement& placement, const TrainWatcher& watcher, JobControl& control) {
    RunLog log(session.directory.paths().log());
    log.write(std::string(session.resumed ? "resumed" : "started") + " on " + placement.device + " in " +
              name(placement.precision) + ": " + std::to_string(dataset.size()) + " images");
    try {
        const std::unique_ptr<Trainer> trainer =
            makeTrainer(session, dataset, at::Device(placement.device),
                        placement.precision == Precision::Bf16, eventsOf(watcher, session, log), control);
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

    // Before the images are looked at, so that two at once are told at once.
    Placement placement = choosePlacement(request.effective(), Purpose::LiveView);
    if (options.isSet("device")) placement.device = choosePlacement(options, Purpose::LiveView).device;
    const ComputeTerms terms = currentTerms(placement);
    const ImageDataset dataset = scanImages(options.text("data"), control);
    const DataRecord data = recordOf(dataset, options.text("data"));
    if (!request.record && options.flag("resume"))
        control.note("there is no run in the folder yet: it is started");
    const MemoryPlan plan =
        planMemory(request.effective(), {data.classes, decodedBytes(dataset)},
                   {at::Device(placement.device), placement.precision == Precision::Bf16, threadCount()});
    if (!options.flag("force")) refuseWhatDoesNotFit(plan);
    Session session =
        request.record ? resumeRun(options, data, terms, control) : startRun(options, data, terms);
    if (session.options().flag("deterministic")) at::globalContext().setDeterministicAlgorithms(true, false);

    const TrainOutcome outcome = runSession(session, dataset, plan, placement, watcher, control);
    return {session.directory.paths().folder(),
            outcome.position.epochs,
            outcome.steps,
            dataset.size(),
            data.classes,
            dataset.unreadableCount(),
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
                                    {"device", report.placement.device},
                                    {"precision", name(report.placement.precision)},
                                    {"finished_before", report.alreadyFinished}};
    if (report.loss != kNotMeasured) document["loss"] = report.loss;
    if (report.knnTop1 != kNotMeasured) document["knn_top1"] = report.knnTop1;
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

TrainPlan planTraining(const OptionValues& options, JobControl& control) {
    if (options.text("data").empty()) return planTraining(options, 0, 0);
    const ImageDataset dataset = scanImages(options.text("data"), control);
    return planTraining(options, static_cast<std::int64_t>(dataset.classes().size()), decodedBytes(dataset));
}

TrainPlan planTraining(const OptionValues& given, std::int64_t classes, std::int64_t pixelBytes) {
    OptionValues options = given;
    settleTrainOptions(options);
    checkTrainOptions(options);
    TrainPlan found;
    found.placement = choosePlacement(options, Purpose::LiveView);
    const MemoryPlan plan = planMemory(
        options, {classes, pixelBytes},
        {at::Device(found.placement.device), found.placement.precision == Precision::Bf16, threadCount()});
    for (const MemoryPlan::Part& part : plan.parts)
        found.parts.push_back({part.name, part.bytes});
    found.total = plan.total;
    found.available = plan.available;
    found.microBatch = plan.microBatch;
    found.largestBatch = plan.largestBatch;
    found.advice = plan.advice;
    return found;
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
    return document.dump(2);
}

}  // namespace dinoscope::api
