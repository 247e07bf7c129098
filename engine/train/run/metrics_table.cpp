#include "engine/train/run/metrics_table.h"

#include <charconv>
#include <cmath>
#include <iterator>

#include "engine/train/run/metrics_json.h"

namespace dinoscope {

namespace {

void append(std::string& line, double number) {
    if (!std::isfinite(number)) {
        line += std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
        return;
    }
    char buffer[32];
    line.append(buffer, std::to_chars(buffer, std::end(buffer), number).ptr);
}

void appendMeasured(std::string& line, double number) {
    line += ',';
    if (number != kNotMeasured) append(line, number);
}

}  // namespace

std::string metricsTable(const Metrics& metrics) {
    std::string table;
    for (const MetricField<StepMetrics>& field : kStepFields)
        table += std::string(field.name) + ',';
    table += "knn_top1,effective_rank\r\n";
    std::size_t epoch = 0;
    for (const StepMetrics& step : metrics.steps) {
        for (const MetricField<StepMetrics>& field : kStepFields) {
            if (field.number) append(table, step.*field.number);
            if (field.count) table += std::to_string(step.*field.count);
            table += ',';
        }
        table.pop_back();
        while (epoch < metrics.epochs.size() && metrics.epochs[epoch].step < step.step)
            ++epoch;
        const bool ends = epoch < metrics.epochs.size() && metrics.epochs[epoch].step == step.step;
        appendMeasured(table, ends ? metrics.epochs[epoch].knnTop1 : kNotMeasured);
        appendMeasured(table, ends ? metrics.epochs[epoch].effectiveRank : kNotMeasured);
        table += "\r\n";
    }
    return table;
}

}  // namespace dinoscope
