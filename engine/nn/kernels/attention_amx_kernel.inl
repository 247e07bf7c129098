// Attention on AMX's tile registers, which multiply 16 x 32 by 32 x 16 numbers in bfloat16 and sum in float.
// Keys and values are packed as for Bf16Product: its lanes of pairs are how a tile wants its right factor.
// Included inside an anonymous namespace after attention_kernel.inl and bf16_product_avx512.inl.

struct TileAttention {
    using Pairs = Attention<Bf16Product, std::uint16_t>;

    static constexpr int kSide = 16;         // rows of a tile; floats in a row of a sum
    static constexpr int kDepth = 32;        // numbers in a row of a factor
    static constexpr int kRows = 2 * kSide;  // queries at once: two tiles by two tiles of keys or dims
    static constexpr int kUnits = kBlockRows / kRows;
    // A power of two would put a column into few sets of the cache.
    static constexpr int kLogitSpan = kBlockKeys + 16;
    static constexpr int kProbabilitySpan = kBlockKeys + 32;
    static_assert(kBlockRows % kRows == 0 && kBlockKeys % kDepth == 0 && kTileKeys % kDepth == 0);

    // Of the instruction that says how large each tile is.
    struct alignas(64) TileShapes {
        std::uint8_t palette = 1;
        std::uint8_t startRow = 0;
        std::uint8_t reserved[14] = {};
        std::uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
        std::uint8_t rows[16] = {kSide, kSide, kSide, kSide, kSide, kSide, kSide, kSide};
    };
    static_assert(sizeof(TileShapes) == 64);

    // What becomes of the queries of one call, all blocks of keys before the present one taken together.
    struct State {
        alignas(64) std::uint16_t queries[kBlockRows * kernels::kMaxHeadDim];
        alignas(64) float sums[kBlockRows * kernels::kMaxHeadDim];
        alignas(64) float weights[kBlockRows];  // sums of exponentials
        alignas(64) float references[kBlockRows];
        alignas(64) float corrections[kBlockRows];
        alignas(64) float logits[kRows * kLogitSpan];
        alignas(64) std::uint16_t probabilities[kRows * kProbabilitySpan];
        alignas(64) float products[kRows * kRows];
    };

    // Tiles 0 to 3 hold 2 x 2 sums, 4 and 5 the left factors, 6 and 7 the right ones. What is added:
    // left[row, step] right[step, column], of `steps` numbers; spans are in bytes.
    template <bool kBothColumns>
    KERNEL_INLINE static void multiply(const void* left, std::int64_t leftSpan, const float* right,
                                       std::int64_t rightSpan, std::int64_t steps) {
        // GCC's tile loads name no memory that they read: what was stored before must not be moved past them.
        asm volatile("" ::: "memory");
        const char* upper = static_cast<const char*>(left);
        const char* lower = upper + kSide * leftSpan;
        _tile_zero(0);
        _tile_zero(2);
        if constexpr (kBothColumns) {
            _tile_zero(1);
            _tile_zero(3);
        }
        for (std::int64_t step = 0; step < steps; step += kDepth) {
            _tile_loadd(4, upper, leftSpan);
            _tile_loadd(6, right, rightSpan);
            _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(5, lower, leftSpan);
            _tile_dpbf16ps(2, 5, 6);
            if constexpr (kBothColumns) {
                _tile_loadd(7, right + kSide, rightSpan);
                _tile_dpbf16ps(1, 4, 7);
                _tile_dpbf16ps(3, 5, 7);
            }
            upper += 2 * kDepth;
            lower += 2 * kDepth;
            right += kDepth / 2 * rightSpan / std::int64_t(sizeof(float));
        }
    }

