#include "ui/train/run_curves.h"

#include <cmath>
#include <limits>

namespace dinoscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double measured(double value) {
    return value == kNotMeasured ? kNone : value;
}

}  // namespace

template <std::size_t count>
RunCurves::Table<count>::Table() {
    for (auto& axis : axes)
        axis = std::make_shared<std::vector<double>>();
    for (auto& each : values)
        each = std::make_shared<CurveValues>();
}

template <std::size_t count>
void RunCurves::Table<count>::place(double step, double epoch, double seconds) {
    const double positions[kCurveAxes] = {step, epoch, seconds};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        // A clock that was set back must not break what searches in the axis.
        const double least = axes[i]->empty() ? positions[i] : axes[i]->back();
        axes[i]->push_back(positions[i] >= least ? positions[i] : least);
    }
}

RunCurves::RunCurves(std::int64_t stepsPerEpoch) : stepsPerEpoch_(stepsPerEpoch) {}

/// Epochs behind a run after this step.
double RunCurves::epochOf(std::int64_t step, std::int64_t epoch) const {
    return stepsPerEpoch_ > 0 ? double(step + 1) / double(stepsPerEpoch_) : double(epoch);
}

void RunCurves::add(const Metrics& records) {
    // Between themselves they are sorted by time; epochs look their time up.
    for (const StepMetrics& record : records.steps)
        add(record);
    for (const EpochMetrics& record : records.epochs)
        add(record);
}

void RunCurves::add(const StepMetrics& record) {
    if (record.step < 0 || !steps_.takes(double(record.step))) return;
    steps_.place(double(record.step), epochOf(record.step, record.epoch),
                 std::isfinite(record.seconds) ? record.seconds : 0);
    const double numbers[kStepQuantities] = {
        record.loss,         record.teacherEntropy, record.kl,
        record.gradientNorm, record.learningRate,   record.teacherTemp,
        record.weightDecay,  record.momentum,       record.imagesPerSecond};
    for (std::size_t i = 0; i < steps_.values.size(); ++i)
        steps_.values[i]->append(numbers[i]);
}

void RunCurves::add(const EpochMetrics& record) {
    const double knn = measured(record.knnTop1), rank = measured(record.effectiveRank);
    if ((std::isnan(knn) && std::isnan(rank)) || !epochs_.takes(double(record.step))) return;
    epochs_.place(double(record.step), epochOf(record.step, record.epoch + 1), secondsAt(record.step));
    epochs_.values[0]->append(knn);
    epochs_.values[1]->append(rank);
}

double RunCurves::secondsAt(std::int64_t step) const {
    const std::vector<double>& known = *steps_.axes[0];
    if (known.empty()) return 0;
    return (*steps_.axes[2])[nearestIndex(known, double(step))];
}

bool RunCurves::has(EpochQuantity quantity) const {
    const CurveValues& values = *epochs_.values[std::size_t(quantity)];
    return values.extremes(0, values.size()).any();
}

Curve RunCurves::curve(StepQuantity quantity, CurveAxis axis) const {
    Curve found;
    found.x = steps_.axes[std::size_t(axis)];
    found.y = steps_.values[std::size_t(quantity)];
    found.noisy = quantity <= StepQuantity::GradientNorm || quantity == StepQuantity::ImagesPerSecond;
    return found;
}

Curve RunCurves::curve(EpochQuantity quantity, CurveAxis axis) const {
    Curve found;
    found.x = epochs_.axes[std::size_t(axis)];
    found.y = epochs_.values[std::size_t(quantity)];
    found.sparse = true;
    return found;
}

bool tellsRank(const RunCurves& curves, const api::RunSummary& run) {
    if (curves.has(EpochQuantity::Knn)) return false;
    if (curves.has(EpochQuantity::Rank)) return true;
    return run.state != api::RunState::Unreadable && run.record.data.classes == 0;
}

}  // namespace dinoscope
