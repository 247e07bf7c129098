// The gradient of one head, written on the wrapper Vec. Included inside an anonymous namespace after
// attention_kernel.inl.

// With p the probabilities, computed again from queries, keys and each row's log sum, and c = p (dout vᵀ -
// row sum of dout out) (Dao et al. 2022, appendix B.4):
//   dv = pᵀ dout,  dq = scale c k,  dk = scale cᵀ q
// A block of queries meets a block of keys; p and c of the two stay in the processor's cache. Sums over
// queries grow in float beside the operands, so that memory is linear in the tokens.
template <class Product, class Source>
struct AttentionGradient {
    using Forward = Attention<Product, Source>;
    static constexpr int kPerLane = Product::kPerLane;
    static_assert(kTileRows % kPerLane == 0);

    // Rows of p and c lie a little more than a block of keys apart: a power of two would put a column of them
    // into a few sets of the cache.
    static constexpr int kSpan = kBlockKeys + 16;
    static constexpr int kRowSpan = kPerLane == 1 ? kSpan : Forward::kRowLanes;
    // A tile of keys may reach past the block's last.
    static constexpr std::int64_t kSumRows = kBlockKeys + 8;
    static_assert((kBlockKeys + kTileRows - 1) / kTileRows * kTileRows <= kSumRows);

    struct Scratch {
        std::int64_t lanes;  // of a packed operand of one block
        // Of each block of keys.
        float* keys;    // to be multiplied with queries
        float* values;  // to be multiplied with the output's gradient
        float* keysAcross;
        float* keySums;
        float* valueSums;
        // Of one block of queries.
        float* queries;
        float* outs;
        float* queriesAcross;
        float* outsAcross;
        float* probabilities;  // [query / kPerLane][key]
        float* changes;        // c, likewise
        float* changeRows;     // c as [query][key / kPerLane]
        float* querySums;
        float* logSums;
        float* dots;  // of out and its gradient
        std::int64_t used = 0;

        Scratch(float* first, std::int64_t tokens, std::int64_t headDim)
            : lanes(Forward::lanesPerOperand(headDim)) {
            const std::int64_t blocks = (tokens + kBlockKeys - 1) / kBlockKeys;
            const auto take = [&](std::int64_t count) {
                float* part = first ? first + used : nullptr;
                used += count;
                return part;
            };
            keys = take(blocks * lanes);
            values = take(blocks * lanes);
            keysAcross = take(blocks * lanes);
            keySums = take(blocks * kSumRows * headDim);
            valueSums = take(blocks * kSumRows * headDim);
            queries = take(kBlockRows * headDim / kPerLane);
            outs = take(kBlockRows * headDim / kPerLane);
            queriesAcross = take(lanes);
            outsAcross = take(lanes);
            probabilities = take(kBlockRows / kPerLane * kSpan + 16);
            changes = take(kBlockRows / kPerLane * kSpan + 16);
            changeRows = kPerLane == 1 ? changes : take(kBlockRows * kRowSpan);
            querySums = take(kBlockRows * headDim);
            logSums = take(kBlockRows);
            dots = take(kBlockRows);
        }
    };

    static std::int64_t scratchFloats(std::int64_t tokens, std::int64_t headDim) {
        return Scratch(nullptr, tokens, headDim).used;
    }

    KERNEL_INLINE static const Source* row(const kernels::HeadRows& rows, std::int64_t token) {
        return static_cast<const Source*>(rows.first) + token * rows.stride;
    }

    static void clear(float* at, std::int64_t count) {
        for (std::int64_t i = 0; i < count; i += Vec::kLanes)
            Vec::set(0.0F).store(at + i);
    }

