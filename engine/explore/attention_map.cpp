#include "engine/explore/attention_map.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

/// Broken weights give values that are not numbers, which no order knows.
bool isNumber(float value) {
    return !std::isnan(value);
}

/// The range of `values`, its top lowered to the percentile that the scale asks for.
ValueRange clippedRange(std::span<const float> values, double clipPercent) {
    ValueRange range{std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
    for (const float value : values) {
        // Written so that what is not a number changes nothing.
        if (value < range.low) range.low = value;
        if (value > range.high) range.high = value;
    }
    if (!(range.low <= range.high)) return {};
    if (clipPercent < 100) {
        std::vector<float> sorted;
        std::copy_if(values.begin(), values.end(), std::back_inserter(sorted), isNumber);
        const double position = std::clamp(clipPercent, 0.0, 100.0) / 100 * double(sorted.size() - 1);
        const auto nth = sorted.begin() + std::lround(position);
        std::nth_element(sorted.begin(), nth, sorted.end());
        range.high = *nth;
    }
    return range;
}

std::optional<float> parseFloat(std::string_view text) {
    float value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::string formatFloat(float value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr};
}

}  // namespace

std::vector<float> meanOfHeads(const AttentionMap& map) {
    std::vector<float> mean(std::size_t(map.patches()), 0.0F);
    for (int head = 0; head < map.heads; ++head) {
        const std::span<const float> grid = map.head(head);
        for (std::size_t i = 0; i < mean.size(); ++i)
            mean[i] += grid[i];
    }
    for (float& value : mean)
        value /= float(map.heads);
    return mean;
}

Scale Scale::parse(std::string_view text) {
    Scale scale;
    if (text == "head") return scale;
    scale.kind = Kind::Shared;
    if (text == "shared") return scale;
    scale.kind = Kind::Fixed;
    const auto comma = text.find(',');
    if (comma != std::string_view::npos) {
        const auto low = parseFloat(text.substr(0, comma));
        const auto high = parseFloat(text.substr(comma + 1));
        if (low && high && *low < *high) {
            scale.low = *low;
            scale.high = *high;
            return scale;
        }
    }
    throw UsageError("'" + std::string(text) + "' is not a scale", "--scale",
                     "give head, shared, or two rising numbers, as 0,0.01");
}

std::string Scale::format() const {
    switch (kind) {
        case Kind::PerHead:
            return "head";
        case Kind::Shared:
            return "shared";
        case Kind::Fixed:
            break;
    }
    return formatFloat(low) + "," + formatFloat(high);
}

std::vector<ValueRange> headRanges(const AttentionMap& map, const Scale& scale) {
    if (scale.kind == Scale::Kind::PerHead) {
        std::vector<ValueRange> ranges;
        for (int head = 0; head < map.heads; ++head) {
            ranges.push_back(clippedRange(map.head(head), scale.clipPercent));
        }
        return ranges;
    }
    return std::vector<ValueRange>(std::size_t(map.heads), gridRange(map.values, scale));
}

ValueRange gridRange(std::span<const float> grid, const Scale& scale) {
    if (scale.kind == Scale::Kind::Fixed) return {scale.low, scale.high};
    return clippedRange(grid, scale.clipPercent);
}

std::vector<std::uint8_t> massMask(std::span<const float> grid, double mass) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < grid.size(); ++i) {
        if (isNumber(grid[i])) order.push_back(i);
    }
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return grid[a] != grid[b] ? grid[a] < grid[b] : a < b; });
    // In the order of the running sum, so that both round alike.
    double sum = 0;
    for (const std::size_t i : order)
        sum += grid[i];
    std::vector<std::uint8_t> mask(grid.size(), 0);
    double below = 0;
    for (const std::size_t i : order) {
        below += grid[i];
        mask[i] = below > (1 - mass) * sum ? 1 : 0;
    }
    return mask;
}

}  // namespace dinoscope
