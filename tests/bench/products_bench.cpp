#include <ATen/ATen.h>

#include <cstdio>

#include "engine/base/mkl_dispatch.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

std::string rate(double operations, double seconds) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.0f GFLOP/s", operations / seconds / 1e9);
    return text;
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
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const bool bf16 = type == at::kBFloat16;
        const auto peak = peakOperations(bf16);
        if (bf16 && !peak) continue;
        if (peak) printRow(bf16 ? "bf16, registers alone" : "fp32, registers alone", rate(*peak, 1));
        for (const auto& [in, out] : {std::pair(384, 1152), std::pair(384, 1536), std::pair(1536, 384)})
            printLayer(2464, in, out, type);
    }
}

}  // namespace dinoscope::bench
