#include "engine/image/colour_map.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/base/error.h"
#include "engine/image/colour_map_tables.h"

namespace dinoscope {

namespace {

constexpr std::array<ColourMap, 5> kMaps{ColourMap::Viridis, ColourMap::Inferno, ColourMap::Magma,
                                         ColourMap::Turbo, ColourMap::Gray};

constexpr ColourTable kGray = [] {
    ColourTable table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        table[i] = 0xFF000000U | i << 16 | i << 8 | i;
    }
    return table;
}();

/// IEC 61966-2-1: a linear intensity as an sRGB byte.
std::uint32_t srgbByte(double linear) {
    linear = std::clamp(linear, 0.0, 1.0);
    const double encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1.0 / 2.4) - 0.055;
    return static_cast<std::uint32_t>(std::lround(255.0 * encoded));
}

/// OKLCH to sRGB: Ottosson 2020, "A perceptual color space for image processing". `hue` in radians.
std::uint32_t oklch(double lightness, double chroma, double hue) {
    const double a = chroma * std::cos(hue);
    const double b = chroma * std::sin(hue);
    const auto cubed = [](double x) { return x * x * x; };
    const double l = cubed(lightness + 0.3963377774 * a + 0.2158037573 * b);
    const double m = cubed(lightness - 0.1055613458 * a - 0.0638541728 * b);
    const double s = cubed(lightness - 0.0894841775 * a - 1.2914855480 * b);
    const std::uint32_t red = srgbByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
    const std::uint32_t green = srgbByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
    const std::uint32_t blue = srgbByte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
    return 0xFF000000U | red << 16 | green << 8 | blue;
}

}  // namespace

std::string name(ColourMap map) {
    switch (map) {
        case ColourMap::Viridis:
            return "viridis";
        case ColourMap::Inferno:
            return "inferno";
        case ColourMap::Magma:
            return "magma";
        case ColourMap::Turbo:
            return "turbo";
        case ColourMap::Gray:
            return "gray";
    }
    return "unknown";
}

ColourMap parseColourMap(std::string_view text) {
    std::string known;
    for (const ColourMap map : kMaps) {
        if (name(map) == text) return map;
        known += (known.empty() ? "" : map == kMaps.back() ? " or " : ", ") + name(map);
    }
    throw UsageError("there is no such colour map", std::string(text), "use " + known);
}

std::vector<ColourMap> allColourMaps() {
    return {kMaps.begin(), kMaps.end()};
}

const std::array<std::uint32_t, 256>& colourTable(ColourMap map) {
    switch (map) {
        case ColourMap::Viridis:
            return kViridis;
        case ColourMap::Inferno:
            return kInferno;
        case ColourMap::Magma:
            return kMagma;
        case ColourMap::Turbo:
            return kTurbo;
        case ColourMap::Gray:
            break;
    }
    return kGray;
}

std::uint32_t colour(ColourMap map, float t) {
    if (!(t > 0)) return colourTable(map).front();
    return colourTable(map)[t < 1 ? static_cast<std::size_t>(t * 256) : 255];
}

std::uint32_t headHue(int k, int heads) {
    if (k < 0 || k >= heads) {
        throw Error("there is no head " + std::to_string(k) + " of " + std::to_string(heads), {},
                    "heads count from 0");
    }
    // The most vivid lightness and chroma that lie within sRGB for every hue.
    constexpr double kLightness = 0.75;
    constexpr double kChroma = 0.12;
    constexpr double kFirst = 30.0 / 180.0 * std::numbers::pi;  // red
    return oklch(kLightness, kChroma, kFirst + 2 * std::numbers::pi * k / heads);
}

}  // namespace dinoscope
