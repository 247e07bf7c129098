#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/explore/attention_map.h"
#include "engine/train/run/metrics_file.h"
#include "engine/train/run/metrics_table.h"
#include "engine/train/run/run_directory.h"
#include "engine/train/run/train_options.h"

namespace dinoscope::api {

/// What becomes of a run.
enum class RunState {
    Live,       ///< someone writes to it now
    Finished,   ///< all its epochs are behind it
    Stopped,    ///< it can go on
    Unreadable  ///< its run.toml cannot be read
};

/// A run folder at a glance: its run.toml, its lock and the end of its metrics.jsonl, not all of that.
struct RunSummary {
    std::filesystem::path folder;
    RunState state = RunState::Unreadable;
    std::string problem;               ///< a sentence where it is unreadable
    std::optional<LockHolder> writer;  ///< where it is live
    RunRecord record{OptionValues(trainOptions()), {}, {}, {}};
    std::int64_t stepsPerEpoch = 0;
    std::int64_t steps = 0;  ///< behind it
    double loss = kNotMeasured;
    double imagesPerSecond = kNotMeasured;
    double seconds = 0;  ///< it was trained for

    std::int64_t epochs() const { return record.options.integer("epochs"); }
    std::int64_t totalSteps() const { return epochs() * stepsPerEpoch; }
    /// Epochs behind it, with the part of the one it is in.
    double epochsDone() const { return stepsPerEpoch > 0 ? double(steps) / double(stepsPerEpoch) : 0; }
    /// ln K, what the loss is where nothing was learnt; 0 for the supervised objective.
    double uniformLoss() const;
};

/// Whether a folder is a run's.
bool isRun(const std::filesystem::path& folder);

/// The runs that ship with the program, to be looked at: first the one that begins from nothing and shows
/// attention emerge, then that of the bundled model. Those that are there.
std::vector<std::filesystem::path> shippedRuns();

/// How deep in a folder runs are looked for.
inline constexpr int kRunDepth = 2;

/// The runs at a folder, in it and in its subfolders, in natural order. What cannot be read is passed over.
/// Polls between folders.
std::vector<std::filesystem::path> findRuns(const std::filesystem::path& folder, JobControl& control);

/// Reads less than 100 kB, whatever the run's length. A damaged run is not an Error, but Unreadable.
RunSummary summarise(const std::filesystem::path& folder);

/// The best of the epochs that were evaluated.
struct RunScores {
    double bestKnn = kNotMeasured;  ///< percent
    std::int64_t bestEpoch = 0;     ///< epochs that were behind it then
    double lastKnn = kNotMeasured;
    double bestRank = kNotMeasured;  ///< the greatest effective rank, of a run without classes
    std::int64_t skipped = 0;        ///< images that turned out to be unreadable or gone, so far

    void add(const EpochMetrics& epoch);
};

/// Follows the scores of a run: reads its metrics.jsonl once, and then what is new. Steps are passed over.
class RunScorer {
public:
    explicit RunScorer(const std::filesystem::path& run)
        : follower_(RunPaths(run).metrics(), MetricsFollower::Wanted::EpochsAndProbes) {}

    /// A file that cannot be read gives none.
    const RunScores& update();

private:
    MetricsFollower follower_;
    RunScores scores_;
};

/// An option that is not the same in all of some runs.
struct RunDifference {
    std::string key;
    std::vector<std::string> values;  ///< one a run
};
/// Options and data that differ; what is kept of the runs and which machine they ran on aside.
std::vector<RunDifference> differences(const std::vector<RunSummary>& runs);

/// A look at a probe image, of those that a run keeps.
struct ProbeLook {
    std::int64_t epochs = 0;  ///< behind the weights
    std::int64_t step = 0;
    std::filesystem::path file;

    bool operator==(const ProbeLook&) const = default;
};

/// A probe image with all looks at it, oldest first.
struct ProbeImage {
    std::string name;  ///< as given with --probe
    std::vector<ProbeLook> looks;
};

/// Sorts looks by image, in the order of their first. A record that names a file outside of the run's probes
/// is left out; of two for the same epochs the later counts.
class ProbeHistory {
public:
    explicit ProbeHistory(std::filesystem::path run = {}) : run_(std::move(run)) {}
    void add(const std::vector<ProbeMetrics>& records);
    const std::vector<ProbeImage>& images() const { return images_; }

private:
    std::filesystem::path run_;
    std::vector<ProbeImage> images_;
};

/// What one look found.
struct ProbeFrame {
    enum class Network { Teacher, Student };

    struct Neighbour {
        std::string name;               ///< as the training set has it
        float similarity = 0;           ///< cosine
        std::filesystem::path picture;  ///< small; may not be there
    };

    int firstLayer = 0;  ///< of those that are kept; -1: it is the last, whatever its number
    int layers = 0;
    int heads = 0;
    int rows = 0;
    int columns = 0;
    std::vector<float> teacher;  ///< [layers, heads, rows, columns]
    std::vector<float> student;  ///< likewise; empty where it was not kept
    double coveredWidth = 1;     ///< share of the image's width that the patches cover, from the left
    double coveredHeight = 1;
    std::vector<Neighbour> neighbours;
    std::filesystem::path picture;  ///< a small copy of the image; empty in old runs

    bool has(Network network) const { return network == Network::Teacher || !student.empty(); }
    /// `layer` counts from 0 among those that are kept.
    AttentionMap map(Network network, int layer) const;
};

/// Reads a file of probes/. Throws Error where it is damaged or not one of ours.
std::shared_ptr<const ProbeFrame> readProbeFrame(const std::filesystem::path& file);

}  // namespace dinoscope::api
