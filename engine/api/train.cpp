#include "engine/api/train.h"

#include <ATen/Context.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/api/run_log.h"
#include "engine/api/train_request.h"
#include "engine/api/train_run.h"
#include "engine/api/weights_name.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/base/parallel.h"
#include "engine/data/image_dataset.h"
#include "engine/image/decode.h"
#include "engine/train/joint_training.h"
#include "engine/train/trainer.h"
#include "engine/train/training_peer.h"

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

/// What is known before anything is written.
struct Preparation {
    TrainRequest request;
    Placement placement;
    ComputeTerms terms;
    KeptDataset images;
    MemoryPlan memory;
};

Preparation prepare(const OptionValues& given, const ProcessPlace& place, JobControl& control) {
    const TrainRequest request = trainRequest(given, place, control);
    checkTrainInputs(request.options);
    refuseEarly(request);
    const Placement placement = placementOf(request);
    KeptDataset images = imagesOf(request, control);
    if (!request.record && request.options.flag("resume"))
        control.note("there is no run in the folder yet: it is started");
    const ImageFacts facts = factsOf(images.dataset);
    MemoryPlan memory = memoryOf(request, facts, placement);
    noteTightDisk(request, facts.classes, control);
    if (!request.options.flag("force")) refuseWhatDoesNotFit(memory);
    return {request, placement, termsOf(placement, place), std::move(images), std::move(memory)};
}

/// What must be equal in all processes of a training.
std::vector<Statement> statementsOf(const Preparation& prepared) {
    const OptionValues& options = prepared.request.effective;
    std::vector<Statement> said{
        {"program", prepared.terms.program + " with LibTorch " + prepared.terms.torch},
        {"kind of device", prepared.terms.device},
        {"precision", prepared.terms.precision},
        {"--output", prepared.request.options.text("output")},
        {"run to go on with", prepared.request.record ? "there" : "not there"}};
    for (const OptionSpec& spec : trainOptions().specs()) {
        const TrainOptionRole role = trainOptionRole(spec.key);
        const bool counts = role == TrainOptionRole::Method || role == TrainOptionRole::Length ||
                            spec.key == "metrics-every" ||
                            (spec.key == "micro-batch" && dependsOnMicroBatch(options));
        if (counts) said.push_back({"--" + spec.key, formatOptionValue(options.value(spec.key))});
    }
    said.push_back({"list of images", prepared.images.dataset.fingerprint()});
    return said;
}

StepperPlace stepperPlace(const Preparation& prepared, ProcessGroup* processes) {
    return {at::Device(prepared.placement.device), prepared.placement.precision == Precision::Bf16,
            threadCount(), processes};
}

/// A part of the preparation: in all processes where there are several.
void jointly(ProcessGroup* processes, const std::function<std::vector<Statement>()>& part) {
    if (processes) {
        together(*processes, part);
    } else {
        part();
    }
}

/// " on cpu in fp32: 24 images"
std::string beginningOf(const Preparation& prepared) {
    const std::int64_t images = prepared.images.dataset.size();
    const std::int64_t processes = prepared.terms.processes;
    return " on " + prepared.placement.device + " in " + name(prepared.placement.precision) +
           (processes > 1 ? " by " + std::to_string(processes) + " processes: " : ": ") +
           std::to_string(images) + (images == 1 ? " image" : " images");
}

/// A run as it is recorded for this session.
struct Session {
    RunRecord record;
    RunDirectory directory;
    OptionValues options;  ///< those of the record, but for pinned images that are lost
    bool resumed = false;
    std::vector<std::string> notes{};  ///< what a resume means, for the log as well

    void pin(const std::vector<std::string>& files) {
        record.options.set("probe", OptionValue(files));
        directory.write(record);
    }
};

Session startRun(const OptionValues& options, const DataRecord& data, const ComputeTerms& terms) {
    Session session{
        {options, data, terms, utcNow()}, RunDirectory::create(options.text("output")), options, false};
    try {
        session.directory.write(session.record);
    } catch (...) {
        session.directory.discard();
        throw;
    }
    return session;
}

