#include "engine/weights/tensor_view.h"

#include <algorithm>

namespace dinoscope {

std::optional<std::int64_t> elementCount(std::span<const std::int64_t> sizes) {
    std::int64_t count = 1;
    bool empty = false;
    for (const std::int64_t size : sizes) {
        if (size < 0) return std::nullopt;
        if (size == 0) {
            empty = true;
        } else if (__builtin_mul_overflow(count, size, &count)) {
            return std::nullopt;
        }
    }
    return empty ? 0 : count;
}

std::optional<std::int64_t> reachedElements(std::span<const std::int64_t> sizes,
                                            std::span<const std::int64_t> strides) {
    const auto count = elementCount(sizes);
    if (!count || sizes.size() != strides.size()) return std::nullopt;
    std::int64_t last = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (strides[i] < 0) return std::nullopt;
        if (sizes[i] == 0) continue;
        std::int64_t step = 0;
        if (__builtin_mul_overflow(sizes[i] - 1, strides[i], &step)) return std::nullopt;
        if (__builtin_add_overflow(last, step, &last)) return std::nullopt;
    }
    if (*count == 0) return 0;
    if (__builtin_add_overflow(last, 1, &last)) return std::nullopt;
    return last;
}

std::vector<std::int64_t> contiguousStrides(std::span<const std::int64_t> sizes) {
    std::vector<std::int64_t> strides(sizes.size(), 1);
    for (std::size_t i = sizes.size(); i-- > 1;)
        strides[i - 1] = strides[i] * std::max<std::int64_t>(sizes[i], 1);
    return strides;
}

std::string shapeText(std::span<const std::int64_t> sizes) {
    std::string text = "[";
    for (const std::int64_t size : sizes) {
        if (text.size() > 1) text += ", ";
        text += std::to_string(size);
    }
    return text + "]";
}

}  // namespace dinoscope
