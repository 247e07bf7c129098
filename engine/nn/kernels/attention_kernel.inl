// Attention of one block of queries over packed keys and values, written on the wrapper Vec. Included inside
// an anonymous namespace, once an instruction set, so that each set has its own copy of every line.

// Inlined into one function with the rest, GCC 12 spills sums inside the loops of AVX512; with 16 registers
// it does not, and inlined is 2% faster.
#ifdef __AVX512F__
#define KERNEL_PART [[gnu::noinline]]
#else
#define KERNEL_PART KERNEL_INLINE
#endif

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

// Products of floats: a 32-bit lane of a packed operand is one number.
struct FloatProduct {
    static constexpr int kPerLane = 1;
    KERNEL_INLINE static Vec addProduct(Vec sum, Vec a, Vec b) { return fma(a, b, sum); }
    // kLanes lanes of a row, from its number `at` on.
    template <class Source>
    KERNEL_INLINE static Vec alongRow(const Source* row, std::int64_t at) {
        return Vec::load(row + at);
    }
    // kLanes columns of kPerLane rows.
    template <class Source>
    KERNEL_INLINE static Vec acrossRows(const Source* const* rows, std::int64_t at) {
        return Vec::load(rows[0] + at);
    }
    template <class Source>
    KERNEL_INLINE static float lane(const Source* row, std::int64_t at) {
        return widen(row[at]);
    }
    KERNEL_INLINE static void storeProbabilities(float* lanes, std::int64_t key, Vec p) {
        p.store(lanes + key);
    }
    // The numbers of kPerLane rows, one above the other.
    KERNEL_INLINE static void storeAcross(float* lanes, const Vec (&rows)[1]) { rows[0].store(lanes); }
};

// acc[row][vector] += sum over steps of a[row, step] * b[step][vector]: b is packed, kVecs vectors of every
// kPackedVecs; in a, neighbouring rows are kRowStride apart and neighbouring steps kStepStride. Unrolled by
// the pragma, late, so that each sum stays in one register; unrolled in the source GCC 12 renames the sums
// and spills.
template <class Product, int kVecs, int kRowStride, int kStepStride, int kPackedVecs = kVecs>
KERNEL_INLINE void addProducts(Vec (&acc)[kTileRows * kVecs], const float* a, const float* b,
                               std::int64_t steps) {
#pragma GCC unroll 4
    for (std::int64_t step = 0; step < steps; ++step, a += kStepStride, b += kPackedVecs * Vec::kLanes) {
        Vec column[kVecs];
        repeat(
            Upto<kVecs>{}, [&](auto v) __attribute__((always_inline)) {
                column[v.value] = Vec::load(b + v.value * Vec::kLanes);
            });
        repeat(
            Upto<kTileRows>{}, [&](auto r) __attribute__((always_inline)) {
                const Vec x = Vec::set(a[r.value * kRowStride]);
                repeat(
                    Upto<kVecs>{}, [&](auto v) __attribute__((always_inline)) {
                        Vec& sum = acc[r.value * kVecs + v.value];
                        sum = Product::addProduct(sum, x, column[v.value]);
                    });
            });
    }
}

template <class Product, class Source>
struct Attention {
    static constexpr int kPerLane = Product::kPerLane;
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

    // Row `index` of `count`, zeros from there on.
    KERNEL_INLINE static const Source* rowOrZeros(const Source* rows, std::int64_t stride, std::int64_t index,
                                                  std::int64_t count) {
        static constexpr Source kZeros[kernels::kMaxHeadDim] = {};
        return index < count ? rows + index * stride : kZeros;
    }

    static void packKeys(const Source* rows, std::int64_t stride, std::int64_t count, std::int64_t headDim,
                         float* out) {
        const std::int64_t steps = headDim / kPerLane;
        const std::int64_t squares = steps / Vec::kLanes * Vec::kLanes;
        for (std::int64_t key = 0; key < count; key += Vec::kLanes) {
            float* to = out + key / kTileKeys * kTileKeys * steps + key % kTileKeys;
            const Source* from[Vec::kLanes];
            for (int j = 0; j < Vec::kLanes; ++j)
                from[j] = rowOrZeros(rows, stride, key + j, count);
            for (std::int64_t step = 0; step < squares; step += Vec::kLanes) {
                Vec square[Vec::kLanes];
                repeat(
                    Upto<Vec::kLanes>{}, [&](auto j) __attribute__((always_inline)) {
                        square[j.value] = Product::alongRow(from[j.value], step * kPerLane);
                    });
                transpose(square);
                repeat(
                    Upto<Vec::kLanes>{}, [&](auto j) __attribute__((always_inline)) {
                        square[j.value].store(to + (step + j.value) * kTileKeys);
                    });
            }
            for (std::int64_t step = squares; step < steps; ++step) {
                for (int j = 0; j < Vec::kLanes; ++j) {
                    to[step * kTileKeys + j] = Product::lane(from[j], step * kPerLane);
                }
            }
        }
        clearTile(out, steps, count);
    }

