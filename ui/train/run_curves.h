#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/api/run.h"
#include "ui/widgets/curve_stack.h"
#include "ui/widgets/curve_values.h"

namespace dinoscope {

/// A number that each step has.
enum class StepQuantity {
    Loss,
    TeacherEntropy,
    Kl,
    GradientNorm,
    LearningRate,
    TeacherTemperature,
    WeightDecay,
    Momentum,
    ImagesPerSecond
};
inline constexpr int kStepQuantities = 9;

/// And those of the epochs that were evaluated.
enum class EpochQuantity { Knn, Rank };
inline constexpr int kEpochQuantities = 2;

/// The numbers of a run as curves over each axis. They grow in place: whoever draws them keeps them.
class RunCurves {
public:
    explicit RunCurves(std::int64_t stepsPerEpoch = 0);

    /// Records that do not come after those before are left out: axes ascend, whatever a file holds.
    void add(const Metrics& records);

    std::size_t steps() const { return steps_.axes[0]->size(); }
    std::size_t evaluations() const { return epochs_.axes[0]->size(); }
    /// Whether any of it was measured.
    bool has(EpochQuantity quantity) const;

    Curve curve(StepQuantity quantity, CurveAxis axis) const;
    Curve curve(EpochQuantity quantity, CurveAxis axis) const;

private:
    template <std::size_t count>
    struct Table {
        std::array<std::shared_ptr<std::vector<double>>, kCurveAxes> axes;
        std::array<std::shared_ptr<CurveValues>, count> values;

        Table();
        void place(double step, double epoch, double seconds);
        bool takes(double step) const { return axes[0]->empty() || step > axes[0]->back(); }
    };

    double epochOf(std::int64_t step, std::int64_t epoch) const;
    void add(const StepMetrics& record);
    void add(const EpochMetrics& record);
    double secondsAt(std::int64_t step) const;

    std::int64_t stepsPerEpoch_;
    Table<kStepQuantities> steps_;
    Table<kEpochQuantities> epochs_;
};

/// Whether a run is told of by its effective rank: it has no classes to find again, so no k-NN accuracy. What
/// was measured counts more than its record.
bool tellsRank(const RunCurves& curves, const api::RunSummary& run);

}  // namespace dinoscope
