#include "engine/nn/position_embedding.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "engine/nn/autocast.h"

namespace dinoscope {

namespace {

/// Keys' cubic convolution kernel.
double cubic(double x, double a) {
    x = std::abs(x);
    if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    return 0;
}

/// Four taps around each sample, those beyond the edge on the edge.
void fillPlain(at::TensorAccessor<float, 2> weights, int side, int count, double scale) {
    constexpr double kA = -0.75;
    for (int i = 0; i < count; ++i) {
        const double source = (i + 0.5) / scale - 0.5;
        const int base = static_cast<int>(std::floor(source));
        for (int tap = base - 1; tap <= base + 2; ++tap) {
            weights[i][std::clamp(tap, 0, side - 1)] += static_cast<float>(cubic(source - tap, kA));
        }
    }
}

/// The kernel as wide as a patch where the grid shrinks, what lies beyond the edge left out.
void fillAntialiased(at::TensorAccessor<float, 2> weights, int side, int count) {
    constexpr double kA = -0.5;
    const double scale = static_cast<double>(side) / count;
    const double width = std::max(scale, 1.0);
    for (int i = 0; i < count; ++i) {
        const double centre = scale * (i + 0.5);
        const int first = std::max(static_cast<int>(centre - 2 * width + 0.5), 0);
        const int last = std::min(static_cast<int>(centre + 2 * width + 0.5), side);
        double sum = 0;
        for (int tap = first; tap < last; ++tap)
            sum += cubic((tap - centre + 0.5) / width, kA);
        for (int tap = first; tap < last; ++tap)
            weights[i][tap] = static_cast<float>(cubic((tap - centre + 0.5) / width, kA) / sum);
    }
}

}  // namespace

at::Tensor positionMatrix(int side, int count, PositionRule rule) {
    at::Tensor matrix = at::zeros({count, side}, at::kFloat);
    const auto weights = matrix.accessor<float, 2>();
    if (rule == PositionRule::Antialiased) {
        fillAntialiased(weights, side, count);
    } else {
        // The reference adds 0.1 so that rounding cannot lose a patch; the offset shifts every sample a
        // little.
        fillPlain(weights, side, count, (count + (rule == PositionRule::Offset ? 0.1 : 0)) / side);
    }
    return matrix;
}

at::Tensor interpolatePositions(const at::Tensor& positions, int rows, int columns, PositionRule rule,
                                int prefix) {
    const std::int64_t dim = positions.size(2);
    const int side =
        static_cast<int>(std::lround(std::sqrt(static_cast<double>(positions.size(1) - prefix))));
    const at::Tensor all = positions[0];
    if (rows == side && columns == side) return all;
    // Autocast would round the weights and the positions, which no reference does.
    const AutocastGuard precise(positions.device().type(), false);
    const at::TensorOptions options = positions.options();
    const at::Tensor grid = all.slice(0, prefix).reshape({side, side * dim});           // [y, x * dim]
    const at::Tensor tall = positionMatrix(side, rows, rule).to(options).matmul(grid);  // [rows, x * dim]
    const at::Tensor wide = positionMatrix(side, columns, rule)
                                .to(options)
                                .matmul(tall.reshape({rows, side, dim}));  // [rows, columns, dim]
    return at::cat({all.slice(0, 0, prefix), wide.reshape({std::int64_t(rows) * columns, dim})});
}

}  // namespace dinoscope