    // Zeros for the keys of the last tile that no vector of real keys has covered.
    static void clearTile(float* out, std::int64_t steps, std::int64_t count) {
        const std::int64_t first = (count + Vec::kLanes - 1) / Vec::kLanes * Vec::kLanes;
        float* tile = out + first / kTileKeys * kTileKeys * steps;
        if (first % kTileKeys == 0) return;
        for (std::int64_t step = 0; step < steps; ++step) {
            for (std::int64_t j = first % kTileKeys; j < kTileKeys; ++j)
                tile[step * kTileKeys + j] = 0.0F;
        }
    }

    static void packValues(const Source* rows, std::int64_t stride, std::int64_t count, std::int64_t headDim,
                           float* out) {
        const Panels panels(headDim);
        const std::int64_t padded = (count + kTileKeys - 1) / kTileKeys * kTileKeys;
        for (std::int64_t key = 0; key < padded; key += kPerLane) {
            const Source* from[kPerLane];
            for (int j = 0; j < kPerLane; ++j)
                from[j] = rowOrZeros(rows, stride, key + j, count);
            for (int panel = 0; panel < panels.count; ++panel) {
                const std::int64_t first = panels.first(panel) * Vec::kLanes;
                const std::int64_t width = panels.first(panel + 1) * Vec::kLanes - first;
                float* to = out + first * kRowLanes + key / kPerLane * width;
                for (std::int64_t d = 0; d < width; d += Vec::kLanes) {
                    Product::acrossRows(from, first + d).store(to + d);
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

    // The running softmax of a tile's queries. `reference` is what exponents are counted from: log2(e) scale
    // times the largest logit so far, rounded once and then used everywhere, so that the rounding cancels.
    struct Softmax {
        float reference[kTileRows];
        float sum[kTileRows];
        float
            correction[(kTileRows + Vec::kLanes - 1) / Vec::kLanes * Vec::kLanes];  // 2^(old - new reference)
    };

    // logits[row][key] of one tile's rows and kVecs vectors of one tile's keys, and each row's largest ones.
    template <int kVecs>
    KERNEL_INLINE static void multiplyTile(const float* queries, const float* packedKeys, std::int64_t steps,
                                           float* logits, Vec (&largest)[kTileRows]) {
        Vec acc[kTileRows * kVecs];
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i)
                                           __attribute__((always_inline)) { acc[i.value] = Vec::set(0.0F); });
        addProducts<Product, kVecs, 1, kTileRows, kTileVecs>(acc, queries, packedKeys, steps);
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                constexpr int r = i.value / kVecs, v = i.value % kVecs;
                acc[i.value].store(logits + r * kBlockKeys + v * Vec::kLanes);
                largest[r] = max(acc[i.value], largest[r]);
            });
    }

    // The same for one block's keys. Keys past the last are -infinity.
    KERNEL_PART static void multiplyKeys(const float* queries, const float* packedKeys, std::int64_t keys,
                                         std::int64_t headDim, float* logits, Vec (&largest)[kTileRows]) {
        const std::int64_t steps = headDim / kPerLane;
        for (int r = 0; r < kTileRows; ++r)
            largest[r] = Vec::set(-__builtin_inff());
        for (; keys >= kTileKeys; keys -= kTileKeys, packedKeys += steps * kTileKeys, logits += kTileKeys) {
            multiplyTile<kTileVecs>(queries, packedKeys, steps, logits, largest);
        }
        if (keys > 0) multiplyLastKeys(queries, packedKeys, keys, steps, logits, largest);
    }

