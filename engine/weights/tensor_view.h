#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/weights/element_type.h"

namespace dinoscope {

/// A tensor inside a mapped file. `bytes` starts at element 0 and ends after the last element that sizes and
/// strides reach: every element lies within. It may be unaligned.
struct TensorView {
    ElementType type = ElementType::Unknown;
    std::vector<std::int64_t> sizes;
    std::vector<std::int64_t> strides;  ///< in elements
    std::span<const std::byte> bytes;
};

/// The product of the sizes; nothing where one is negative or the product leaves int64.
std::optional<std::int64_t> elementCount(std::span<const std::int64_t> sizes);

/// How many elements from element 0 on a tensor reaches, sum((size - 1) * stride) + 1, or 0 if it is empty;
/// nothing where a size or stride is negative or the sum leaves int64.
std::optional<std::int64_t> reachedElements(std::span<const std::int64_t> sizes,
                                            std::span<const std::int64_t> strides);

/// Row-major strides of sizes whose elementCount() exists.
std::vector<std::int64_t> contiguousStrides(std::span<const std::int64_t> sizes);

/// "[2048, 384]"
std::string shapeText(std::span<const std::int64_t> sizes);

}  // namespace dinoscope
