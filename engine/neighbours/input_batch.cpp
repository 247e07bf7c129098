#include "engine/neighbours/input_batch.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <vector>

#include "engine/base/parallel.h"
#include "engine/ssl/augment/apply_crop.h"

namespace dinoscope {

namespace {

std::vector<std::int64_t> shapeOf(std::span<const NetworkInput* const> inputs) {
    return {static_cast<std::int64_t>(inputs.size()), 3, inputs.front()->height, inputs.front()->width};
}

/// Page-locked, which is what a card can copy from by itself; ordinary where the system refuses that.
at::Tensor bytesForCard(const std::vector<std::int64_t>& shape) {
    try {
        return at::empty(shape, at::TensorOptions(at::kByte).pinned_memory(true));
    } catch (const c10::Error&) {
        return at::empty(shape, at::kByte);
    }
}

at::Tensor toCard(std::span<const NetworkInput* const> inputs, at::Device device) {
    at::Tensor bytes = bytesForCard(shapeOf(inputs));
    auto* out = bytes.mutable_data_ptr<std::uint8_t>();
    const std::size_t each = inputs.front()->planes.size();
    parallelFor(0, bytes.size(0), 1, [&](std::int64_t first, std::int64_t last) {
        for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i)
            std::copy(inputs[i]->planes.begin(), inputs[i]->planes.end(), out + i * each);
    });
    return bytes.to(device, /*non_blocking=*/true);
}

at::Tensor normalise(std::span<const NetworkInput* const> inputs) {
    at::Tensor batch = at::empty(shapeOf(inputs), at::kFloat);
    auto* out = batch.mutable_data_ptr<float>();
    const auto each = inputs.front()->planes.size();
    parallelFor(0, batch.size(0), 1, [&](std::int64_t first, std::int64_t last) {
        for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i) {
            // Planes are written to elsewhere; here they are only read.
            auto* samples = const_cast<std::uint8_t*>(inputs[i]->planes.data());
            const Planes planes{samples, samples + each / 3, samples + 2 * (each / 3)};
            normalisePlanes(planes, inputs[i]->width, inputs[i]->height, false, false, pixelKernels(cpuPath()),
                            out + i * each);
        }
    });
    return batch;
}

}  // namespace

at::Tensor toBatch(std::span<const NetworkInput* const> inputs, at::Device device) {
    const c10::InferenceMode guard;
    return device.is_cpu() ? normalise(inputs) : normaliseBytes(toCard(inputs, device));
}

at::Tensor normaliseBytes(const at::Tensor& bytes) {
    at::Tensor batch = bytes.to(at::kFloat).div_(255);
    // Numbers travel with an operation; a tensor of them would be a copy that the processor waits for.
    for (int channel = 0; channel < 3; ++channel)
        batch.select(1, channel).sub_(kChannelMean[channel]).div_(kChannelDeviation[channel]);
    return batch;
}

}  // namespace dinoscope
