#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/ssl/augment/crop_source.h"

namespace dinoscope::test {

inline const std::uint8_t* pieceOf(const ByteStore& store, const CropSource& source) {
    return store.blocks()[source.block].bytes.get() + source.offset;
}

/// The pixels that a view is resized from.
inline Image boxOf(const ByteStore& store, const CropSource& source, const CropSource::View& view) {
    Image box(view.columns.length, view.rows.length);
    for (int y = 0; y < box.height; ++y) {
        const std::int64_t pixel = view.pixel + std::int64_t{y} * view.rowPixels;
        std::memcpy(box.row(y), pieceOf(store, source) + 3 * pixel, box.rowBytes());
    }
    return box;
}

/// The numbers of an axis' table.
inline std::vector<std::int32_t> tableOf(const ByteStore& store, const CropSource& source, int size,
                                         const CropSource::Axis& axis) {
    const auto outputs = static_cast<std::size_t>(size);
    std::vector<std::int32_t> numbers(outputs + 1 + outputs * static_cast<std::size_t>(axis.taps + 1));
    std::memcpy(numbers.data(), pieceOf(store, source) + 4 * axis.table, 4 * numbers.size());
    return numbers;
}

}  // namespace dinoscope::test
