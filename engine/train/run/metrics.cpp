#include "engine/train/run/metrics.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/train/run/metrics_json.h"

namespace dinoscope {

namespace {

void appendNumber(std::string& line, double number) {
    if (std::isnan(number)) {
        line += "\"nan\"";
    } else if (std::isinf(number)) {
        line += number > 0 ? "\"inf\"" : "\"-inf\"";
    } else {
        char buffer[32];
        line.append(buffer, std::to_chars(buffer, std::end(buffer), number).ptr);
    }
}

void appendText(std::string& line, std::string_view text) {
    line += '"';
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\') {
            line += '\\';
            line += letter;
        } else if (code < 0x20) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(code));
            line += escape;
        } else {
            line += letter;
        }
    }
    line += '"';
}

template <typename Record, std::size_t size>
std::string formatRecord(std::string_view kind, const Record& record,
                         const std::array<MetricField<Record>, size>& fields) {
    std::string line = "{\"kind\":\"" + std::string(kind) + '"';
    for (const MetricField<Record>& field : fields) {
        if (field.optional && record.*field.number == kNotMeasured) continue;
        line += ",\"";
        line += field.name;
        line += "\":";
        if (field.number) appendNumber(line, record.*field.number);
        if (field.count) line += std::to_string(record.*field.count);
        if (field.text) appendText(line, record.*field.text);
    }
    return line + "}\n";
}

template <typename Record>
bool readField(JsonScanner& scanner, const MetricField<Record>& field, Record& record) {
    if (field.number) return scanner.readNumber(record.*field.number);
    if (field.count) return scanner.readCount(record.*field.count);
    return scanner.readText(record.*field.text);
}

/// The fields after "kind". They mostly come in our own order: the next one is looked for there first.
template <typename Record, std::size_t size>
bool parseRecord(JsonScanner& scanner, const std::array<MetricField<Record>, size>& fields,
                 std::vector<Record>& records) {
    Record record;
    bool hasStep = false;
    std::size_t expected = 0;
    while (scanner.take(',')) {
        std::string_view name;
        if (!scanner.readName(name) || !scanner.take(':')) return false;
        std::size_t found = expected;
        if (found >= size || fields[found].name != name) {
            for (found = 0; found < size && fields[found].name != name;)
                ++found;
        }
        if (found == size) {
            if (!scanner.skipValue()) return false;
            continue;
        }
        if (!readField(scanner, fields[found], record)) return false;
        if (found == 0) hasStep = true;  // every record's first field
        expected = found + 1;
    }
    if (!scanner.take('}') || !scanner.atEnd() || !hasStep || record.step < 0) return false;
    records.push_back(std::move(record));
    return true;
}

bool sameBits(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
           (std::isnan(a) && std::isnan(b));
}

}  // namespace

bool sameNumbers(const StepMetrics& a, const StepMetrics& b) {
    for (const auto& field : kStepFields) {
        if (field.name == kFirstTimeField) break;
        if (field.count && a.*field.count != b.*field.count) return false;
        if (field.number && !sameBits(a.*field.number, b.*field.number)) return false;
    }
    return true;
}

std::string formatMetrics(const StepMetrics& record) {
    return formatRecord("step", record, kStepFields);
}

std::string formatMetrics(const EpochMetrics& record) {
    return formatRecord("epoch", record, kEpochFields);
}

std::string formatMetrics(const ProbeMetrics& record) {
    return formatRecord("probe", record, kProbeFields);
}

bool parseMetricsLine(std::string_view line, Metrics& metrics) {
    JsonScanner scanner(line);
    std::string_view name;
    std::string_view kind;
    // The kind comes first, so that a line is read once.
    if (!scanner.take('{') || !scanner.readName(name) || name != "kind" || !scanner.take(':') ||
        !scanner.readName(kind)) {
        return false;
    }
    if (kind == "step") return parseRecord(scanner, kStepFields, metrics.steps);
    if (kind == "epoch") return parseRecord(scanner, kEpochFields, metrics.epochs);
    if (kind == "probe") return parseRecord(scanner, kProbeFields, metrics.probes);
    return false;
}

}  // namespace dinoscope
