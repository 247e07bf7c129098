#include "engine/api/train_run.h"

#include "engine/base/error.h"
#include "engine/train/run/run_directory.h"

namespace dinoscope::api {

RunFacts readRunFacts(const std::filesystem::path& folder) {
    const RunPaths paths(folder);
    if (!paths.holdsRun()) {
        throw Error("this folder is no run", folder.string(), "choose one that holds a run.toml");
    }
    RunFacts facts{folder, readRunRecord(paths.record()), 0, false, false, false, {}, false};
    if (const auto latest = paths.latestCheckpoint()) {
        facts.checkpoint = true;
        facts.epochs = latest->position.epochs;
    }
    const Metrics tail = readMetricsTail(paths.metrics());
    facts.recorded = !tail.epochs.empty() || (!tail.steps.empty() && tail.steps.back().epoch > 0);
    facts.finished = facts.epochs >= facts.record.options.integer("epochs");
    if (const auto holder = lockHolder(paths.lock())) {
        facts.writer = holder->host + ", process " + std::to_string(holder->process);
        const LockHolder self = thisProcess();
        facts.ownWriter = holder->host == self.host && holder->process == self.process;
    }
    return facts;
}

RunDoctor::RunDoctor(std::filesystem::path folder)
    : folder_(std::move(folder)), follower_(RunPaths(folder_).metrics()) {}

std::vector<Diagnosis> RunDoctor::look() {
    const MetricsUpdate update = follower_.poll();
    if (update.restarted) steps_.clear();
    if (!update.restarted && update.added.steps.empty()) return found_;
    steps_.insert(steps_.end(), update.added.steps.begin(), update.added.steps.end());
    found_ = diagnose(steps_, readRunRecord(RunPaths(folder_).record()).options);
    return found_;
}

}  // namespace dinoscope::api
