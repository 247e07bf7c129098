// Products of one query with many rows, written on the wrapper Vec. Included inside an anonymous namespace,
// once an instruction set.

/// A row after the other: the processor fetches one stream of memory ahead by itself, which no order of
/// several rows and no fetching by hand came near.
template <class Source>
struct Scan {
    static constexpr int kSums = 4;  // independent, to hide how long one addition takes

    KERNEL_INLINE static float dot(const Source* row, const float* query, std::int64_t width) {
        Vec sums[kSums];
        repeat(
            Upto<kSums>{}, [&](auto s) __attribute__((always_inline)) { sums[s.value] = Vec::set(0.0F); });
        std::int64_t d = 0;
        for (; d + kSums * Vec::kLanes <= width; d += kSums * Vec::kLanes) {
            repeat(
                Upto<kSums>{}, [&](auto s) __attribute__((always_inline)) {
                    const std::int64_t at = d + s.value * Vec::kLanes;
                    sums[s.value] = fma(Vec::load(query + at), Vec::load(row + at), sums[s.value]);
                });
        }
        for (; d < width; d += Vec::kLanes)
            sums[0] = fma(Vec::load(query + d), Vec::load(row + d), sums[0]);
        return sumOf((sums[0] + sums[1]) + (sums[2] + sums[3]));
    }

    static void scan(const scan::ScanArgs& args) {
        const std::byte* row = args.rows;
        for (std::int64_t i = 0; i < args.count; ++i, row += args.stride)
            args.scores[i] = dot(reinterpret_cast<const Source*>(row), args.query, args.width);
    }
};

// Each product and each sum is rounded once at most, to 24 bits, in any order.
constexpr scan::ScanKernel kFloatScan{Scan<float>::scan, 0x1p-23, 0x1p-20};
constexpr scan::ScanKernel kWidenedScan{Scan<std::uint16_t>::scan, 0x1p-23, 0x1p-20};