/// A pinned image that is gone since is no reason to end a run. It stays pinned: its disk may be back next
/// time.
void leaveOutLostProbes(OptionValues& options, JobControl& control) {
    std::vector<std::string> there;
    for (const std::string& file : options.paths("probe")) {
        try {
            decodeImage(file);
            there.push_back(file);
        } catch (const Error& error) {
            control.note("a pinned image is not watched in this session: " + std::string(error.what()));
        }
    }
    options.set("probe", OptionValue(there));
}

Session resumeRun(const OptionValues& given, const KeptDataset& images, const ComputeTerms& terms,
                  JobControl& control) {
    RunDirectory directory = RunDirectory::open(given.text("output"));
    RunRecord record = recordOfRun(directory.paths());
    const ResumePlan plan = tellResume(directory.paths(), record, given, images, terms, control);
    if (directory.staleLock()) control.note("the run's last writer ended without unlocking it");
    record.options = plan.options;
    record.data.path = plan.options.text("data");  // the folder may have moved since
    record.terms = terms;
    checkTrainOptions(record.options);
    OptionValues options = record.options;
    if (!given.isSet("probe")) leaveOutLostProbes(options, control);
    return {std::move(record), std::move(directory), std::move(options), true, plan.notes};
}

Session openSession(const Preparation& prepared, JobControl& control) {
    const OptionValues& options = prepared.request.options;
    if (prepared.request.record) return resumeRun(options, prepared.images, prepared.terms, control);
    return startRun(options, recordOf(prepared.images.dataset, options.text("data")), prepared.terms);
}

