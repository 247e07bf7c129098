#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/option.h"
#include "engine/train/run/metrics.h"

namespace dinoscope {

enum class Severity {
    Note,     ///< learns, but could do so faster
    Warning,  ///< learns little
    Critical  ///< will not learn any more: stop it
};

/// What is wrong with a run, and what to change.
struct Diagnosis {
    std::string id;  ///< "uniform-collapse", …: stable, for scripts and tests
    Severity severity = Severity::Warning;
    std::string sentence;   ///< what is seen, with its numbers
    std::string option;     ///< what to change: a key of trainOptions()
    std::string value;      ///< to what
    std::int64_t step = 0;  ///< as of which

    /// "…; try --teacher-temp 0.04"
    std::string advice() const { return sentence + "; try --" + option + " " + value; }
};

/// Reads the steps of a run, all from its first, worst diagnosis first. A run is given time: nothing is said
/// of its first 50 steps, and nothing that a healthy start looks like too (loss and entropy at ln K) before
/// it has had 100 steps past its warm-ups. Linear in the steps; a million takes some milliseconds.
///
///   uniform-collapse        the teacher had grown sure and came back to ln K, or nothing sharpens it
///   one-dimension-collapse  the teacher's entropy is at 0
///   stuck                   the loss stays at ln K: with KL at 0, or at hardly any learning rate
///   teacher-temp-too-high   above 0.07, with an entropy near ln K
///   momentum-too-low        the teacher is the student, or all but
///   momentum-too-high       past half of the run the teacher is still mostly its random start
///   batch-too-small         neither loss nor KL falls, at a learning rate far above the reference's for so
///                           few images a step
///   data-bound              a fifth or more of the time is spent waiting for images
///   diverging               numbers that are none, or a loss well above ln K and rising
std::vector<Diagnosis> diagnose(std::span<const StepMetrics> steps, const OptionValues& options);

/// "note", "warning" or "critical".
std::string name(Severity severity);

}  // namespace dinoscope
