#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/train/run/metrics.h"

namespace dinoscope::fuzz {

/// What is read of a line is written and read again: one record, like the first.
template <typename Record>
void writeAndRead(const Record& record, std::vector<Record> Metrics::*kind) {
    const std::string line = formatMetrics(record);
    Metrics again;
    if (line.empty() || line.back() != '\n') std::abort();
    if (!parseMetricsLine(std::string_view(line).substr(0, line.size() - 1), again)) std::abort();
    if ((again.*kind).size() != 1 || formatMetrics((again.*kind).front()) != line) std::abort();
}

/// A line of metrics.jsonl: one record or none.
inline void metricsLine(std::string_view line) {
    Metrics metrics;
    const bool read = parseMetricsLine(line, metrics);
    if (read != (metrics.steps.size() + metrics.epochs.size() + metrics.probes.size() == 1)) std::abort();
    for (const StepMetrics& step : metrics.steps)
        writeAndRead(step, &Metrics::steps);
    for (const EpochMetrics& epoch : metrics.epochs)
        writeAndRead(epoch, &Metrics::epochs);
    for (const ProbeMetrics& probe : metrics.probes)
        writeAndRead(probe, &Metrics::probes);
}

}  // namespace dinoscope::fuzz
