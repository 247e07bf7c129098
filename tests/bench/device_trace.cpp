#include "tests/bench/device_trace.h"

#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

namespace profiler = torch::autograd::profiler;
using Activity = torch::profiler::impl::ActivityType;

struct Sum {
    double seconds = 0;
    std::int64_t calls = 0;
};

/// Kernels' names run over many lines of template arguments.
std::string shortened(const std::string& name) {
    constexpr std::size_t kMost = 90;
    return name.size() <= kMost ? name : name.substr(0, kMost) + "…";
}

}  // namespace

DeviceTrace::DeviceTrace() {
    const std::set<Activity> activities{Activity::CPU, Activity::CUDA};
    const torch::profiler::impl::ProfilerConfig config(torch::profiler::impl::ProfilerState::KINETO);
    profiler::prepareProfiler(config, activities);
    profiler::enableProfiler(config, activities);
}

DeviceTrace::~DeviceTrace() {
    if (recording_) profiler::disableProfiler();
}

void DeviceTrace::finish(double seconds, int rows, const std::string& file) {
    recording_ = false;
    const auto result = profiler::disableProfiler();
    std::map<std::string, Sum> sums;
    double busy = 0;
    std::int64_t kernels = 0;
    for (const profiler::KinetoEvent& event : result->events()) {
        if (event.deviceType() != c10::DeviceType::CUDA) continue;
        const double took = 1e-9 * static_cast<double>(event.durationNs());
        Sum& sum = sums[event.name()];
        sum.seconds += took;
        ++sum.calls;
        busy += took;
        ++kernels;
    }
    std::vector<std::pair<std::string, Sum>> sorted(sums.begin(), sums.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
    char text[64];
    std::snprintf(text, sizeof(text), "%.1f %%, %lld kernels and copies", 100 * busy / seconds,
                  static_cast<long long>(kernels));
    printRow("the card was busy", milliseconds(busy), text);
    for (std::size_t i = 0; i < sorted.size() && i < static_cast<std::size_t>(rows); ++i) {
        const auto& [name, sum] = sorted[i];
        std::snprintf(text, sizeof(text), "%5.1f %%, %lld calls", 100 * sum.seconds / seconds,
                      static_cast<long long>(sum.calls));
        printRow("  " + shortened(name), milliseconds(sum.seconds), text);
    }
    result->save(file);
}

}  // namespace dinoscope::bench
