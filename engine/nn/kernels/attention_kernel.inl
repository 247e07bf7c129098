// Attention of one block of queries over packed keys and values, written on the wrapper Vec. Included inside
// an anonymous namespace, once an instruction set, so that each set has its own copy of every line.

// Rows x vectors of a register tile: 6 x 2 for 16 registers, 6 x 4 for 32.
constexpr int kTileRows = 6;
constexpr int kTileVecs = Vec::kLanes == 16 ? 4 : 2;
constexpr int kTileKeys = kTileVecs * Vec::kLanes;
constexpr int kBlockKeys = 256;
constexpr int kBlockRows = kernels::kQueriesPerBlock;
static_assert(kBlockRows % kTileRows == 0 && kBlockKeys % kTileKeys == 0);

KERNEL_INLINE float widen(float x) {
    return x;
}
KERNEL_INLINE float widen(std::uint16_t bits) {
    const std::uint32_t wide = std::uint32_t{bits} << 16;
    float x;
    __builtin_memcpy(&x, &wide, sizeof(x));
    return x;
}

KERNEL_INLINE void narrow(float x, float& out) {
    out = x;
}
KERNEL_INLINE void narrow(float x, std::uint16_t& out) {
    std::uint32_t wide;
    __builtin_memcpy(&wide, &x, sizeof(wide));
    const std::uint32_t rounded = (wide + 0x7fff + ((wide >> 16) & 1)) >> 16;  // to nearest, ties to even
    out = static_cast<std::uint16_t>(x != x ? 0x7fc0 : rounded);
}

// Products of floats: a 32-bit lane of a packed operand is one number.
struct FloatProduct {
    static constexpr int kPerLane = 1;
    KERNEL_INLINE static Vec addProduct(Vec sum, Vec a, Vec b) { return fma(a, b, sum); }
    template <class Source>
    KERNEL_INLINE static void put(float* lanes, std::int64_t lane, int, Source x) {
        lanes[lane] = widen(x);
    }
    KERNEL_INLINE static void storeProbabilities(float* lanes, std::int64_t key, Vec p) {
        p.store(lanes + key);
    }
};

// acc[row][vector] += sum over steps of a[row][step] * b[step][vector]; b is packed, rows of a are kStride
// apart.
template <class Product, int kVecs, int kStride>
KERNEL_INLINE void addProducts(Vec (&acc)[kTileRows * kVecs], const float* a, const float* b,
                               std::int64_t steps) {
#pragma GCC unroll 4
    for (std::int64_t step = 0; step < steps; ++step) {
        Vec column[kVecs];
        repeat(
            Upto<kVecs>{}, [&](auto v) __attribute__((always_inline)) {
                column[v.value] = Vec::load(b + v.value * Vec::kLanes);
            });
        repeat(
            Upto<kTileRows>{}, [&](auto r) __attribute__((always_inline)) {
                const Vec x = Vec::set(a[r.value * kStride]);
                repeat(
                    Upto<kVecs>{}, [&](auto v) __attribute__((always_inline)) {
                        Vec& sum = acc[r.value * kVecs + v.value];
                        sum = Product::addProduct(sum, x, column[v.value]);
                    });
            });
        a += 1;
        b += kVecs * Vec::kLanes;
    }
}

template <class Product, class Source>
struct Attention {
    static constexpr int kPerLane = Product::kPerLane;
    static constexpr int kQueryStride = kernels::kMaxHeadDim;
    static constexpr int kRowLanes = kBlockKeys / kPerLane;

    // Values are packed in panels of at most kTileVecs vectors, as equal as they can be.
    struct Panels {
        int vecs;
        int count;
        KERNEL_INLINE explicit Panels(std::int64_t headDim)
            : vecs(static_cast<int>(headDim) / Vec::kLanes), count((vecs + kTileVecs - 1) / kTileVecs) {}
        KERNEL_INLINE int first(int panel) const { return vecs * panel / count; }
    };

    // A block of the packed head: keys as [tile][dim / kPerLane][key of the tile], then values as
    // [panel][key / kPerLane][dim of the panel]. What lies past the last token is zero.
    static std::int64_t lanesPerOperand(std::int64_t headDim) { return headDim * kBlockKeys / kPerLane; }

    static void packKeys(const Source* rows, std::int64_t stride, std::int64_t count, std::int64_t headDim,
                         float* out) {
        for (std::int64_t tile = 0; tile < count; tile += kTileKeys, out += headDim / kPerLane * kTileKeys) {
            for (int j = 0; j < kTileKeys; ++j) {
                const bool real = tile + j < count;
                const Source* row = rows + (real ? tile + j : 0) * stride;
                for (std::int64_t d = 0; d < headDim; ++d) {
                    Product::put(out, d / kPerLane * kTileKeys + j, static_cast<int>(d % kPerLane),
                                 real ? row[d] : Source{0});
                }
            }
        }
    }

