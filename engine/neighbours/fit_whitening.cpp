#include "engine/neighbours/fit_whitening.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <string>

#include "engine/base/error.h"

namespace dinoscope {

Whitening fitWhitening(std::span<const float> features, std::int64_t inputDim, std::int64_t outputDim) {
    const auto count = static_cast<std::int64_t>(features.size()) / inputDim;
    if (count <= outputDim || outputDim > inputDim) {
        throw Error("features of " + std::to_string(count) + " images and " + std::to_string(inputDim) +
                        " numbers cannot be whitened to " + std::to_string(outputDim),
                    "--whiten", "give fewer dimensions, or more images");
    }
    const c10::InferenceMode guard;
    const at::Tensor rows = at::from_blob(const_cast<float*>(features.data()), {count, inputDim}, at::kFloat);
    const at::Tensor mean = rows.mean(0, false, at::kDouble);
    const at::Tensor centred = rows.to(at::kDouble) - mean;
    const at::Tensor covariance = centred.t().matmul(centred) / double(count - 1);
    const auto [values, vectors] = at::linalg_eigh(covariance);  // ascending; vectors are columns
    const at::Tensor strongest = values.slice(0, inputDim - outputDim).flip(0);
    // A direction in which the features hardly differ says nothing but rounding.
    const at::Tensor deviations = strongest.clamp_min(1e-9 * values.max().item<double>()).sqrt();
    const at::Tensor projection =
        vectors.slice(1, inputDim - outputDim).flip(1).t() / deviations.unsqueeze(1);
    Whitening whitening{inputDim, outputDim, {}, {}};
    const auto copy = [](const at::Tensor& tensor) {
        const at::Tensor numbers = tensor.to(at::kFloat).contiguous();
        const float* first = numbers.const_data_ptr<float>();
        return std::vector<float>(first, first + numbers.numel());
    };
    whitening.mean = copy(mean);
    whitening.projection = copy(projection);
    return whitening;
}

}  // namespace dinoscope
