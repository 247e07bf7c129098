#include "engine/nn/state_dict.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/parallel.h"

namespace dinoscope {

namespace {

template <std::size_t kTerms>
double polynomial(const std::array<double, kTerms>& highestFirst, double x) {
    double value = 0;
    for (const double coefficient : highestFirst)
        value = value * x + coefficient;
    return value;
}

/// The quantile of the standard normal distribution, by Acklam's rational approximation (error below 1e-8).
double normalQuantile(double p) {
    static constexpr std::array kMiddleAbove{-3.969683028665376e+01, 2.209460984245205e+02,
                                             -2.759285104469687e+02, 1.383577518672690e+02,
                                             -3.066479806614716e+01, 2.506628277459239e+00};
    static constexpr std::array kMiddleBelow{-5.447609879822406e+01, 1.615858368580409e+02,
                                             -1.556989798598866e+02, 6.680131188771972e+01,
                                             -1.328068155288572e+01, 1.0};
    static constexpr std::array kTailAbove{-7.784894002430293e-03, -3.223964580411365e-01,
                                           -2.400758277161838e+00, -2.549732539343734e+00,
                                           4.374664141464968e+00,  2.938163982698783e+00};
    static constexpr std::array kTailBelow{7.784695709041462e-03, 3.224671290700398e-01,
                                           2.445134137142996e+00, 3.754408661907416e+00, 1.0};
    constexpr double kTail = 0.02425;
    if (p > 1 - kTail) return -normalQuantile(1 - p);
    if (p < kTail) {
        const double q = std::sqrt(-2 * std::log(p));
        return polynomial(kTailAbove, q) / polynomial(kTailBelow, q);
    }
    const double q = p - 0.5;
    return polynomial(kMiddleAbove, q * q) * q / polynomial(kMiddleBelow, q * q);
}

void fillUniform(at::Tensor& tensor, std::uint64_t seed, double bound) {
    float* values = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        values[i] = static_cast<float>(bound * (2 * toUniform(mix(seed, i)) - 1));
    }
}

}  // namespace

std::uint64_t hashOfName(std::string_view name) {
    std::uint64_t hash = 0;
    for (const char letter : name)
        hash = mix(hash, static_cast<unsigned char>(letter));
    return hash;
}

void fillNormal(at::Tensor& tensor, std::uint64_t seed, double deviation) {
    float* values = tensor.data_ptr<float>();
    parallelFor(0, tensor.numel(), 1 << 16, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            values[i] = static_cast<float>(deviation * normalQuantile(toUniform(mix(seed, i))));
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
