#include "tests/bench/op_profile.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <vector>

#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

using Clock = std::chrono::steady_clock;

struct Sum {
    double seconds = 0;
    std::int64_t calls = 0;
};

std::mutex sumsMutex;
std::map<std::string, Sum> sums;

struct Frame : at::ObserverContext {
    Clock::time_point began = Clock::now();
    double inner = 0;  ///< seconds of the operations it called
    Frame* outer = nullptr;
};

thread_local Frame* innermost = nullptr;

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& /*function*/) {
    auto frame = std::make_unique<Frame>();
    frame->outer = innermost;
    innermost = frame.get();
    return frame;
}

void end(const at::RecordFunction& function, at::ObserverContext* context) {
    auto* frame = static_cast<Frame*>(context);
    const double seconds = std::chrono::duration<double>(Clock::now() - frame->began).count();
    innermost = frame->outer;
    if (frame->outer) frame->outer->inner += seconds;
    const std::lock_guard lock(sumsMutex);
    Sum& sum = sums[function.name()];
    sum.seconds += seconds - frame->inner;
    ++sum.calls;
}

}  // namespace

OpProfile::OpProfile() : handle_(at::addGlobalCallback(at::RecordFunctionCallback(begin, end))) {}

OpProfile::~OpProfile() {
    at::removeCallback(handle_);
    const std::lock_guard lock(sumsMutex);
    sums.clear();
}

void OpProfile::print(double seconds, int rows) const {
    const std::lock_guard lock(sumsMutex);
    std::vector<std::pair<std::string, Sum>> sorted(sums.begin(), sums.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
    for (int i = 0; i < rows && i < static_cast<int>(sorted.size()); ++i) {
        const auto& [name, sum] = sorted[std::size_t(i)];
        char share[64];
        std::snprintf(share, sizeof(share), "%5.1f %%, %lld calls", 100 * sum.seconds / seconds,
                      static_cast<long long>(sum.calls));
        printRow("  " + name, milliseconds(sum.seconds), share);
    }
}

}  // namespace dinoscope::bench
