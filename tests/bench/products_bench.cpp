#include <ATen/ATen.h>
#include <immintrin.h>

#include <cstdio>

#include "engine/base/cpu_features.h"
#include "engine/base/mkl_dispatch.h"
#include "engine/base/parallel.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

constexpr int kSums = 12;  ///< enough to hide the latency of a fused multiply-add
constexpr std::int64_t kRounds = 4'000'000;

std::string rate(double operations, double seconds) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.0f GFLOP/s", operations / seconds / 1e9);
    return text;
}

/// Nothing but fused multiply-adds in registers; returns what they add up to, so that they are not left out.
__attribute__((target("avx2,fma"))) float loop256() {
    __m256 sums[kSums];
    for (__m256& sum : sums)
        sum = _mm256_set1_ps(1.0F);
    const __m256 factor = _mm256_set1_ps(0.5F);
    for (std::int64_t i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
        for (__m256& sum : sums)
            sum = _mm256_fmadd_ps(sum, factor, factor);
    }
    float total = 0;
    for (const __m256& sum : sums)
        total += _mm256_cvtss_f32(sum);
    return total;
}

__attribute__((target("avx512f"))) float loop512() {
    __m512 sums[kSums];
    for (__m512& sum : sums)
        sum = _mm512_set1_ps(1.0F);
    const __m512 factor = _mm512_set1_ps(0.5F);
    for (std::int64_t i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
        for (__m512& sum : sums)
            sum = _mm512_fmadd_ps(sum, factor, factor);
    }
    float total = 0;
    for (const __m512& sum : sums)
        total += _mm512_cvtss_f32(sum);
    return total;
}

__attribute__((target("avx512f,avx512bf16"))) float loopBf16() {
    __m512 sums[kSums];
    for (__m512& sum : sums)
        sum = _mm512_set1_ps(0.0F);
    const auto halves = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f003f00));
    for (std::int64_t i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
        for (__m512& sum : sums)
            sum = _mm512_dpbf16_ps(sum, halves, halves);
    }
    float total = 0;
    for (const __m512& sum : sums)
        total += _mm512_cvtss_f32(sum);
    return total;
}

/// Of all threads together.
void printPeak(const char* what, float (*loop)(), int operationsPerStep) {
    const int threads = threadCount();
    volatile float sink = 0;
    const double seconds = medianSeconds(5, [&] {
        parallelFor(0, threads, 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i)
                sink = loop();
        });
    });
    printRow(what, rate(double(threads) * kSums * kRounds * operationsPerStep, seconds));
}

/// One linear layer of training: forward, gradient by input, gradient by weight.
void printLayer(std::int64_t rows, std::int64_t in, std::int64_t out, at::ScalarType type) {
    const at::Tensor x = at::randn({rows, in}).to(type);
    const at::Tensor weight = at::randn({out, in}).to(type);
    const at::Tensor bias = at::randn({out}).to(type);
    const at::Tensor gradient = at::randn({rows, out}).to(type);
    const double operations = 2.0 * double(rows) * double(in) * double(out);
    const double forward = medianSeconds(9, [&] { at::linear(x, weight, bias); });
    const double byInput = medianSeconds(9, [&] { at::mm(gradient, weight); });
    const double byWeight = medianSeconds(9, [&] { at::mm(gradient.t(), x); });
    char what[96];
    std::snprintf(what, sizeof(what), "%s, %lld rows, %lld -> %lld: forward", at::toString(type),
                  static_cast<long long>(rows), static_cast<long long>(in), static_cast<long long>(out));
    printRow(what, rate(operations, forward));
    printRow("  gradient by input", rate(operations, byInput));
    printRow("  gradient by weight", rate(operations, byWeight));
}

}  // namespace

void runProductsBench() {
    printRow("MKL told to use AVX512", mklTakesAvx512() ? "yes" : "no");
    const CpuPath path = bestCpuPath();
    if (path == CpuPath::Avx2) printPeak("fp32, registers alone", loop256, 16);
    if (path >= CpuPath::Avx512) printPeak("fp32, registers alone", loop512, 32);
    if (path == CpuPath::Avx512Bf16) printPeak("bf16, registers alone", loopBf16, 64);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        if (type == at::kBFloat16 && path != CpuPath::Avx512Bf16) continue;
        for (const auto& [in, out] : {std::pair(384, 1152), std::pair(384, 1536), std::pair(1536, 384)})
            printLayer(2464, in, out, type);
    }
}

}  // namespace dinoscope::bench
