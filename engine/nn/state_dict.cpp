#include "engine/nn/state_dict.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/parallel.h"

namespace dinoscope {

namespace {

/// Written out, highest power first, so that loops around it are vectorised.
template <typename... Rest>
double polynomial(double x, double value, Rest... coefficients) {
    ((value = value * x + coefficients), ...);
    return value;
}

constexpr double kTail = 0.02425;

/// The quantile of the standard normal distribution by Acklam's rational approximation (error below 1e-8),
/// for p from kTail to 1 - kTail.
double middleQuantile(double p) {
    const double q = p - 0.5;
    const double x = q * q;
    const double above = polynomial(x, -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02,
                                    1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00);
    const double below = polynomial(x, -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                                    6.680131188771972e+01, -1.328068155288572e+01, 1.0);
    return above * q / below;
}

/// The same for p below kTail.
double lowerQuantile(double p) {
    const double q = std::sqrt(-2 * std::log(p));
    return polynomial(q, -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                      -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00) /
           polynomial(q, 7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                      3.754408661907416e+00, 1.0);
}

/// Normal numbers `first` to `first + kNormals - 1` of a seed. All are taken for middle ones at first, by
/// vectors; one in twenty is not.
constexpr std::int64_t kNormals = 256;
void normals(std::uint64_t seed, std::int64_t first, double (&values)[kNormals]) {
    double uniform[kNormals];
    for (std::int64_t i = 0; i < kNormals; ++i)
        uniform[i] = toUniform(mix(seed, first + i));
    for (std::int64_t i = 0; i < kNormals; ++i)
        values[i] = middleQuantile(uniform[i]);
    for (std::int64_t i = 0; i < kNormals; ++i) {
        if (uniform[i] < kTail) values[i] = lowerQuantile(uniform[i]);
        if (uniform[i] > 1 - kTail) values[i] = -lowerQuantile(1 - uniform[i]);
    }
}

}  // namespace

void fillUniform(at::Tensor& tensor, std::uint64_t seed, double bound) {
    float* values = tensor.data_ptr<float>();
    parallelFor(0, tensor.numel(), 1 << 16, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i)
            values[i] = static_cast<float>(bound * (2 * toUniform(mix(seed, i)) - 1));
    });
}

void fillNormal(at::Tensor& tensor, std::uint64_t seed, double deviation) {
    float* values = tensor.data_ptr<float>();
    parallelFor(0, tensor.numel(), 1 << 16, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t block = first; block < last; block += kNormals) {
            double drawn[kNormals];
            normals(seed, block, drawn);
            const std::int64_t count = std::min(kNormals, last - block);
            for (std::int64_t i = 0; i < count; ++i)
                values[block + i] = static_cast<float>(deviation * drawn[i]);
        }
    });
}

StateDict initialWeights(const VitConfig& config, std::uint64_t seed) {
    StateDict weights;
    const double patchBound = 1 / std::sqrt(3.0 * config.patchSize * config.patchSize);
    for (const auto& [name, shape] : expectedShapes(config)) {
        at::Tensor tensor = at::zeros(shape, at::kFloat);
        const std::uint64_t tensorSeed = mix(seed, hashOfName(name));
        if (name.starts_with("patch_embed.")) {
            fillUniform(tensor, tensorSeed, patchBound);
        } else if (name.find("norm") != std::string::npos) {
            if (name.ends_with(".weight")) tensor.fill_(1);
        } else if (!name.ends_with(".bias")) {
            fillNormal(tensor, tensorSeed, kInitialDeviation);
        }
        weights.emplace(name, std::move(tensor));
    }
    return weights;
}

}  // namespace dinoscope
