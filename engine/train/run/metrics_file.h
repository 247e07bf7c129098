#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "engine/train/run/metrics.h"

namespace dinoscope {

/// Appends to metrics.jsonl. Lines wait in memory until flush(), which writes whole ones; they are on the
/// disk after sync(). The rule of a run: sync() comes before each checkpoint, so that the file never lacks a
/// step that a checkpoint has. A torn line that a killed program left at the end is cut off on opening.
/// Failures (a full disk) are Errors that name the file and leave it ending with a whole line.
class MetricsWriter {
public:
    explicit MetricsWriter(std::filesystem::path file);
    ~MetricsWriter();  ///< flushes as well as it can
    MetricsWriter(const MetricsWriter&) = delete;
    MetricsWriter& operator=(const MetricsWriter&) = delete;

    template <typename Record>
    void add(const Record& record) {
        waiting_ += formatMetrics(record);
    }
    void flush();
    void sync();

private:
    void cutTornLine();

    std::filesystem::path path_;
    std::string waiting_;
    std::int64_t size_ = 0;
    int descriptor_ = -1;
};

/// What a poll found.
struct MetricsUpdate {
    bool restarted = false;  ///< forget all that came before: the file was cut back, or is another one
    bool more = false;       ///< there is more to read already: poll again
    Metrics added;
    std::int64_t skippedLines = 0;  ///< damaged, or of a kind not known here
};

/// Reads a metrics.jsonl that grows, each line once. A file that a resume cuts back, that vanishes or is
/// replaced is read anew. A torn last line is left for the next poll; a file that is not there is an empty
/// one.
class MetricsFollower {
public:
    enum class Wanted { All, EpochsAndProbes };

    /// Without the steps a file is read ten times as fast.
    explicit MetricsFollower(std::filesystem::path file, Wanted wanted = Wanted::All)
        : path_(std::move(file)), wanted_(wanted) {}

    /// Costs two small reads where nothing is new. Stops at the first line that ends beyond `mostBytes`. A
    /// file that cannot be read is an Error.
    MetricsUpdate poll(std::int64_t mostBytes = std::numeric_limits<std::int64_t>::max());

private:
    bool isStillTheSame(int descriptor, std::int64_t size, std::uint64_t inode) const;
    void restart(MetricsUpdate& update);

    std::filesystem::path path_;
    Wanted wanted_;
    std::int64_t offset_ = 0;  ///< behind the last line that was read
    std::uint64_t inode_ = 0;
    std::string tail_;  ///< the bytes before offset_
};

/// What the last `bytes` of the file hold in whole lines: how far a run is, without reading all of it.
Metrics readMetricsTail(const std::filesystem::path& file, std::int64_t bytes = 1 << 16);

/// The whole file.
Metrics readMetrics(const std::filesystem::path& file, std::int64_t* skippedLines = nullptr);

/// What cutBackMetrics() left.
struct MetricsCut {
    std::int64_t stepsKept = 0;
    std::int64_t linesDropped = 0;
    std::int64_t stepsMissing = 0;  ///< before the cut; 0 unless someone else wrote to the file
};

/// Drops all records from `firstStep` on, which a resume will write again, and a torn last line. The end of
/// an epoch is dropped too that is not among the first `epochsDone`: its steps can be behind a checkpoint
/// that its evaluation is not. Safe against being killed.
MetricsCut cutBackMetrics(const std::filesystem::path& file, std::int64_t firstStep,
                          std::int64_t epochsDone = std::numeric_limits<std::int64_t>::max());

}  // namespace dinoscope
