#include <string>
#include <system_error>
#include <vector>

#include "engine/base/error.h"
#include "engine/train/trainer.h"

namespace dinoscope {

namespace {

/// The name it has then.
std::filesystem::path setAside(const std::filesystem::path& checkpoint) {
    std::filesystem::path aside = checkpoint;
    aside += ".damaged";
    std::error_code code;
    std::filesystem::rename(checkpoint, aside, code);
    if (!code) return aside;
    throw Error("it is damaged and cannot be renamed (" + code.message() + ")", checkpoint.string(),
                "remove it, so that the run goes on from the one before");
}

}  // namespace

bool Trainer::restore(JobControl& control) {
    const bool found = loadNewest(control);
    if (!found) {
        refuseLostCheckpoints();
        note(control, "there is no checkpoint yet: the run starts anew");
    }
    takeUpMetrics(control);
    // Before the next one is written: on a full disk fewer of them (--keep-last) are the way on.
    if (found) run_.prune(options_.integer("keep-last"), options_.integer("saveckp-freq"));
    return found;
}

/// Cuts them back to the place that the run goes on from.
void Trainer::takeUpMetrics(JobControl& control) {
    const std::filesystem::path file = run_.paths().metrics();
    const std::int64_t firstStep = stepper_.numberOf(state_.position);
    const MetricsCut cut = cutBackMetrics(file, firstStep, state_.position.epochs);
    if (cut.stepsMissing > 0) {
        note(control, file.filename().string() + " has lost the numbers of " +
                          std::to_string(cut.stepsMissing) + " of the " + std::to_string(firstStep) +
                          " steps before: curves and advice go without them");
    }
    const Metrics metrics = readMetrics(file);
    for (const StepMetrics& step : metrics.steps) {
        if (step.epoch == state_.position.epochs) ofEpoch_.push_back(step);
    }
    if (!metrics.steps.empty()) clock_.start(metrics.steps.back().seconds);
}

/// Only damage makes way for an older checkpoint. To pass over one that this program or these options cannot
/// read would take from the run what it has, and cut its metrics back to there.
bool Trainer::loadNewest(JobControl& control) {
    std::vector<CheckpointFile> files = run_.paths().listCheckpoints();
    while (!files.empty()) {
        try {
            state_ = loadTraining(files.back().path, learner());
            return true;
        } catch (const DamagedCheckpoint& error) {
            if (files.size() == 1) throw;
            // Under its name it would count as the newest: what is written from here on would be pruned for
            // it.
            const std::filesystem::path aside = setAside(files.back().path);
            files.pop_back();
            note(control, error.where() + ": " + error.problem() + "; it is kept as " +
                              aside.filename().string() + ", resuming from the checkpoint before it");
        }
    }
    return false;
}

/// Each epoch ends with a checkpoint. A run with epochs and none is a replay, or they were taken away; to
/// begin it anew would cost the numbers that are left of it. A writer that was killed in the first one's
/// checkpoint leaves the same, and its lock.
void Trainer::refuseLostCheckpoints() const {
    MetricsFollower follower(run_.paths().metrics(), MetricsFollower::Wanted::EpochsAndProbes);
    const std::size_t epochs = follower.poll().added.epochs.size();
    if (epochs <= (run_.staleLock() ? 1U : 0U)) return;
    throw Error("the run has " + std::to_string(epochs) + (epochs == 1 ? " epoch" : " epochs") +
                    " behind it, and no checkpoint to go on from",
                run_.paths().folder().string(),
                "put its checkpoints back into " + run_.paths().checkpoints().string() +
                    ", or start a run in another folder with -o");
}

}  // namespace dinoscope
