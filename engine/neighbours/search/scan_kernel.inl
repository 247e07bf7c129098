// Products of one query with many rows, written on the wrapper Vec. Included inside an anonymous namespace,
// once an instruction set.

template <class Source>
struct Scan {
    static constexpr int kRowsAtOnce = 4;
    static constexpr std::int64_t kAhead = 4096;  // bytes: a page of rows is on its way while one is used

    template <int kRows>
    KERNEL_INLINE static void dots(const std::byte* rows, std::int64_t stride, const float* query,
                                   std::int64_t width, float* scores) {
        Vec sums[kRows];
        repeat(
            Upto<kRows>{}, [&](auto r) __attribute__((always_inline)) { sums[r.value] = Vec::set(0.0F); });
        for (std::int64_t d = 0; d < width; d += Vec::kLanes) {
            const Vec q = Vec::load(query + d);
            repeat(
                Upto<kRows>{}, [&](auto r) __attribute__((always_inline)) {
                    const Source* row = reinterpret_cast<const Source*>(rows + r.value * stride);
                    sums[r.value] = fma(q, Vec::load(row + d), sums[r.value]);
                });
        }
        repeat(
            Upto<kRows>{},
            [&](auto r) __attribute__((always_inline)) { scores[r.value] = sumOf(sums[r.value]); });
    }

    static void scan(const scan::ScanArgs& args) {
        const std::byte* rows = args.rows;
        std::int64_t i = 0;
        for (; i + kRowsAtOnce <= args.count; i += kRowsAtOnce, rows += kRowsAtOnce * args.stride) {
            for (std::int64_t at = 0; at < kRowsAtOnce * args.stride; at += 64)
                __builtin_prefetch(rows + kAhead + at);
            dots<kRowsAtOnce>(rows, args.stride, args.query, args.width, args.scores + i);
        }
        for (; i < args.count; ++i, rows += args.stride)
            dots<1>(rows, args.stride, args.query, args.width, args.scores + i);
    }
};

// Each product and each sum is rounded once at most, to 24 bits, in any order.
constexpr scan::ScanKernel kFloatScan{Scan<float>::scan, 0x1p-23, 0x1p-20};
constexpr scan::ScanKernel kWidenedScan{Scan<std::uint16_t>::scan, 0x1p-23, 0x1p-20};
