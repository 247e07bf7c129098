#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dinoscope {

/// A value that was not measured. The file leaves such a field out; a NaN that was measured is in it as
/// "nan".
inline constexpr double kNotMeasured = -1;

/// One optimizer step. Entropies and losses are in nats, averaged over pairs of views and images.
struct StepMetrics {
    std::int64_t step = 0;   ///< from 0
    std::int64_t epoch = 0;  ///< from 0
    double loss = 0;
    double teacherEntropy = 0;           ///< H(teacher); loss = teacherEntropy + kl for the cross-entropy
    double kl = 0;                       ///< KL(teacher || student)
    double lossBelowLnK = kNotMeasured;  ///< ln K - loss: 0 where nothing is learnt; of cross-entropies
    double teacherTemp = 0;
    double learningRate = 0;
    double weightDecay = 0;
    double momentum = 0;      ///< of the teacher
    double gradientNorm = 0;  ///< of all gradients together, before the clip
    double centreNorm = 0;
    // Time, rate and memory: what a resumed run need not repeat.
    double imagesPerSecond = 0;
    double dataWait = 0;     ///< share of the step's time spent waiting for images
    double memoryBytes = 0;  ///< the most that was in use on the device so far
    double seconds = 0;      ///< since the run began, pauses between sessions left out

    bool operator==(const StepMetrics&) const = default;
};

/// Written after the last step of an epoch, and before its checkpoint.
struct EpochMetrics {
    std::int64_t step = 0;   ///< the epoch's last
    std::int64_t epoch = 0;  ///< from 0
    double loss = 0;         ///< means over the epoch
    double teacherEntropy = 0;
    double kl = 0;
    double knnTop1 = kNotMeasured;        ///< percent, of the teacher's features; with class folders
    double effectiveRank = kNotMeasured;  ///< RankMe (Garrido et al. 2023), equation 1; without classes
    std::int64_t replacedImages = 0;      ///< unreadable ones met so far, missing and gone ones
    double imagesPerSecond = 0;
    double dataWait = 0;
    double seconds = 0;  ///< the epoch took

    bool operator==(const EpochMetrics&) const = default;
};

/// A probe image's attention was kept.
struct ProbeMetrics {
    std::int64_t step = 0;
    std::int64_t epoch = 0;
    std::string image;  ///< as given with --probe
    std::string file;   ///< below the run folder: "probes/…"

    bool operator==(const ProbeMetrics&) const = default;
};

/// What metrics.jsonl holds, each kind in the order of the file.
struct Metrics {
    std::vector<StepMetrics> steps;
    std::vector<EpochMetrics> epochs;
    std::vector<ProbeMetrics> probes;

    bool empty() const { return steps.empty() && epochs.empty() && probes.empty(); }
};

/// Whether two steps are the same to the last bit, time, rate and memory aside. NaN equals NaN.
bool sameNumbers(const StepMetrics& a, const StepMetrics& b);

/// One line, ended by "\n". {"kind":"step","step":12,…}: numbers in the fewest digits that read back as the
/// same double, whatever the locale; those that JSON has no number for as "nan", "inf" and "-inf".
std::string formatMetrics(const StepMetrics& record);
std::string formatMetrics(const EpochMetrics& record);
std::string formatMetrics(const ProbeMetrics& record);

/// Reads one line without its "\n" into `metrics`. False where it is no record of ours: damaged, or of a kind
/// that a newer program writes. Fields in any order; unknown ones are passed over.
bool parseMetricsLine(std::string_view line, Metrics& metrics);

}  // namespace dinoscope
