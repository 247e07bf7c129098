#include "engine/nn/position_embedding.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace dinoscope {

namespace {

constexpr double kA = -0.75;

/// Keys' cubic convolution kernel.
double cubic(double x) {
    x = std::abs(x);
    if (x <= 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
    if (x < 2) return ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA;
    return 0;
}

}  // namespace

at::Tensor positionMatrix(int side, int count) {
    at::Tensor matrix = at::zeros({count, side}, at::kFloat);
    auto weights = matrix.accessor<float, 2>();
    // The reference adds 0.1 so that rounding cannot lose a patch; the offset shifts every sample a little.
    const double scale = (count + 0.1) / side;
    for (int i = 0; i < count; ++i) {
        const double source = (i + 0.5) / scale - 0.5;
        const int base = static_cast<int>(std::floor(source));
        for (int tap = base - 1; tap <= base + 2; ++tap) {
            weights[i][std::clamp(tap, 0, side - 1)] += static_cast<float>(cubic(source - tap));
        }
    }
    return matrix;
}

at::Tensor interpolatePositions(const at::Tensor& positions, int rows, int columns) {
    const std::int64_t dim = positions.size(2);
    const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(positions.size(1) - 1))));
    const at::Tensor all = positions[0];
    if (rows == side && columns == side) return all;
    const at::TensorOptions options = positions.options();
    const at::Tensor grid = all.slice(0, 1).reshape({side, side * dim});          // [y, x * dim]
    const at::Tensor tall = positionMatrix(side, rows).to(options).matmul(grid);  // [rows, x * dim]
    const at::Tensor wide = positionMatrix(side, columns)
                                .to(options)
                                .matmul(tall.reshape({rows, side, dim}));  // [rows, columns, dim]
    return at::cat({all.slice(0, 0, 1), wide.reshape({std::int64_t(rows) * columns, dim})});
}

}  // namespace dinoscope
