#include <chrono>
#include <optional>

#include "engine/base/cpu_features.h"
#include "engine/base/parallel.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

// Twelve independent sums keep the multipliers of every processor so far busy. Assembly, because a compiler
// may drop sums that nobody reads, or keep them in memory.
#define TWELVE(STEP) \
    STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11)
#define CLOBBERED(KIND)                                                                                 \
    KIND "0", KIND "1", KIND "2", KIND "3", KIND "4", KIND "5", KIND "6", KIND "7", KIND "8", KIND "9", \
        KIND "10", KIND "11", KIND "12", KIND "13"

constexpr int kStepsPerRound = 24;

#define CLEAR(k) "vxorps %%ymm" #k ",%%ymm" #k ",%%ymm" #k "\n"

[[gnu::target("avx2,fma")]] void floats256(std::int64_t rounds) {
#define STEP(k) "vfmadd231ps %%ymm12,%%ymm13,%%ymm" #k "\n"
    __asm__ volatile(TWELVE(CLEAR) CLEAR(12) CLEAR(13) "1:\n" TWELVE(STEP) TWELVE(STEP) "dec %0\njnz 1b\n"
                     : "+r"(rounds)::CLOBBERED("ymm"));
#undef STEP
}

[[gnu::target("avx512f")]] void floats512(std::int64_t rounds) {
#define STEP(k) "vfmadd231ps %%zmm12,%%zmm13,%%zmm" #k "\n"
    __asm__ volatile(TWELVE(CLEAR) CLEAR(12) CLEAR(13) "1:\n" TWELVE(STEP) TWELVE(STEP) "dec %0\njnz 1b\n"
                     : "+r"(rounds)::CLOBBERED("zmm"));
#undef STEP
}

[[gnu::target("avx512f,avx512bf16")]] void bfloats512(std::int64_t rounds) {
#define STEP(k) "vdpbf16ps %%zmm12,%%zmm13,%%zmm" #k "\n"
    __asm__ volatile(TWELVE(CLEAR) CLEAR(12) CLEAR(13) "1:\n" TWELVE(STEP) TWELVE(STEP) "dec %0\njnz 1b\n"
                     : "+r"(rounds)::CLOBBERED("zmm"));
#undef STEP
}

/// Tiles of 16 x 32 by 32 x 16 numbers, six sums; what the registers of a tile hold is of no interest.
[[gnu::target("amx-tile,amx-bf16")]] void tiles(std::int64_t rounds) {
    struct alignas(64) Shapes {
        std::uint8_t palette = 1;
        std::uint8_t reserved[15] = {};
        std::uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
        std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    };
    const Shapes shapes;
    // 24 steps a round, as in the loops above.
#define SIX                            \
    "tdpbf16ps %%tmm7,%%tmm6,%%tmm0\n" \
    "tdpbf16ps %%tmm7,%%tmm6,%%tmm1\n" \
    "tdpbf16ps %%tmm7,%%tmm6,%%tmm2\n" \
    "tdpbf16ps %%tmm7,%%tmm6,%%tmm3\n" \
    "tdpbf16ps %%tmm7,%%tmm6,%%tmm4\n" \
    "tdpbf16ps %%tmm7,%%tmm6,%%tmm5\n"
    __asm__ volatile("ldtilecfg %1\n1:\n" SIX SIX SIX SIX "dec %0\njnz 1b\ntilerelease\n"
                     : "+r"(rounds)
                     : "m"(shapes));
#undef SIX
}

double operationsASecond(void (*loop)(std::int64_t), int operationsPerStep,
                         std::int64_t rounds = 10'000'000) {
    const int threads = threadCount();
    const double seconds = medianSeconds(5, [&] {
        parallelFor(0, threads, 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i)
                loop(rounds);
        });
    });
    return double(threads) * double(rounds) * kStepsPerRound * operationsPerStep / seconds;
}

}  // namespace

std::optional<double> peakOperations(bool bf16) {
    const CpuPath path = bestCpuPath();
    if (bf16) {
        if (path == CpuPath::Amx) return operationsASecond(tiles, 2 * 16 * 16 * 32, 1'000'000);
        if (path != CpuPath::Avx512Bf16) return std::nullopt;
        return operationsASecond(bfloats512, 64);
    }
    if (path == CpuPath::Portable) return std::nullopt;
    if (path == CpuPath::Avx2) return operationsASecond(floats256, 16);
    return operationsASecond(floats512, 32);
}

}  // namespace dinoscope::bench