    template <bool kBothColumns>
    KERNEL_INLINE static void storeProducts(float* out, std::int64_t span) {
        const std::int64_t bytes = span * std::int64_t(sizeof(float));
        _tile_stored(0, out, bytes);
        _tile_stored(2, out + kSide * span, bytes);
        if constexpr (kBothColumns) {
            _tile_stored(1, out + kSide, bytes);
            _tile_stored(3, out + kSide * span + kSide, bytes);
        }
    }

    // logits[row][key] of kRows queries and `keys` keys, filled up to whole tiles.
    static void multiplyKeys(const std::uint16_t* queries, const float* packedKeys, std::int64_t keys,
                             std::int64_t headDim, float* logits) {
        const std::int64_t steps = headDim / 2;
        for (std::int64_t key = 0; key < keys; key += kRows) {
            const float* tile = packedKeys + key / kTileKeys * kTileKeys * steps + key % kTileKeys;
            multiply<true>(queries, 2 * headDim, tile, kTileKeys * std::int64_t(sizeof(float)), headDim);
            storeProducts<true>(logits + key, kLogitSpan);
        }
    }

    KERNEL_INLINE static Vec largestOf(const float* logits, std::int64_t padded) {
        Vec largest = Vec::load(logits);
        for (std::int64_t key = Vec::kLanes; key < padded; key += Vec::kLanes)
            largest = max(Vec::load(logits + key), largest);
        return largest;
    }

    // A row of probabilities, as Attention::exponentiate; `padded` keys in twos of vectors, those from `keys`
    // on are nothing.
    KERNEL_INLINE static void exponentiate(float* logits, std::int64_t keys, std::int64_t padded,
                                           float scaleLog2e, State& state, std::int64_t row,
                                           std::uint16_t* probabilities) {
        for (std::int64_t key = keys; key < padded; ++key)
            logits[key] = -__builtin_inff();
        const float top = maxOf(largestOf(logits, padded)) * scaleLog2e;
        const float old = state.references[row];
        const float reference = top > old ? top : old;
        const Vec factor = Vec::set(scaleLog2e);
        const Vec shift = Vec::set(-reference);
        Vec sum = Vec::set(0.0F);
        const auto some = [&](std::int64_t key, auto count) __attribute__((always_inline)) {
            Vec x[count.value];
            repeat(
                Upto<count.value>{}, [&](auto i) __attribute__((always_inline)) {
                    x[i.value] = fma(Vec::load(logits + key + i.value * Vec::kLanes), factor, shift);
                });
            exp2<true>(x);
            repeat(
                Upto<count.value>{}, [&](auto i) __attribute__((always_inline)) {
                    const __m256bh narrow = _mm512_cvtneps_pbh(x[i.value].v);
                    __builtin_memcpy(probabilities + key + i.value * Vec::kLanes, &narrow, sizeof(narrow));
                    sum = sum + x[i.value];
                });
        };
        std::int64_t key = 0;
        for (; key + 4 * Vec::kLanes <= padded; key += 4 * Vec::kLanes)
            some(key, Index<4>{});
        if (key < padded) some(key, Index<2>{});
        const float correction = exp2(Vec::set(old - reference)).v[0];
        state.corrections[row] = correction;
        state.references[row] = reference;
        state.weights[row] = state.weights[row] * correction + sumOf(sum);
    }

    // sums[row][dim] = correction sums + probabilities values, for one or two tiles of dims.
    template <bool kBothColumns>
    KERNEL_INLINE static void addValuesOf(State& state, const float* values, std::int64_t width,
                                          std::int64_t padded, const float* corrections, float* sums,
                                          std::int64_t headDim) {
        multiply<kBothColumns>(state.probabilities, 2 * kProbabilitySpan, values,
                               width * std::int64_t(sizeof(float)), padded);
        storeProducts<kBothColumns>(state.products, kRows);
        for (int r = 0; r < kRows; ++r) {
            const Vec correction = Vec::set(corrections[r]);
            for (int d = 0; d < (kBothColumns ? kRows : kSide); d += Vec::kLanes) {
                float* sum = sums + r * headDim + d;
                fma(Vec::load(sum), correction, Vec::load(state.products + r * kRows + d)).store(sum);
            }
        }
    }