    // out[row][key] = a . b of kVecs vectors of a tile's keys.
    template <int kVecs>
    KERNEL_PART static void multiply(const float* a, const float* b, std::int64_t steps, float* out) {
        Vec acc[kTileRows * kVecs];
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i)
                                           __attribute__((always_inline)) { acc[i.value] = Vec::set(0.0F); });
        addProducts<Product, kVecs, 1, kTileRows, kTileVecs>(acc, a, b, steps);
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                acc[i.value].store(out + i.value / kVecs * kTileKeys + i.value % kVecs * Vec::kLanes);
            });
    }

    // sums[row][dim] += a b of one panel.
    template <int kVecs, int kRowStride, int kStepStride>
    KERNEL_PART static void addPanel(const float* a, const float* b, std::int64_t steps, float* sums,
                                     std::int64_t headDim) {
        Vec acc[kTileRows * kVecs];
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i)
                                           __attribute__((always_inline)) { acc[i.value] = Vec::set(0.0F); });
        addProducts<Product, kVecs, kRowStride, kStepStride>(acc, a, b, steps);
        repeat(
            Upto<kTileRows * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                float* sum = sums + i.value / kVecs * headDim + i.value % kVecs * Vec::kLanes;
                (Vec::load(sum) + acc[i.value]).store(sum);
            });
    }

    // sums[row][dim] += sum over steps of a[row, step] across[step][dim] for the rows of a tile.
    template <int kRowStride, int kStepStride>
    KERNEL_INLINE static void addTile(const float* a, const float* across, std::int64_t steps,
                                      std::int64_t headDim, float* sums) {
        const typename Forward::Panels panels(headDim);
        for (int panel = 0; panel < panels.count; ++panel) {
            const int first = panels.first(panel);
            const int width = panels.first(panel + 1) - first;
            const float* from = across + first * Vec::kLanes * Forward::kRowLanes;
            repeat(
                Upto<kTileVecs>{}, [&](auto w) __attribute__((always_inline)) {
                    if (width == w.value + 1) {
                        addPanel<w.value + 1, kRowStride, kStepStride>(a, from, steps,
                                                                       sums + first * Vec::kLanes, headDim);
                    }
                });
        }
    }

    // Logits and dout vᵀ of a tile become p and c. `tile` is the first query within the block, `key` the
    // first key; kVecs vectors of keys.
    template <int kVecs>
    KERNEL_PART static void changeTile(const Scratch& s, const float* logits, const float* outs,
                                       std::int64_t tile, std::int64_t key, float scaleLog2e) {
        const Vec factor = Vec::set(scaleLog2e);
        for (int r = 0; r < kTileRows; r += kPerLane) {
            Vec p[kPerLane * kVecs];
            repeat(
                Upto<kPerLane * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                    constexpr int down = i.value / kVecs, v = i.value % kVecs;
                    const Vec x = fma(Vec::load(logits + (r + down) * kTileKeys + v * Vec::kLanes), factor,
                                      Vec::set(-s.logSums[tile + r + down]));
                    p[i.value] = min(Vec::set(0.0F), x);  // above only by rounding, or past the last key
                });
            exp2(p);
            float* to = s.probabilities + (tile + r) / kPerLane * kSpan + key;
            storeAcross<kVecs>(p, to);
            repeat(
                Upto<kPerLane * kVecs>{}, [&](auto i) __attribute__((always_inline)) {
                    constexpr int down = i.value / kVecs, v = i.value % kVecs;
                    const Vec change = Vec::load(outs + (r + down) * kTileKeys + v * Vec::kLanes) -
                                       Vec::set(s.dots[tile + r + down]);
                    p[i.value] = p[i.value] * change;
                    if constexpr (kPerLane > 1) {
                        Product::storeProbabilities(s.changeRows + (tile + r + down) * kRowSpan,
                                                    key + v * Vec::kLanes, p[i.value]);
                    }
                });
            storeAcross<kVecs>(p, s.changes + (tile + r) / kPerLane * kSpan + key);
        }
    }

    template <int kVecs>
    KERNEL_INLINE static void storeAcross(const Vec (&rows)[kPerLane * kVecs], float* to) {
        repeat(
            Upto<kVecs>{}, [&](auto v) __attribute__((always_inline)) {
                Vec column[kPerLane];
                repeat(
                    Upto<kPerLane>{}, [&](auto down) __attribute__((always_inline)) {
                        column[down.value] = rows[down.value * kVecs + v.value];
                    });
                Product::storeAcross(to + v.value * Vec::kLanes, column);
            });
    }

    // p and c of a block of queries and one of keys. Past the last key they are finite, and meet zeros in
    // every product.
    static void changeBlock(const Scratch& s, std::int64_t block, std::int64_t tiles, std::int64_t keys,
                            std::int64_t headDim, float scaleLog2e) {
        alignas(64) float logits[kTileRows * kTileKeys];
        alignas(64) float outs[kTileRows * kTileKeys];
        const std::int64_t steps = headDim / kPerLane;
        for (std::int64_t key = 0; key < keys; key += kTileKeys) {
            const std::int64_t vecs = Forward::vecsOf(keys - key);
            const float* packedKeys = s.keys + block * s.lanes + key * steps;
            const float* packedValues = s.values + block * s.lanes + key * steps;
            for (std::int64_t tile = 0; tile < tiles; ++tile) {
                repeat(
                    Upto<kTileVecs>{}, [&](auto w) __attribute__((always_inline)) {
                        constexpr int kVecs = w.value + 1;
                        if (kVecs != (vecs < kTileVecs ? vecs : kTileVecs)) return;
                        const std::int64_t first = tile * kTileRows;
                        multiply<kVecs>(s.queries + first * steps, packedKeys, steps, logits);
                        multiply<kVecs>(s.outs + first * steps, packedValues, steps, outs);
                        changeTile<kVecs>(s, logits, outs, first, key, scaleLog2e);
                    });
            }
        }
    }

    static void packHead(const kernels::GradientArgs& args, const Scratch& s) {
        for (std::int64_t token = 0, block = 0; token < args.tokens; token += kBlockKeys, ++block) {
            const std::int64_t left = args.tokens - token;
            const std::int64_t count = left < kBlockKeys ? left : kBlockKeys;
            Forward::packKeys(row(args.keys, token), args.keys.stride, count, args.headDim,
                              s.keys + block * s.lanes);
            Forward::packKeys(row(args.values, token), args.values.stride, count, args.headDim,
                              s.values + block * s.lanes);
            Forward::packValues(row(args.keys, token), args.keys.stride, count, args.headDim,
                                s.keysAcross + block * s.lanes);
        }
        const std::int64_t blocks = (args.tokens + kBlockKeys - 1) / kBlockKeys;
        clear(s.keySums, blocks * kSumRows * args.headDim);
        clear(s.valueSums, blocks * kSumRows * args.headDim);
    }

    static void packQueryBlock(const kernels::GradientArgs& args, const Scratch& s, std::int64_t token,
                               std::int64_t count) {
        const std::int64_t tiles = (count + kTileRows - 1) / kTileRows;
        kernels::AttendArgs rows{};
        rows.queryCount = count;
        rows.headDim = args.headDim;
        rows.queries = {row(args.queries, token), args.queries.stride};
        Forward::packQueries(rows, tiles, s.queries);
        rows.queries = {row(args.outGradient, token), args.outGradient.stride};
        Forward::packQueries(rows, tiles, s.outs);
        Forward::packValues(row(args.queries, token), args.queries.stride, count, args.headDim,
                            s.queriesAcross);
        Forward::packValues(row(args.outGradient, token), args.outGradient.stride, count, args.headDim,
                            s.outsAcross);
        for (std::int64_t r = 0; r < tiles * kTileRows; ++r) {
            s.logSums[r] = r < count ? args.logSums[(token + r) * args.logSumStride] : 0.0F;
            s.dots[r] = r < count
                            ? dot(row(args.out, token + r), row(args.outGradient, token + r), args.headDim)
                            : 0.0F;
        }
        clear(s.querySums, tiles * kTileRows * args.headDim);
    }

    KERNEL_INLINE static float dot(const Source* a, const Source* b, std::int64_t headDim) {
        Vec sum = Vec::set(0.0F);
        for (std::int64_t d = 0; d < headDim; d += Vec::kLanes)
            sum = fma(Vec::load(a + d), Vec::load(b + d), sum);
        return sumOf(sum);
    }

    static void store(const float* sums, std::int64_t count, std::int64_t headDim, float scale, void* out,
                      std::int64_t stride) {
        const Vec factor = Vec::set(scale);
        for (std::int64_t r = 0; r < count; ++r, sums += headDim) {
            Source* to = static_cast<Source*>(out) + r * stride;
            for (std::int64_t d = 0; d < headDim; d += Vec::kLanes)
                (Vec::load(sums + d) * factor).store(to + d);
        }
    }

    static void addQueryBlock(const kernels::GradientArgs& args, const Scratch& s, std::int64_t token,
                              std::int64_t count) {
        const std::int64_t headDim = args.headDim;
        const std::int64_t tiles = (count + kTileRows - 1) / kTileRows;
        packQueryBlock(args, s, token, count);
        for (std::int64_t first = 0, block = 0; first < args.tokens; first += kBlockKeys, ++block) {
            const std::int64_t left = args.tokens - first;
            const std::int64_t keys = left < kBlockKeys ? left : kBlockKeys;
            changeBlock(s, block, tiles, keys, headDim, args.scale * 1.44269504088896341F);
            for (std::int64_t tile = 0; tile < tiles; ++tile) {
                addTile<kRowSpan, 1>(s.changeRows + tile * kTileRows * kRowSpan,
                                     s.keysAcross + block * s.lanes, (keys + kPerLane - 1) / kPerLane,
                                     headDim, s.querySums + tile * kTileRows * headDim);
            }
            const std::int64_t steps = (count + kPerLane - 1) / kPerLane;
            for (std::int64_t key = 0; key < keys; key += kTileRows) {
                const std::int64_t sum = (block * kSumRows + key) * headDim;
                addTile<1, kSpan>(s.probabilities + key, s.outsAcross, steps, headDim, s.valueSums + sum);
                addTile<1, kSpan>(s.changes + key, s.queriesAcross, steps, headDim, s.keySums + sum);
            }
        }
        Source* out = static_cast<Source*>(args.queryGradient) + token * args.gradientStride;
        store(s.querySums, count, headDim, args.scale, out, args.gradientStride);
    }

    static void gradient(const kernels::GradientArgs& args) {
        const Scratch s(args.scratch, args.tokens, args.headDim);
        packHead(args, s);
        for (std::int64_t token = 0; token < args.tokens; token += kBlockRows) {
            const std::int64_t left = args.tokens - token;
            addQueryBlock(args, s, token, left < kBlockRows ? left : kBlockRows);
        }
        for (std::int64_t token = 0, block = 0; token < args.tokens; token += kBlockKeys, ++block) {
            const std::int64_t left = args.tokens - token;
            const std::int64_t count = left < kBlockKeys ? left : kBlockKeys;
            const std::int64_t at = token * args.gradientStride;
            const std::int64_t sum = block * kSumRows * args.headDim;
            store(s.keySums + sum, count, args.headDim, args.scale,
                  static_cast<Source*>(args.keyGradient) + at, args.gradientStride);
            store(s.valueSums + sum, count, args.headDim, 1.0F, static_cast<Source*>(args.valueGradient) + at,
                  args.gradientStride);
        }
    }

    static constexpr kernels::AttentionKernel kKernel{kBlockKeys,      4 / kPerLane,  Forward::pack,
                                                      Forward::attend, scratchFloats, gradient};
};
