#include "engine/nn/state_dict.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/parallel.h"

namespace dinoscope {

namespace {

constexpr double kDeviation = 0.02;

/// Uniform in (0, 1), never 0, from 64 random bits.
double toUniform(std::uint64_t bits) {
    return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

std::uint64_t hashOfName(std::string_view name) {
    std::uint64_t hash = 0;
    for (const char letter : name)
        hash = mix(hash, static_cast<unsigned char>(letter));
    return hash;
}

/// The quantile of the standard normal distribution, by Acklam's rational approximation (error below 1e-8).
double normalQuantile(double p) {
    constexpr double kTail = 0.02425;
    if (p > 1 - kTail) return -normalQuantile(1 - p);
    if (p < kTail) {
        const double q = std::sqrt(-2 * std::log(p));
        const double above =
            ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q -
              2.549732539343734e+00) *
                 q +
             4.374664141464968e+00) *
                q +
            2.938163982698783e+00;
        const double below =
            (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q +
             3.754408661907416e+00) *
                q +
            1;
        return above / below;
    }
    const double q = p - 0.5;
    const double r = q * q;
    const double above =
        ((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
          1.383577518672690e+02) *
             r -
         3.066479806614716e+01) *
            r +
        2.506628277459239e+00;
    const double below =
        ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
          6.680131188771972e+01) *
             r -
         1.328068155288572e+01) *
            r +
        1;
    return above * q / below;
}

/// Value i depends on (seed, i) alone, whatever the threads.
void fillNormal(at::Tensor& tensor, std::uint64_t seed) {
    float* values = tensor.data_ptr<float>();
    parallelFor(0, tensor.numel(), 1 << 16, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i < last; ++i) {
            values[i] = static_cast<float>(kDeviation * normalQuantile(toUniform(mix(seed, i))));
        }
    });
}

void fillUniform(at::Tensor& tensor, std::uint64_t seed, double bound) {
    float* values = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        values[i] = static_cast<float>(bound * (2 * toUniform(mix(seed, i)) - 1));
    }
}

}  // namespace

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
            fillNormal(tensor, tensorSeed);
        }
        weights.emplace(name, std::move(tensor));
    }
    return weights;
}

}  // namespace dinoscope