    static void packValues(const Source* rows, std::int64_t stride, std::int64_t count, std::int64_t headDim,
                           float* out) {
        const Panels panels(headDim);
        const std::int64_t padded = (count + kTileKeys - 1) / kTileKeys * kTileKeys;
        for (int panel = 0; panel < panels.count; ++panel) {
            const std::int64_t first = panels.first(panel) * Vec::kLanes;
            const std::int64_t width = panels.first(panel + 1) * Vec::kLanes - first;
            float* to = out + first * kRowLanes;
            for (std::int64_t key = 0; key < padded; ++key) {
                const bool real = key < count;
                const Source* row = rows + (real ? key : 0) * stride + first;
                for (std::int64_t d = 0; d < width; ++d) {
                    Product::put(to, key / kPerLane * width + d, static_cast<int>(key % kPerLane),
                                 real ? row[d] : Source{0});
                }
            }
        }
    }

    static void pack(const kernels::PackArgs& args) {
        const std::int64_t lanes = lanesPerOperand(args.headDim);
        for (std::int64_t block = args.firstBlock; block < args.lastBlock; ++block) {
            const std::int64_t key = block * kBlockKeys;
            const std::int64_t left = args.tokens - key;
            const std::int64_t count = left < kBlockKeys ? left : kBlockKeys;
            float* out = args.packed + block * 2 * lanes;
            packKeys(static_cast<const Source*>(args.keys.first) + key * args.keys.stride, args.keys.stride,
                     count, args.headDim, out);
            packValues(static_cast<const Source*>(args.values.first) + key * args.values.stride,
                       args.values.stride, count, args.headDim, out + lanes);
        }
    }

    struct Row {
        float max;
        float sum;
        float correction;
    };

    // logits[row][key] of one tile's rows and one block's keys.
    KERNEL_INLINE static void multiplyKeys(const float* queries, const float* keys, std::int64_t tiles,
                                           std::int64_t headDim, float* logits) {
        const std::int64_t steps = headDim / kPerLane;
        for (std::int64_t tile = 0; tile < tiles; ++tile) {
            Vec acc[kTileRows * kTileVecs];
            repeat(
                Upto<kTileRows * kTileVecs>{}, [&](auto i) __attribute__((always_inline)) {
                    acc[i.value] = Vec::set(0.0F);
                });
            addProducts<Product, kTileVecs, kQueryStride>(acc, queries, keys + tile * steps * kTileKeys,
                                                          steps);
            repeat(
                Upto<kTileRows * kTileVecs>{}, [&](auto i) __attribute__((always_inline)) {
                    constexpr int r = i.value / kTileVecs, v = i.value % kTileVecs;
                    acc[i.value].store(logits + r * kBlockKeys + tile * kTileKeys + v * Vec::kLanes);
                });
        }
    }

    // logits become exp(scale (logit - running maximum)), in place for floats.
    KERNEL_INLINE static void exponentiate(float* logits, float* probabilities, std::int64_t keys,
                                           std::int64_t padded, float scaleLog2e, Row* rows) {
        for (int r = 0; r < kTileRows; ++r) {
            float* from = logits + r * kBlockKeys;
            for (std::int64_t key = keys; key < padded; ++key)
                from[key] = -__builtin_inff();
            Vec best = Vec::set(rows[r].max);
            Vec other = best;
            for (std::int64_t key = 0; key < padded; key += 2 * Vec::kLanes) {
                best = max(Vec::load(from + key), best);
                other = max(Vec::load(from + key + Vec::kLanes), other);
            }
            const float top = maxOf(max(best, other));
            const Vec maximum = Vec::set(top);
            const Vec factor = Vec::set(scaleLog2e);
            Vec sum = Vec::set(0.0F);
            Vec otherSum = sum;
            float* to = probabilities + r * kRowLanes;
            for (std::int64_t key = 0; key < padded; key += 2 * Vec::kLanes) {
                const Vec p = exp2Negative((Vec::load(from + key) - maximum) * factor);
                const Vec q = exp2Negative((Vec::load(from + key + Vec::kLanes) - maximum) * factor);
                sum = sum + p;
                otherSum = otherSum + q;
                Product::storeProbabilities(to, key, p);
                Product::storeProbabilities(to, key + Vec::kLanes, q);
            }
            float old[Vec::kLanes];
            exp2Negative(Vec::set((rows[r].max - top) * scaleLog2e)).store(old);
            rows[r].correction = old[0];
            rows[r].sum = rows[r].sum * old[0] + sumOf(sum + otherSum);
            rows[r].max = top;
        }
    }

