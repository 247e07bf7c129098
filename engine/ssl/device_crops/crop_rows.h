#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/ssl/device_crops/host_lists.h"

namespace dinoscope {

/// Changes some rows of `crops` [n, 3, size, size], some at a time: `change(part, first)` gets a copy of
/// rows[first], rows[first + 1], …, of `pixels` pixels at most or one row, which is put back.
template <typename Change>
void changeRows(at::Tensor& crops, std::span<const std::int64_t> rows, std::int64_t pixels,
                const Change& change) {
    const std::int64_t area = crops.size(2) * crops.size(3);
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, pixels / area));
    for (std::size_t first = 0; first < rows.size(); first += most) {
        const std::size_t count = std::min(most, rows.size() - first);
        const at::Tensor places = onDevice(rows.subspan(first, count), crops.device());
        at::Tensor part = crops.index_select(0, places);
        change(part, first);
        crops.index_copy_(0, places, part);
    }
}

}  // namespace dinoscope