    // The keys of the last, incomplete tile.
    KERNEL_PART static void multiplyLastKeys(const float* queries, const float* packedKeys, std::int64_t keys,
                                             std::int64_t steps, float* logits, Vec (&largest)[kTileRows]) {
        const std::int64_t vecs = vecsOf(keys);
        Vec withPadding[kTileRows];
        for (int r = 0; r < kTileRows; ++r)
            withPadding[r] = largest[r];
        repeat(
            Upto<kTileVecs>{}, [&](auto w) __attribute__((always_inline)) {
                if (vecs == w.value + 1) {
                    multiplyTile<w.value + 1>(queries, packedKeys, steps, logits, withPadding);
                }
            });
        for (int r = 0; r < kTileRows; ++r, logits += kBlockKeys) {
            for (std::int64_t key = keys; key < vecs * Vec::kLanes; ++key)
                logits[key] = -__builtin_inff();
            for (std::int64_t v = 0; v < vecs; ++v)
                largest[r] = max(Vec::load(logits + v * Vec::kLanes), largest[r]);
        }
    }

    KERNEL_INLINE static std::int64_t vecsOf(std::int64_t keys) {
        return (keys + Vec::kLanes - 1) / Vec::kLanes;
    }

    // probabilities = 2^(scaleLog2e logit - reference), in place for floats, and the sums they add to.
    KERNEL_INLINE static void exponentiate(float* logits, float* probabilities, std::int64_t padded,
                                           float scaleLog2e, const Vec (&largest)[kTileRows],
                                           Softmax& softmax) {
        const Vec factor = Vec::set(scaleLog2e);
        float sums[kTileRows];
        for (int r = 0; r < kTileRows; ++r) {
            const float* from = logits + r * kBlockKeys;
            float* to = probabilities + r * kRowLanes;
            const float top = maxOf(largest[r]) * scaleLog2e;
            const float old = softmax.reference[r];
            const float reference = top > old ? top : old;
            const Vec shift = Vec::set(-reference);
            const auto exponentiateSome = [&](std::int64_t key, auto count) __attribute__((always_inline)) {
                Vec x[count.value];
                repeat(
                    Upto<count.value>{}, [&](auto i) __attribute__((always_inline)) {
                        x[i.value] = fma(Vec::load(from + key + i.value * Vec::kLanes), factor, shift);
                    });
                exp2<kPerLane == 2>(x);
                repeat(
                    Upto<count.value>{}, [&](auto i) __attribute__((always_inline)) {
                        Product::storeProbabilities(to, key + i.value * Vec::kLanes, x[i.value]);
                    });
                if constexpr (count.value == 1) return x[0];
                if constexpr (count.value == 2) return x[0] + x[1];
                if constexpr (count.value == 3) return x[0] + x[1] + x[2];
                if constexpr (count.value == 4) return x[0] + x[1] + (x[2] + x[3]);
            };
            Vec sum = Vec::set(0.0F);
            std::int64_t key = 0;
            for (; key + 4 * Vec::kLanes <= padded; key += 4 * Vec::kLanes)
                sum = sum + exponentiateSome(key, Index<4>{});
            if (key + 3 * Vec::kLanes == padded) sum = sum + exponentiateSome(key, Index<3>{});
            if (key + 2 * Vec::kLanes == padded) sum = sum + exponentiateSome(key, Index<2>{});
            if (key + Vec::kLanes == padded) sum = sum + exponentiateSome(key, Index<1>{});
            softmax.correction[r] = old - reference;
            softmax.reference[r] = reference;
            sums[r] = sumOf(sum);
        }
        for (int i = 0; i < kTileRows; i += Vec::kLanes) {
            exp2(Vec::load(softmax.correction + i)).store(softmax.correction + i);
        }
        for (int r = 0; r < kTileRows; ++r)
            softmax.sum[r] = softmax.sum[r] * softmax.correction[r] + sums[r];
    }

