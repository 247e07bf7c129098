#include "engine/ssl/schedule.h"

#include <cmath>
#include <numbers>

namespace dinoscope {

namespace {

/// numpy.linspace(first, last, count)[index]
double linspace(double first, double last, std::int64_t count, std::int64_t index) {
    if (count <= 1) return first;
    return first + (last - first) * static_cast<double>(index) / static_cast<double>(count - 1);
}

}  // namespace

double CosineSchedule::at(std::int64_t iteration) const {
    if (iteration < warmup_) return linspace(warmupStart_, base_, warmup_, iteration);
    const auto done = static_cast<double>(iteration - warmup_);
    const auto all = static_cast<double>(iterations_ - warmup_);
    return final_ + 0.5 * (base_ - final_) * (1 + std::cos(std::numbers::pi * done / all));
}

double TeacherTemperature::at(int epoch) const {
    return epoch < warmupEpochs_ ? linspace(warmupValue_, value_, warmupEpochs_, epoch) : value_;
}

}  // namespace dinoscope
