#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/api/evaluate.h"

// Not for app or ui: what both evaluations count.
namespace dinoscope::api {

/// Counts predictions.
class Tally {
public:
    explicit Tally(const std::vector<std::string>& classes);

    /// `ranked`: classes from the most likely on; one that is not among the first five of them counts for
    /// nothing.
    void add(std::int32_t truth, std::span<const int> ranked);

    double top1() const;  ///< percent
    double top5() const;
    std::vector<ClassScore> scores() const;
    const ConfusionMatrix& confusion() const { return confusion_; }

private:
    ConfusionMatrix confusion_;
    std::vector<std::int64_t> inTop5_;  ///< of each true class
};

}  // namespace dinoscope::api
