#include "engine/api/run.h"

#include <algorithm>
#include <cmath>
#include <system_error>

#include "engine/data/folder_scan.h"
#include "engine/weights/catalogue.h"

namespace dinoscope::api {

namespace fs = std::filesystem;

namespace {

void findBelow(const fs::path& folder, int depth, std::vector<fs::path>& found, JobControl& control) {
    control.poll();
    if (isRun(folder)) {
        found.push_back(folder);
        return;
    }
    if (depth == 0) return;
    std::vector<fs::path> inside;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        std::error_code failed;
        if (entry->path().filename().string().starts_with('.')) continue;
        if (entry->is_directory(failed)) inside.push_back(entry->path());
    }
    std::sort(inside.begin(), inside.end(), [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    for (const fs::path& each : inside)
        findBelow(each, depth - 1, found, control);
}

void readProgress(RunSummary& run) {
    const Metrics tail = readMetricsTail(RunPaths(run.folder).metrics());
    if (tail.steps.empty()) return;
    const StepMetrics& last = tail.steps.back();
    run.steps = last.step + 1;
    run.loss = last.loss;
    run.imagesPerSecond = last.imagesPerSecond;
    run.seconds = last.seconds;
}

}  // namespace

double RunSummary::uniformLoss() const {
    if (record.options.text("objective") != "dino" || record.options.text("loss") != "cross-entropy")
        return 0;
    return std::log(double(record.options.integer("out-dim")));
}

std::vector<fs::path> shippedRuns() {
    std::vector<fs::path> runs;
    for (const char* name : {"example-run", "bundled-run"}) {
        const fs::path folder = modelsFolder() / name;
        if (isRun(folder)) runs.push_back(folder);
    }
    return runs;
}

bool isRun(const fs::path& folder) {
    return RunPaths(folder).holdsRun();
}

std::vector<fs::path> findRuns(const fs::path& folder, JobControl& control) {
    std::vector<fs::path> found;
    findBelow(folder, kRunDepth, found, control);
    return found;
}

RunSummary summarise(const fs::path& folder) {
    RunSummary run;
    run.folder = folder;
    try {
        run.record = readRunRecord(RunPaths(folder).record());
        run.writer = lockHolder(RunPaths(folder).lock());
        run.stepsPerEpoch =
            run.record.data.images / std::max<std::int64_t>(1, stepImages(run.record.options));
        readProgress(run);
    } catch (const Error& error) {
        run.problem = error.what();
        return run;
    }
    const bool finished = run.stepsPerEpoch > 0 && run.steps >= run.totalSteps();
    run.state = run.writer ? RunState::Live : finished ? RunState::Finished : RunState::Stopped;
    return run;
}

void RunScores::add(const EpochMetrics& epoch) {
    if (epoch.knnTop1 != kNotMeasured) lastKnn = epoch.knnTop1;
    bestRank = std::max(bestRank, epoch.effectiveRank);
    skipped = epoch.replacedImages;
    if (epoch.knnTop1 <= bestKnn) return;
    bestKnn = epoch.knnTop1;
    bestEpoch = epoch.epoch + 1;
}

const RunScores& RunScorer::update() {
    try {
        const MetricsUpdate update = follower_.poll();
        if (update.restarted) scores_ = {};
        for (const EpochMetrics& epoch : update.added.epochs)
            scores_.add(epoch);
    } catch (const Error&) {
        scores_ = {};
    }
    return scores_;
}

std::vector<RunDifference> differences(const std::vector<RunSummary>& runs) {
    std::vector<RunDifference> found;
    const auto add = [&](const std::string& key, const auto& valueOf) {
        RunDifference one{key, {}};
        for (const RunSummary& run : runs)
            one.values.push_back(run.state == RunState::Unreadable ? std::string() : valueOf(run));
        const auto differs = [&](const std::string& value) { return value != one.values.front(); };
        if (std::any_of(one.values.begin(), one.values.end(), differs)) found.push_back(std::move(one));
    };
    if (runs.size() < 2) return found;
    for (const OptionSpec& spec : trainOptions().specs()) {
        const TrainOptionRole role = trainOptionRole(spec.key);
        if (role == TrainOptionRole::Action || role == TrainOptionRole::Saving ||
            role == TrainOptionRole::Probes || role == TrainOptionRole::Machine) {
            continue;
        }
        add(spec.key,
            [&](const RunSummary& run) { return formatOptionValue(run.record.options.value(spec.key)); });
    }
    add("number of images", [](const RunSummary& run) { return std::to_string(run.record.data.images); });
    add("number of classes", [](const RunSummary& run) { return std::to_string(run.record.data.classes); });
    return found;
}

}  // namespace dinoscope::api