/// Ready to run: with the weights it begins or goes on with. A run that cannot begin leaves no folder, and
/// one that cannot go on its record as it was. Runs of older versions get their images written down.
std::unique_ptr<Trainer> makeTrainer(Session& session, const ImageDataset& dataset, const StepperPlace& place,
                                     const TrainEvents& events, JobControl& control) {
    std::unique_ptr<Trainer> trainer;
    const auto make = [&] {
        trainer = std::make_unique<Trainer>(session.options, dataset, session.directory, place, events);
        const std::string& init = session.options.text("init");
        const bool goesOn = session.resumed && trainer->restore(control);
        if (!goesOn && !init.empty())
            trainer->initialise(resolveWeights(init), session.options.text("checkpoint-key"), control);
        return std::vector<Statement>();
    };
    try {
        jointly(place.processes, make);
        if (session.resumed) session.directory.write(session.record);
        session.directory.keep(dataset);
        return trainer;
    } catch (...) {
        if (!session.resumed) session.directory.discard();
        throw;
    }
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

/// "epoch 3: loss 5.125, k-NN 61.3 %"
std::string sentenceOf(const EpochMetrics& metrics) {
    std::string text =
        "epoch " + std::to_string(metrics.epoch + 1) + ": loss " + std::to_string(metrics.loss);
    char score[48] = "";
    if (metrics.knnTop1 != kNotMeasured) {
        std::snprintf(score, sizeof(score), ", k-NN %.1f %%", metrics.knnTop1);
    } else if (metrics.effectiveRank != kNotMeasured) {
        std::snprintf(score, sizeof(score), ", effective rank %.1f", metrics.effectiveRank);
    }
    return text + score;
}

/// Of the images that the scan left out the first ones: "12 images were skipped: a.jpg: the file is empty …".
std::string skippedOf(const ImageDataset& dataset) {
    constexpr std::size_t kNamed = 5;
    const std::int64_t count = dataset.unreadableCount();
    std::string text = std::to_string(count) + (count == 1 ? " image was skipped" : " images were skipped");
    const std::size_t named = std::min(kNamed, dataset.unreadable().size());
    for (std::size_t i = 0; i < named; ++i)
        text += (i == 0 ? ": " : "; ") + dataset.unreadable()[i].describe();
    const std::int64_t more = count - static_cast<std::int64_t>(named);
    return more > 0 ? text + "; and " + std::to_string(more) + " more" : text;
}

/// What happens is told to the watcher, and to the run's log. All of them outlive the events.
TrainEvents eventsOf(const TrainWatcher& watcher, Session& session, RunLog& log, NewDiagnoses& doctor,
                     JobControl& control) {
    TrainEvents events;
    events.step = watcher.step;
    events.epoch = [&](const EpochMetrics& metrics) {
        if (watcher.epoch) watcher.epoch(metrics);
        log.write(sentenceOf(metrics));
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
TrainOutcome runSession(Session& session, const Preparation& prepared, const TrainWatcher& watcher,
                        ProcessGroup* processes, JobControl& control) {
    const ImageDataset& dataset = prepared.images.dataset;
    RunLog log(session.directory.paths().log());
    NewDiagnoses doctor(session.directory.paths().folder());
    log.write((session.resumed ? "resumed" : "started") + beginningOf(prepared));
    if (dataset.unreadableCount() > 0) log.write(skippedOf(dataset));
    for (const std::string& text : session.notes)
        log.write(text);
    try {
        const std::unique_ptr<Trainer> trainer =
            makeTrainer(session, dataset, stepperPlace(prepared, processes),
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
        const Error error =
            memoryRanOut(prepared.memory, session.directory.paths().latestCheckpoint().has_value());
        log.write(error.what());
        throw error;
    }
}

TrainReport trainAsFirst(const Preparation& prepared, const TrainWatcher& watcher, ProcessGroup* processes,
                         JobControl& control) {
    std::optional<Session> session;
    try {
        jointly(processes, [&] {
            session.emplace(openSession(prepared, control));
            return std::vector<Statement>();
        });
    } catch (...) {
        if (session && !session->resumed) session->directory.discard();
        throw;
    }
    const DeterministicAlgorithms deterministic(session->options.flag("deterministic"));
    const TrainOutcome outcome = runSession(*session, prepared, watcher, processes, control);
    TrainReport report;
    report.run = session->directory.paths().folder();
    report.epochs = outcome.position.epochs;
    report.steps = outcome.steps;
    report.loss = outcome.lastLoss;
    report.knnTop1 = outcome.lastKnn;
    report.alreadyFinished = outcome.alreadyFinished;
    return report;
}

/// In step with trainAsFirst().
TrainReport trainAsPeer(const Preparation& prepared, ProcessGroup& processes, JobControl& control) {
    const OptionValues& options = prepared.request.effective;
    together(processes, [] { return std::vector<Statement>(); });
    const DeterministicAlgorithms deterministic(options.flag("deterministic"));
    std::optional<TrainingPeer> peer;
    together(processes, [&] {
        peer.emplace(options, prepared.images.dataset, stepperPlace(prepared, &processes));
        return std::vector<Statement>();
    });
    TrainReport report;
    report.run = prepared.request.paths().folder();
    try {
        report.steps = peer->run(control);
    } catch (...) {
        if (!isOutOfMemory()) throw;
        throw memoryRanOut(prepared.memory, prepared.request.paths().latestCheckpoint().has_value());
    }
    return report;
}

}  // namespace

TrainReport train(const OptionValues& given, const TrainWatcher& watcher, JobControl& control,
                  ProcessGroup* processes) {
    std::optional<Preparation> prepared;
    jointly(processes, [&] {
        prepared.emplace(prepare(given, processes ? processes->place() : ProcessPlace{}, control));
        return statementsOf(*prepared);
    });
    TrainReport report = processes && !processes->place().isFirst()
                             ? trainAsPeer(*prepared, *processes, control)
                             : trainAsFirst(*prepared, watcher, processes, control);
    const ImageDataset& dataset = prepared->images.dataset;
    report.images = dataset.size();
    report.classes = static_cast<std::int64_t>(dataset.classes().size());
    report.skipped = dataset.unreadableCount();
    report.gone = dataset.goneCount();
    report.placement = prepared->placement;
    report.processes = prepared->request.place.count;
    return report;
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
    if (report.processes > 1) document["processes"] = report.processes;
    if (report.loss != kNotMeasured) document["loss"] = report.loss;
    if (report.knnTop1 != kNotMeasured) document["knn_top1"] = report.knnTop1;
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace dinoscope::api
