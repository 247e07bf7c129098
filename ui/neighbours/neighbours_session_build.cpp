// How the session makes galleries.
#include "engine/api/kept_teacher.h"
#include "engine/api/run.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/runtime_start.h"
#include "ui/bridge/unknown_heads.h"
#include "ui/neighbours/neighbours_session.h"

namespace dinoscope {

namespace {

/// Of both steps, one after the other.
constexpr const char* kSlot = "index";

}  // namespace

void NeighboursSession::startBuild(BuildState state, JobBridge::Task task) {
    task.slot = kSlot;
    task.priority = JobPriority::Long;
    build_ = std::move(state);
    build_->control = jobs_.submit(runners_.engine, std::move(task));
    Q_EMIT stateChanged();
}

void NeighboursSession::setLiveRun(const QString& run) {
    liveRun_ = run;
    Q_EMIT liveRunChanged(run);
}

/// Whether the run is trained at that moment, its thread alone knows; of one that is not, the folder stands
/// for the newest checkpoint.
void NeighboursSession::settleModel(const OptionValues& options, const QString& title,
                                    const std::string& slot, const Settled& then) {
    const std::filesystem::path run = options.text("weights");
    if (!api::isRun(run)) {
        then({}, options);
        return;
    }
    auto kept = std::make_shared<std::optional<std::filesystem::path>>();
    JobBridge::Task task;
    task.title = title;
    task.slot = slot;
    task.run = [kept, run](JobControl&) { *kept = api::keepTeacher(run); };
    task.done = [kept, options, then](const JobResult& result) {
        OptionValues settled = options;
        if (*kept) {
            settled.set("weights", OptionValue((*kept)->string()));
            settled.reset("checkpoint-key");  // the file holds one network
        }
        then(result, settled);
    };
    jobs_.submit(runners_.engine, std::move(task));
}

void NeighboursSession::build(const QString& source, const OptionValues& options) {
    if (build_) {
        fail(Error("another gallery is being built", filePath(source).string(), "wait for it, or stop it"));
        return;
    }
    build_ = BuildState{BuildState::Step::Teacher, source, pathText(options.text("gallery")), nullptr};
    settleModel(options, {}, kSlot, [this, source](const JobResult& result, const OptionValues& settled) {
        build_.reset();
        if (result.outcome == JobOutcome::Done) {
            computeFeatures(source, settled);
            return;
        }
        if (result.outcome == JobOutcome::Failed) fail(*result.error);
        Q_EMIT stateChanged();
    });
    Q_EMIT stateChanged();
}

void NeighboursSession::computeFeatures(const QString& source, const OptionValues& options) {
    auto report = std::make_shared<api::IndexReport>();
    auto unknown = std::make_shared<std::optional<UnknownHeads>>();
    BuildState state;
    state.source = source;
    state.gallery = pathText(options.text("gallery"));
    JobBridge::Task task;
    task.run = [report, unknown, source, options, common = common_](JobControl& control) {
        startRuntimeOnce(common);
        *report = keepingUnknownHeads(*unknown,
                                      [&] { return api::indexFeatures(filePath(source), options, control); });
    };
    task.done = [this, report, unknown, source, options](const JobResult& result) {
        const QString folder = build_->gallery;
        build_.reset();
        if (result.outcome == JobOutcome::Failed && *unknown && !neverAsk_) {
            Q_EMIT headsUnknown(**unknown, [this, source, options](int heads) {
                OptionValues told = options;
                told.set("heads-per-layer", OptionValue(std::int64_t(heads)));
                build(source, told);
            });
        } else if (result.outcome == JobOutcome::Failed) {
            fail(*result.error);
        }
        if (result.outcome == JobOutcome::Done) Q_EMIT buildEnded(*report);
        // One that was stopped holds what was finished.
        if (result.outcome != JobOutcome::Failed && api::isGallery(filePath(folder))) openGallery(folder);
        if (result.outcome == JobOutcome::Done && report->approximateDue) buildApproximateIndex(folder);
        Q_EMIT stateChanged();
    };
    startBuild(std::move(state), std::move(task));
}

/// The gallery is looked at meanwhile; this makes searching it fast.
void NeighboursSession::buildApproximateIndex(const QString& gallery) {
    BuildState state;
    state.step = BuildState::Step::ApproximateIndex;
    state.gallery = gallery;
    JobBridge::Task task;
    task.run = [gallery](JobControl& control) { api::buildApproximateIndex(filePath(gallery), control); };
    task.done = [this, gallery](const JobResult& result) {
        build_.reset();
        if (result.outcome == JobOutcome::Failed) fail(*result.error);
        // It is read when the gallery is opened.
        const QString shown = opening_ > 0 ? openingFolder_
                              : gallery_   ? pathText(gallery_->info().folder)
                                           : QString();
        if (result.outcome == JobOutcome::Done && shown == gallery) openGallery(gallery);
        Q_EMIT stateChanged();
    };
    startBuild(std::move(state), std::move(task));
}

void NeighboursSession::pauseBuild(bool pause) {
    if (!build_ || !build_->control) return;
    if (pause) {
        build_->control->pause();
    } else {
        build_->control->resume();
    }
    Q_EMIT stateChanged();
}

void NeighboursSession::stopBuild() {
    jobs_.cancelSlot(kSlot);
}

}  // namespace dinoscope
