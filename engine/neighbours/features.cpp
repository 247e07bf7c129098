#include "engine/neighbours/features.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "engine/base/hash.h"
#include "engine/base/parallel.h"
#include "engine/neighbours/store/checksum.h"

namespace dinoscope {

namespace {

/// A checksum of many bytes on all threads: that of the checksums of its pieces.
std::uint64_t checksumOfPieces(std::span<const std::byte> bytes) {
    constexpr std::int64_t kPiece = 1 << 20;
    const auto size = static_cast<std::int64_t>(bytes.size());
    std::vector<std::uint64_t> sums(static_cast<std::size_t>((size + kPiece - 1) / kPiece));
    parallelFor(0, size, kPiece, [&](std::int64_t first, std::int64_t last) {
        sums[static_cast<std::size_t>(first / kPiece)] =
            checksum(bytes.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)));
    });
    return checksum(std::as_bytes(std::span(sums)));
}

}  // namespace

at::Tensor features(const FeatureNetwork& network, const at::Tensor& images, FeatureKind kind, int layers,
                    JobControl& control) {
    return toUnitLength(network.features(images, kind, layers, true, control));
}

at::Tensor toUnitLength(const at::Tensor& rows) {
    const c10::InferenceMode guard;
    return rows / rows.norm(2, 1, true).clamp_min(1e-12);
}

std::string weightsFingerprint(const VitConfig& config, const StateDict& weights) {
    const c10::InferenceMode guard;
    std::uint64_t first =
        mix(std::uint64_t(config.heads), std::uint64_t(config.patchSize), std::uint64_t(config.imageSize));
    // Of two readings of the same tensors the features differ.
    if (config.positions != PositionRule::Offset) first = mix(first, std::uint64_t(config.positions));
    std::uint64_t second = mix(first);
    for (const auto& [name, tensor] : weights) {
        const at::Tensor numbers = tensor.to(at::kCPU, at::kFloat).contiguous();
        const std::span<const float> values(numbers.const_data_ptr<float>(),
                                            static_cast<std::size_t>(numbers.numel()));
        const std::uint64_t sum = checksumOfPieces(std::as_bytes(values));
        first = mix(first, hashOfName(name), sum);
        second = mix(second, sum, std::uint64_t(numbers.numel()));
    }
    return hexadecimal(first) + hexadecimal(second);
}

}  // namespace dinoscope
