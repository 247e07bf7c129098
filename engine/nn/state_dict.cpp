#include "engine/nn/state_dict.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>
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

/// Box and Muller's transform of counter-based uniforms: value i depends on (seed, i) alone.
void fillNormal(at::Tensor& tensor, std::uint64_t seed) {
    float* values = tensor.data_ptr<float>();
    const std::int64_t count = tensor.numel();
    parallelFor(0, (count + 1) / 2, 1 << 15, [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t pair = first; pair < last; ++pair) {
            const double radius = std::sqrt(-2 * std::log(toUniform(mix(seed, 2 * pair))));
            const double angle = 2 * std::numbers::pi * toUniform(mix(seed, 2 * pair + 1));
            values[2 * pair] = static_cast<float>(kDeviation * radius * std::cos(angle));
            if (2 * pair + 1 < count) {
                values[2 * pair + 1] = static_cast<float>(kDeviation * radius * std::sin(angle));
            }
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