    template <int kVecs>
    KERNEL_PART static void addValuesOf(const float* probabilities, const float* values, std::int64_t steps,
                                        const float* correction, float* sums, std::int64_t headDim) {
        Vec acc[kTileRows * kVecs];
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i)
                                           __attribute__((always_inline)) { acc[i.value] = Vec::set(0.0F); });
        addProducts<Product, kVecs, kRowLanes, 1>(acc, probabilities, values, steps);
        // Only now added to what was there: short sums round less than one long one.
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                constexpr int r = i.value / kVecs, v = i.value % kVecs;
                float* sum = sums + r * headDim + v * Vec::kLanes;
                fma(Vec::load(sum), Vec::set(correction[r]), acc[i.value]).store(sum);
            });
    }

    // sums[row][dim] = correction * sums + probabilities * values.
    KERNEL_INLINE static void addValues(const float* probabilities, const float* values, std::int64_t padded,
                                        const Panels& panels, std::int64_t headDim, const float* correction,
                                        float* sums) {
        const std::int64_t steps = padded / kPerLane;
        for (int panel = 0; panel < panels.count; ++panel) {
            const int first = panels.first(panel);
            const int width = panels.first(panel + 1) - first;
            const float* from = values + first * Vec::kLanes * kRowLanes;
            float* to = sums + first * Vec::kLanes;
            repeat(
                Upto<kTileVecs>{}, [&](auto w) __attribute__((always_inline)) {
                    if (width == w.value + 1) {
                        addValuesOf<w.value + 1>(probabilities, from, steps, correction, to, headDim);
                    }
                });
        }
    }

    // Queries packed as [tile][dim / kPerLane][row of the tile]; rows past the last are zero.
    static void packQueries(const kernels::AttendArgs& args, std::int64_t tiles, float* out) {
        const std::int64_t steps = args.headDim / kPerLane;
        for (std::int64_t tile = 0; tile < tiles; ++tile, out += kTileRows * steps) {
            const Source* from[kTileRows];
            for (int r = 0; r < kTileRows; ++r) {
                from[r] = rowOrZeros(static_cast<const Source*>(args.queries.first), args.queries.stride,
                                     tile * kTileRows + r, args.queryCount);
            }
            for (std::int64_t step = 0; step < steps; ++step) {
                for (int r = 0; r < kTileRows; ++r) {
                    out[step * kTileRows + r] = Product::lane(from[r], step * kPerLane);
                }
            }
        }
    }

    static void finish(const kernels::AttendArgs& args, const Softmax* softmax, const float* sums) {
        for (std::int64_t r = 0; r < args.queryCount; ++r, sums += args.headDim) {
            Source* out = static_cast<Source*>(args.out) + r * args.outStride;
            const Softmax& tile = softmax[r / kTileRows];
            const float sum = tile.sum[r % kTileRows];
            const Vec inverse = Vec::set(1.0F / sum);
            for (std::int64_t d = 0; d < args.headDim; d += Vec::kLanes)
                (Vec::load(sums + d) * inverse).store(out + d);
            if (args.logSums) {
                args.logSums[r * args.logSumStride] = tile.reference[r % kTileRows] + __builtin_log2f(sum);
            }
        }
    }

    static void attend(const kernels::AttendArgs& args) {
        alignas(64) float queries[kBlockRows * kernels::kMaxHeadDim / kPerLane];
        alignas(64) float sums[kBlockRows * kernels::kMaxHeadDim];
        alignas(64) float logits[kTileRows * kBlockKeys];
        alignas(64) float pairs[kPerLane == 1 ? 1 : kTileRows * kRowLanes];
        Softmax softmax[kBlockRows / kTileRows];
        float* probabilities = kPerLane == 1 ? logits : pairs;

        const std::int64_t tiles = (args.queryCount + kTileRows - 1) / kTileRows;
        packQueries(args, tiles, queries);
        for (std::int64_t tile = 0; tile < tiles; ++tile) {
            for (float& sum : softmax[tile].sum)
                sum = 0.0F;
            for (float& reference : softmax[tile].reference)
                reference = -__builtin_inff();
            for (float& correction : softmax[tile].correction)
                correction = 0.0F;
        }
        for (std::int64_t i = 0; i < tiles * kTileRows * args.headDim; ++i)
            sums[i] = 0.0F;

        const Panels panels(args.headDim);
        const std::int64_t lanes = lanesPerOperand(args.headDim);
        const float scaleLog2e = args.scale * 1.44269504088896341F;
        const float* packed = args.packed;
        for (std::int64_t key = 0; key < args.tokens; key += kBlockKeys, packed += 2 * lanes) {
            const std::int64_t left = args.tokens - key;
            const std::int64_t keys = left < kBlockKeys ? left : kBlockKeys;
            const std::int64_t padded = vecsOf(keys) * Vec::kLanes;
            for (std::int64_t tile = 0; tile < tiles; ++tile) {
                Vec largest[kTileRows];
                multiplyKeys(queries + tile * kTileRows * (args.headDim / kPerLane), packed, keys,
                             args.headDim, logits, largest);
                exponentiate(logits, probabilities, padded, scaleLog2e, largest, softmax[tile]);
                addValues(probabilities, packed + lanes, padded, panels, args.headDim,
                          softmax[tile].correction, sums + tile * kTileRows * args.headDim);
            }
        }
        finish(args, softmax, sums);
    }
};
