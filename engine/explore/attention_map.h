#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/explore/input_geometry.h"

namespace dinoscope {

/// Which token asks: [CLS], a patch, or a register.
struct Query {
    std::optional<PatchPosition> patch{};  ///< empty: [CLS], or the register
    std::optional<int> registerToken{};    ///< from 0
    bool operator==(const Query&) const = default;
};

/// Attention of one query over the patches, of every head.
struct AttentionMap {
    int heads = 0;
    int rows = 0;
    int columns = 0;
    std::vector<float> values;  ///< [heads, rows, columns]
    std::vector<float>
        registers{};  ///< [heads, registers]: what goes to the tokens between [CLS] and the patches

    int patches() const { return rows * columns; }
    std::span<const float> head(int index) const {
        return {values.data() + std::size_t(index) * patches(), std::size_t(patches())};
    }
};

/// The mean over the heads. [rows * columns]
std::vector<float> meanOfHeads(const AttentionMap& map);

/// How values become colours. "head": each head from its least to its greatest value; "shared": from the
/// least to the greatest over all heads; "LO,HI": these values.
struct Scale {
    enum class Kind { PerHead, Shared, Fixed };
    Kind kind = Kind::PerHead;
    float low = 0;
    float high = 1;
    /// Percent of the values that the range spans, 100 for all: cuts off the highest, which outlier tokens
    /// take.
    double clipPercent = 100;

    /// "head", "shared" or "LO,HI". Throws UsageError naming --scale.
    static Scale parse(std::string_view text);
    std::string format() const;
    bool operator==(const Scale&) const = default;
};

struct ValueRange {
    float low = 0;
    float high = 0;
    /// 0 at low, 1 at high, clamped between; 0 everywhere if the range is empty, and for what is not a
    /// number.
    float normalise(float value) const {
        if (!(high > low)) return 0.0F;
        const float t = (value - low) / (high - low);
        return t > 1 ? 1.0F : t > 0 ? t : 0.0F;
    }
};

/// One range a head.
std::vector<ValueRange> headRanges(const AttentionMap& map, const Scale& scale);
/// The range of one grid on its own (a mean, for example), clipped as the scale says.
ValueRange gridRange(std::span<const float> grid, const Scale& scale);

/// 1 for the patches of greatest attention that together hold `mass` (0 to 1) of the grid's sum, else 0: what
/// the reference's --threshold keeps. The patch that crosses the mark is kept, of equal ones the later first;
/// what is not a number counts as 0.
std::vector<std::uint8_t> massMask(std::span<const float> grid, double mass);

}  // namespace dinoscope
