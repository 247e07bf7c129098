#include "engine/nn/rotary_embedding.h"

#include <ATen/ATen.h>

#include <numbers>

namespace dinoscope {

namespace {

constexpr double kBase = 100;

/// Middles of `count` cells in -1 to 1.
at::Tensor coordinates(int count, const at::TensorOptions& options) {
    return at::arange(count, options).add_(0.5).div_(count).mul_(2).sub_(1);
}

}  // namespace

at::Tensor defaultRotaryPeriods(int headDim) {
    const at::Tensor exponents = at::arange(headDim / 4, at::kFloat).mul_(2).div_(headDim / 2);
    return at::pow(kBase, exponents);
}

RotaryTable rotaryTable(const at::Tensor& periods, int rows, int columns) {
    const at::TensorOptions options = periods.options();
    const std::int64_t quarter = periods.size(0);
    const auto angles = [&](int count) {
        return coordinates(count, options).mul_(2 * std::numbers::pi).unsqueeze(1) / periods;
    };
    const at::Tensor down = angles(rows).unsqueeze(1).expand({rows, columns, quarter});
    const at::Tensor across = angles(columns).unsqueeze(0).expand({rows, columns, quarter});
    const at::Tensor half =
        at::cat({down, across}, 2).reshape({std::int64_t(rows) * columns, 1, 2 * quarter});
    const at::Tensor whole = at::cat({half, half}, 2);
    return {whole.cos(), whole.sin()};
}

void rotate(at::Tensor x, const RotaryTable& table) {
    const at::Tensor wide = x.to(at::kFloat);
    const std::int64_t half = wide.size(-1) / 2;
    const at::Tensor turned = at::cat({wide.slice(-1, half).neg(), wide.slice(-1, 0, half)}, -1);
    x.copy_(wide * table.cosines + turned * table.sines);
}

}  // namespace dinoscope