    static void addValues(State& state, const float* values, std::int64_t padded, std::int64_t row,
                          std::int64_t headDim) {
        const Pairs::Panels panels(headDim);
        for (int panel = 0; panel < panels.count; ++panel) {
            const std::int64_t first = panels.first(panel) * Vec::kLanes;
            const std::int64_t width = panels.first(panel + 1) * Vec::kLanes - first;
            const float* from = values + first * Pairs::kRowLanes;
            float* to = state.sums + row * headDim + first;
            std::int64_t d = 0;
            for (; d + kRows <= width; d += kRows) {
                addValuesOf<true>(state, from + d, width, padded, state.corrections + row, to + d, headDim);
            }
            if (d < width)
                addValuesOf<false>(state, from + d, width, padded, state.corrections + row, to + d, headDim);
        }
    }

    static void start(const kernels::AttendArgs& args, State& state) {
        for (std::int64_t r = 0; r < kBlockRows; ++r) {
            const std::uint16_t* from =
                Pairs::rowOrZeros(static_cast<const std::uint16_t*>(args.queries.first), args.queries.stride,
                                  r, args.queryCount);
            __builtin_memcpy(state.queries + r * args.headDim, from,
                             std::size_t(args.headDim) * sizeof(std::uint16_t));
            state.weights[r] = 0.0F;
            state.references[r] = -__builtin_inff();
        }
        for (std::int64_t i = 0; i < kBlockRows * args.headDim; i += Vec::kLanes)
            Vec::set(0.0F).store(state.sums + i);
    }

    static void finish(const kernels::AttendArgs& args, const State& state) {
        for (std::int64_t r = 0; r < args.queryCount; ++r) {
            std::uint16_t* out = static_cast<std::uint16_t*>(args.out) + r * args.outStride;
            const Vec inverse = Vec::set(1.0F / state.weights[r]);
            for (std::int64_t d = 0; d < args.headDim; d += Vec::kLanes)
                (Vec::load(state.sums + r * args.headDim + d) * inverse).store(out + d);
            if (args.logSums) {
                args.logSums[r * args.logSumStride] = state.references[r] + __builtin_log2f(state.weights[r]);
            }
        }
    }

    static void attend(const kernels::AttendArgs& args) {
        // A tile takes 32 dims at a time.
        if (args.headDim % kDepth != 0) return Pairs::attend(args);
        static constexpr TileShapes kShapes;
        State state;
        start(args, state);
        _tile_loadconfig(&kShapes);
        const std::int64_t lanes = Pairs::lanesPerOperand(args.headDim);
        const float scaleLog2e = args.scale * 1.44269504088896341F;
        const float* packed = args.packed;
        for (std::int64_t key = 0; key < args.tokens; key += kBlockKeys, packed += 2 * lanes) {
            const std::int64_t left = args.tokens - key;
            const std::int64_t keys = left < kBlockKeys ? left : kBlockKeys;
            const std::int64_t padded = (keys + kDepth - 1) / kDepth * kDepth;
            for (std::int64_t row = 0; row < args.queryCount; row += kRows) {
                multiplyKeys(state.queries + row * args.headDim, packed, keys, args.headDim, state.logits);
                for (std::int64_t r = 0; r < kRows; ++r) {
                    exponentiate(state.logits + r * kLogitSpan, keys, padded, scaleLog2e, state, row + r,
                                 state.probabilities + r * kProbabilitySpan);
                }
                addValues(state, packed + lanes, padded, row, args.headDim);
            }
        }
        _tile_release();
        finish(args, state);
    }

    static constexpr kernels::AttentionKernel kernel() {
        kernels::AttentionKernel kernel = AttentionGradient<Bf16Product, std::uint16_t>::kKernel;
        kernel.attend = attend;
        return kernel;
    }
};
