// Logits and softmax of a few query rows, written on the wrapper Vec. Included inside an anonymous namespace,
// once an instruction set.

template <class Source>
struct AttentionRows {
    static constexpr int kKeysAtOnce = 4;

    // out[row][key] of kRows rows and kKeys keys.
    template <int kRows, int kKeys>
    KERNEL_INLINE static void dots(const Source* queries, std::int64_t queryStride, const Source* keys,
                                   std::int64_t keyStride, std::int64_t headDim, float* out,
                                   std::int64_t outStride) {
        Vec acc[kRows * kKeys];
        repeat(
            Upto<kRows * kKeys>{}, [&](auto i)
                                       __attribute__((always_inline)) { acc[i.value] = Vec::set(0.0F); });
        for (std::int64_t d = 0; d < headDim; d += Vec::kLanes) {
            Vec query[kRows];
            repeat(
                Upto<kRows>{}, [&](auto r) __attribute__((always_inline)) {
                    query[r.value] = Vec::load(queries + r.value * queryStride + d);
                });
            repeat(
                Upto<kKeys>{}, [&](auto k) __attribute__((always_inline)) {
                    const Vec key = Vec::load(keys + k.value * keyStride + d);
                    repeat(
                        Upto<kRows>{}, [&](auto r) __attribute__((always_inline)) {
                            Vec& sum = acc[r.value * kKeys + k.value];
                            sum = fma(query[r.value], key, sum);
                        });
                });
        }
        repeat(
            Upto<kRows * kKeys>{}, [&](auto i) __attribute__((always_inline)) {
                out[i.value / kKeys * outStride + i.value % kKeys] = sumOf(acc[i.value]);
            });
    }

    template <int kRows>
    static void logitsOf(const kernels::LogitsArgs& args, std::int64_t row) {
        const Source* queries = static_cast<const Source*>(args.queries.first) + row * args.queries.stride;
        const Source* keys = static_cast<const Source*>(args.keys.first);
        float* out = args.out + row * args.outStride;
        std::int64_t key = 0;
        for (; key + kKeysAtOnce <= args.keyCount; key += kKeysAtOnce) {
            dots<kRows, kKeysAtOnce>(queries, args.queries.stride, keys + key * args.keys.stride,
                                     args.keys.stride, args.headDim, out + key, args.outStride);
        }
        for (; key < args.keyCount; ++key) {
            dots<kRows, 1>(queries, args.queries.stride, keys + key * args.keys.stride, args.keys.stride,
                           args.headDim, out + key, args.outStride);
        }
    }

    static void logits(const kernels::LogitsArgs& args) {
        std::int64_t row = 0;
        for (; row + 2 <= args.rowCount; row += 2)
            logitsOf<2>(args, row);
        if (row < args.rowCount) logitsOf<1>(args, row);
    }
};

// The last, incomplete vector of a row, filled up with `filler`.
KERNEL_INLINE Vec loadTail(const float* row, std::int64_t count, float filler) {
    float lanes[Vec::kLanes];
    for (int i = 0; i < Vec::kLanes; ++i)
        lanes[i] = i < count ? row[i] : filler;
    return Vec::load(lanes);
}

KERNEL_INLINE void storeTail(Vec x, float* row, std::int64_t count) {
    float lanes[Vec::kLanes];
    x.store(lanes);
    for (std::int64_t i = 0; i < count; ++i)
        row[i] = lanes[i];
}

// row = softmax(scale row), in place.
static void softmaxRow(float* row, std::int64_t count, float scale) {
    const std::int64_t whole = count / Vec::kLanes * Vec::kLanes;
    const std::int64_t rest = count - whole;
    const float lowest = -__builtin_inff();
    Vec best = loadTail(row + whole, rest, lowest);
    for (std::int64_t i = 0; i < whole; i += Vec::kLanes)
        best = max(Vec::load(row + i), best);
    const Vec top = Vec::set(maxOf(best));
    const Vec factor = Vec::set(scale * 1.44269504088896341F);

    Vec sum = Vec::set(0.0F);
    for (std::int64_t i = 0; i < whole; i += Vec::kLanes) {
        const Vec p = exp2((Vec::load(row + i) - top) * factor);
        sum = sum + p;
        p.store(row + i);
    }
    float total = sumOf(sum);
    if (rest > 0) {
        storeTail(exp2((loadTail(row + whole, rest, lowest) - top) * factor), row + whole, rest);
        for (std::int64_t i = whole; i < count; ++i)
            total += row[i];
    }
    const Vec inverse = Vec::set(1.0F / total);
    for (std::int64_t i = 0; i < whole; i += Vec::kLanes)
        (Vec::load(row + i) * inverse).store(row + i);
    for (std::int64_t i = whole; i < count; ++i)
        row[i] *= 1.0F / total;
}
