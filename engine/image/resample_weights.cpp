#include "engine/image/resample_weights.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dinoscope {

namespace {

double boxFilter(double x) {
    return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

double triangle(double x) {
    return std::max(0.0, 1.0 - std::abs(x));
}

/// Keys 1981, equation 4, with a = -0.5.
double cubic(double x) {
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

double sinc(double x) {
    if (x == 0.0) return 1.0;
    x *= std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) {
    return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
}

struct Kernel {
    double (*value)(double);
    double support;  ///< zero beyond it
};

Kernel kernelOf(Filter filter) {
    switch (filter) {
        case Filter::Box:
            return {boxFilter, 0.5};
        case Filter::Bilinear:
            return {triangle, 1.0};
        case Filter::Bicubic:
            return {cubic, 2.0};
        case Filter::Lanczos:
            return {lanczos, 3.0};
    }
    return {triangle, 1.0};
}

std::int32_t fixedPoint(double weight) {
    const double scaled = weight * (1 << kWeightBits);
    return static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

}  // namespace

ResampleWeights resampleWeights(int inputs, float begin, float end, int outputs, Filter filter) {
    const Kernel kernel = kernelOf(filter);
    const double scale = static_cast<double>(end - begin) / outputs;
    const double stretch = std::max(scale, 1.0);  // a filter narrower than a pixel would miss pixels
    const double support = kernel.support * stretch;
    const double inverse = 1.0 / stretch;

    ResampleWeights weights;
    weights.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
    weights.spans.resize(static_cast<std::size_t>(outputs));
    weights.values.resize(weights.spans.size() * static_cast<std::size_t>(weights.stride));
    std::vector<double> real(static_cast<std::size_t>(weights.stride));
    for (int output = 0; output < outputs; ++output) {
        const double centre = begin + (output + 0.5) * scale;
        const int first = std::max(0, static_cast<int>(centre - support + 0.5));
        const int last = std::min(inputs, static_cast<int>(centre + support + 0.5));
        double sum = 0.0;
        for (int i = first; i < last; ++i) {
            const double weight = kernel.value((i - centre + 0.5) * inverse);
            real[static_cast<std::size_t>(i - first)] = weight;
            sum += weight;
        }
        const auto count = static_cast<std::size_t>(std::max(0, last - first));
        auto* values = weights.values.data() + static_cast<std::size_t>(output) * real.size();
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = fixedPoint(sum != 0.0 ? real[i] / sum : real[i]);
        }
        weights.spans[static_cast<std::size_t>(output)] = {first, static_cast<int>(count)};
    }
    return weights;
}

}  // namespace dinoscope
