#pragma once

#include <QTest>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/nn/kernels/attention.h"
#include "kernel_paths.h"

// What the tests of attention and of its gradient share: numbers, and their cases by path and shape.
namespace dinoscope {

inline float widened(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
}
inline float widened(float x) {
    return x;
}

/// Itself, or rounded to the nearest bfloat16.
template <class Number>
Number narrowed(float x) {
    if constexpr (sizeof(Number) == 4) {
        return x;
    } else {
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
        return static_cast<Number>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}

template <class Number>
std::vector<Number> normal(std::int64_t count, float amplitude, unsigned seed = 1) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> distribution(0.0F, amplitude);
    std::vector<Number> numbers(std::size_t(count), Number{});
    for (Number& x : numbers)
        x = narrowed<Number>(distribution(generator));
    return numbers;
}

inline std::int64_t outputSize(const AttentionShape& s) {
    return s.batch * s.tokens * s.heads * s.headDim;
}

inline float usualScale(const AttentionShape& s) {
    return 1.0F / std::sqrt(static_cast<float>(s.headDim));
}

/// Rows for FETCH_PATH().
inline void addPaths() {
    QTest::addColumn<int>("path");
    const auto paths = kernelPaths();
    for (int path = 0; path < static_cast<int>(paths.size()); ++path)
        QTest::newRow(paths[std::size_t(path)].name) << path;
}

/// Rows for FETCH_PATH() and FETCH_SHAPE(): every shape on every path. Of a path that cannot run here there
/// is one row, which says so.
inline void addShapes(const std::vector<AttentionShape>& shapes) {
    QTest::addColumn<int>("path");
    QTest::addColumn<qint64>("batch");
    QTest::addColumn<qint64>("tokens");
    QTest::addColumn<qint64>("heads");
    QTest::addColumn<qint64>("headDim");
    const auto paths = kernelPaths();
    for (int path = 0; path < static_cast<int>(paths.size()); ++path) {
        const KernelPath& kernel = paths[std::size_t(path)];
        for (const AttentionShape& s : shapes) {
            if (!kernel.missing.empty() && &s != &shapes.front()) continue;
            QTest::addRow("%s %dx%dx%dx%d", kernel.name, int(s.batch), int(s.tokens), int(s.heads),
                          int(s.headDim))
                << path << qint64(s.batch) << qint64(s.tokens) << qint64(s.heads) << qint64(s.headDim);
        }
    }
}

}  // namespace dinoscope

#define FETCH_PATH()                                            \
    QFETCH(int, path);                                          \
    const KernelPath kernel = kernelPaths()[std::size_t(path)]; \
    if (!kernel.missing.empty()) QSKIP(kernel.missing.c_str()); \
    const kernels::KernelTable& table = *kernel.table

#define FETCH_SHAPE()                 \
    QFETCH(qint64, batch);            \
    QFETCH(qint64, tokens);           \
    QFETCH(qint64, heads);            \
    QFETCH(qint64, headDim);          \
    const AttentionShape shape {      \
        batch, tokens, heads, headDim \
    }