    template <int kVecs>
    static void addValuesOf(const float* probabilities, const float* values, std::int64_t steps,
                            const Row* rows, float* sums) {
        Vec acc[kTileRows * kVecs];
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                constexpr int r = i.value / kVecs, v = i.value % kVecs;
                acc[i.value] = Vec::load(sums + r * kernels::kMaxHeadDim + v * Vec::kLanes) *
                               Vec::set(rows[r].correction);
            });
        addProducts<Product, kVecs, kRowLanes>(acc, probabilities, values, steps);
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                constexpr int r = i.value / kVecs, v = i.value % kVecs;
                acc[i.value].store(sums + r * kernels::kMaxHeadDim + v * Vec::kLanes);
            });
    }

    // sums[row][dim] = correction * sums + probabilities * values.
    KERNEL_INLINE static void addValues(const float* probabilities, const float* values, std::int64_t padded,
                                        const Panels& panels, const Row* rows, float* sums) {
        const std::int64_t steps = padded / kPerLane;
        for (int panel = 0; panel < panels.count; ++panel) {
            const int first = panels.first(panel);
            const int width = panels.first(panel + 1) - first;
            const float* from = values + first * Vec::kLanes * kRowLanes;
            float* to = sums + first * Vec::kLanes;
            repeat(
                Upto<kTileVecs>{}, [&](auto w) __attribute__((always_inline)) {
                    if (width == w.value + 1) addValuesOf<w.value + 1>(probabilities, from, steps, rows, to);
                });
        }
    }

    static void finish(const float* sums, const Row& row, std::int64_t headDim, Source* out) {
        const float inverse = 1.0F / row.sum;
        for (std::int64_t d = 0; d < headDim; ++d)
            narrow(sums[d] * inverse, out[d]);
    }

    static void attend(const kernels::AttendArgs& args) {
        alignas(64) float queries[kBlockRows * kQueryStride];
        alignas(64) float sums[kBlockRows * kernels::kMaxHeadDim];
        alignas(64) float logits[kTileRows * kBlockKeys];
        alignas(64) float pairs[kPerLane == 1 ? 1 : kTileRows * kRowLanes];
        Row rows[kBlockRows];
        float* probabilities = kPerLane == 1 ? logits : pairs;

        const std::int64_t used = (args.queryCount + kTileRows - 1) / kTileRows * kTileRows;
        for (std::int64_t r = 0; r < used; ++r) {
            const bool real = r < args.queryCount;
            const Source* from =
                static_cast<const Source*>(args.queries.first) + (real ? r : 0) * args.queries.stride;
            for (std::int64_t d = 0; d < args.headDim; ++d) {
                Product::put(queries + r * kQueryStride, d / kPerLane, static_cast<int>(d % kPerLane),
                             real ? from[d] : Source{0});
                sums[r * kernels::kMaxHeadDim + d] = 0.0F;
            }
            rows[r] = {-__builtin_inff(), 0.0F, 0.0F};
        }

        const Panels panels(args.headDim);
        const std::int64_t lanes = lanesPerOperand(args.headDim);
        const float scaleLog2e = args.scale * 1.44269504088896341F;
        const float* packed = args.packed;
        for (std::int64_t key = 0; key < args.tokens; key += kBlockKeys, packed += 2 * lanes) {
            const std::int64_t left = args.tokens - key;
            const std::int64_t keys = left < kBlockKeys ? left : kBlockKeys;
            const std::int64_t tiles = (keys + kTileKeys - 1) / kTileKeys;
            for (std::int64_t r = 0; r < used; r += kTileRows) {
                multiplyKeys(queries + r * kQueryStride, packed, tiles, args.headDim, logits);
                exponentiate(logits, probabilities, keys, tiles * kTileKeys, scaleLog2e, rows + r);
                addValues(probabilities, packed + lanes, tiles * kTileKeys, panels, rows + r,
                          sums + r * kernels::kMaxHeadDim);
            }
        }
        Source* out = static_cast<Source*>(args.out);
        for (std::int64_t r = 0; r < args.queryCount; ++r) {
            finish(sums + r * kernels::kMaxHeadDim, rows[r], args.headDim, out + r * args.outStride);
        }
    }

    static constexpr kernels::AttentionKernel kKernel{kBlockKeys, 4 / kPerLane, pack, attend};
};
