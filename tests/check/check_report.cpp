#include "tests/check/check_report.h"

#include <ATen/ATen.h>

#include <cstdio>

namespace dinoscope {

namespace {

int failed = 0;

}  // namespace

void report(const std::string& what, bool good) {
    if (!good) ++failed;
    std::printf("%-4s %s\n", good ? "ok" : "FAIL", what.c_str());
}

void check(const std::string& what, const at::Tensor& a, const at::Tensor& b, double limit) {
    const at::Tensor left = a.to(at::kCPU, at::kDouble);
    const at::Tensor right = b.to(at::kCPU, at::kDouble);
    const double error = (left - right).abs().max().item<double>() / right.abs().max().item<double>();
    char text[160];
    std::snprintf(text, sizeof(text), "%-58s %.1e (limit %.0e)", what.c_str(), error, limit);
    report(text, error <= limit);  // false for NaN
}

int failures() {
    return failed;
}

}  // namespace dinoscope
