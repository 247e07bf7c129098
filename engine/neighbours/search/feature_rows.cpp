#include "engine/neighbours/search/feature_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <mutex>

#include "engine/base/parallel.h"
#include "engine/neighbours/store/feature_matrix.h"

namespace dinoscope {

double exactProduct(const FeatureRows& rows, std::int64_t row, std::span<const float> query) {
    const std::byte* numbers = rows.row(row);
    double sum = 0;
    if (rows.type == StorageType::Fp32) {
        for (std::size_t i = 0; i < query.size(); ++i) {
            float value = 0;
            std::memcpy(&value, numbers + i * sizeof value, sizeof value);
            sum += double{query[i]} * double{value};
        }
        return sum;
    }
    for (std::size_t i = 0; i < query.size(); ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, numbers + i * sizeof bits, sizeof bits);
        sum += double{query[i]} * double{std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16)};
    }
    return sum;
}

ReducedRows::ReducedRows(const FeatureRows& rows) {
    constexpr std::int64_t kGrain = 4096;
    constexpr std::size_t kAlignment = 64;
    view_ = rows;
    view_.type = StorageType::Bf16;
    view_.stride = rowBytes(rows.dim, StorageType::Bf16);
    bytes_.resize(static_cast<std::size_t>(rows.count * view_.stride) + kAlignment);
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    std::byte* first = bytes_.data() + (kAlignment - address % kAlignment) % kAlignment;
    view_.first = first;
    std::mutex mutex;
    parallelFor(0, rows.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
        const auto dim = static_cast<std::size_t>(rows.dim);
        std::vector<float> values(dim);
        std::vector<float> rounded(dim);
        double largest = 0;
        for (std::int64_t i = begin; i < end; ++i) {
            const auto target = std::span(first + i * view_.stride, static_cast<std::size_t>(view_.stride));
            decodeRow({rows.row(i), static_cast<std::size_t>(rows.stride)}, rows.type, values);
            encodeRow(values, StorageType::Bf16, target);
            decodeRow(target, StorageType::Bf16, rounded);
            double square = 0;
            for (std::size_t d = 0; d < dim; ++d) {
                const double difference = double{values[d]} - double{rounded[d]};
                square += difference * difference;
            }
            largest = std::max(largest, square);
        }
        const std::lock_guard lock(mutex);
        error_ = std::max(error_, std::sqrt(largest));
    });
}

}  // namespace dinoscope
