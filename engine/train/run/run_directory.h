#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/image_dataset.h"
#include "engine/train/run/run_lock.h"
#include "engine/train/run/run_record.h"

namespace dinoscope {

/// How far a run is: whole epochs behind it, and steps into the next one.
struct RunPosition {
    std::int64_t epochs = 0;
    std::int64_t steps = 0;

    bool operator==(const RunPosition&) const = default;
    bool operator<(const RunPosition& other) const {
        return epochs != other.epochs ? epochs < other.epochs : steps < other.steps;
    }
};

struct CheckpointFile {
    RunPosition position;
    std::filesystem::path path;
};

/// Where things lie in a run folder.
class RunPaths {
public:
    explicit RunPaths(std::filesystem::path folder) : folder_(std::move(folder)) {}

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path record() const { return folder_ / "run.toml"; }
    std::filesystem::path images() const { return folder_ / "images.txt"; }
    std::filesystem::path metrics() const { return folder_ / "metrics.jsonl"; }
    std::filesystem::path log() const { return folder_ / "log.txt"; }
    std::filesystem::path lock() const { return folder_ / "lock"; }
    std::filesystem::path checkpoints() const { return folder_ / "checkpoints"; }
    std::filesystem::path probes() const { return folder_ / "probes"; }
    std::filesystem::path teachers() const { return folder_ / "teachers"; }

    /// "checkpoints/epoch0012.pth", "checkpoints/epoch0012-step000345.pth"
    std::filesystem::path checkpoint(RunPosition position) const;
    /// "teachers/epoch0012-step000345.safetensors"; from 2 on with the number: a run that was resumed with
    /// other options comes by the same place with other weights.
    std::filesystem::path teacher(RunPosition position, int number) const;

    bool holdsRun() const;

    /// Oldest first. Files with other names are left alone.
    std::vector<CheckpointFile> listCheckpoints() const;
    std::optional<CheckpointFile> latestCheckpoint() const;
    /// The one at the end of an epoch (1 is the first); an Error lists those there are.
    CheckpointFile checkpointOfEpoch(std::int64_t epoch) const;

private:
    std::filesystem::path folder_;
};

/// A run folder that this process writes to, locked until it is destroyed.
///
///   run.toml  images.txt  metrics.jsonl  log.txt  checkpoints/  probes/  teachers/
///   (lock, while it is written to)
class RunDirectory {
public:
    /// Makes the folder, or takes one that is empty, and locks it. A folder with a run in it is refused, as
    /// is one with files that are no run's. Nothing but the lock is there until write(). Where it fails,
    /// what it made goes again.
    static RunDirectory create(const std::filesystem::path& folder);

    /// Locks the folder of a run; removes what a killed writer left half-written.
    static RunDirectory open(const std::filesystem::path& folder);

    /// Throw what the two would, and make nothing: to be asked before what takes long.
    static void requireCreatable(const std::filesystem::path& folder);
    static void requireOpenable(const std::filesystem::path& folder);

    const RunPaths& paths() const { return paths_; }
    /// A dead writer whose lock was taken over.
    const std::optional<LockHolder>& staleLock() const { return lock_->stale(); }
    void refreshLock() { lock_->refresh(); }
    void keepLockFresh() { lock_->keepFresh(); }  ///< as RunLock::keepFresh()

    /// Writes run.toml, atomically.
    void write(const RunRecord& record);
    /// Writes images.txt where there is none: the images that the run began with never change.
    void keep(const ImageDataset& images);

    /// Takes back what create(), write() and keep() made, and the log, for a run that could not begin. What
    /// was there before stays, be it empty.
    void discard() noexcept;

    /// Removes the checkpoints that neither `keepLast` (the newest, at least 1) nor `keepEvery` (ends of
    /// every so many epochs; 0 for none) holds. Returns what was removed. Call after a checkpoint is whole.
    std::vector<std::filesystem::path> prune(std::int64_t keepLast, std::int64_t keepEvery);

private:
    explicit RunDirectory(RunPaths paths) : paths_(std::move(paths)) {}
    void makeRunFolder();
    void takeLock();
    void makeFolders();
    void removeLeftovers();
    void willMake(const std::filesystem::path& path);

    RunPaths paths_;
    std::unique_ptr<RunLock> lock_;
    // What discard() may take away, in the order that it was made.
    std::vector<std::filesystem::path> madeFolders_;  ///< the run's folder and those above it
    std::vector<std::filesystem::path> madeInside_;
};

}  // namespace dinoscope
