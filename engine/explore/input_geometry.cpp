#include "engine/explore/input_geometry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

constexpr int kLargestSide = 65'536;
/// Attention grows with the square: at this many patches a layer of ViT-S takes 4e14 operations, which is
/// about half an hour on a few cores. What is larger is a mistake (a line of pixels brought to --size).
constexpr std::int64_t kMostPatches = 500'000;

std::optional<int> parseSide(std::string_view text) {
    int value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || value < 1 || value > kLargestSide) {
        return std::nullopt;
    }
    return value;
}

std::string sizeText(int width, int height) {
    return std::to_string(width) + "x" + std::to_string(height);
}

}  // namespace

InputSize InputSize::parse(std::string_view text) {
    if (text == "native") return native();
    const auto cross = text.find('x');
    if (cross == std::string_view::npos) {
        if (const auto side = parseSide(text)) return shorterSide(*side);
    } else if (const auto width = parseSide(text.substr(0, cross))) {
        if (const auto height = parseSide(text.substr(cross + 1))) return exact(*width, *height);
    }
    throw UsageError(
        "'" + std::string(text) + "' is not a size", "--size",
        "give the shorter side in pixels, as 480, or width x height, as 640x480, each from 1 to " +
            std::to_string(kLargestSide));
}

std::string InputSize::format() const {
    switch (kind) {
        case Kind::ShorterSide:
            return std::to_string(width);
        case Kind::Exact:
            return sizeText(width, height);
        case Kind::Native:
            break;
    }
    return "native";
}

std::optional<PatchPosition> InputGeometry::patchAt(double x, double y) const {
    // Written so that what is not a number is outside too.
    const bool inside = x >= 0 && y >= 0 && x < coveredWidth() && y < coveredHeight();
    if (!inside) return std::nullopt;
    const double cellWidth = coveredWidth() / columns;
    const double cellHeight = coveredHeight() / rows;
    return PatchPosition{std::min(rows - 1, static_cast<int>(y / cellHeight)),
                         std::min(columns - 1, static_cast<int>(x / cellWidth))};
}

InputGeometry planInput(int imageWidth, int imageHeight, const InputSize& size, int patchSize) {
    InputGeometry geometry;
    geometry.imageWidth = imageWidth;
    geometry.imageHeight = imageHeight;
    geometry.patchSize = patchSize;
    switch (size.kind) {
        case InputSize::Kind::Native:
            geometry.resizedWidth = imageWidth;
            geometry.resizedHeight = imageHeight;
            break;
        case InputSize::Kind::Exact:
            geometry.resizedWidth = size.width;
            geometry.resizedHeight = size.height;
            break;
        case InputSize::Kind::ShorterSide: {
            // As torchvision's Resize: the longer side is rounded down.
            const auto longer = [&](int side, int other) {
                return static_cast<int>(
                    std::min<std::int64_t>(std::int64_t(size.width) * side / other, 1 << 30));
            };
            const bool wide = imageWidth > imageHeight;
            geometry.resizedWidth = wide ? longer(imageWidth, imageHeight) : size.width;
            geometry.resizedHeight = wide ? size.width : longer(imageHeight, imageWidth);
            break;
        }
    }
    geometry.columns = geometry.resizedWidth / patchSize;
    geometry.rows = geometry.resizedHeight / patchSize;
    geometry.inputWidth = geometry.columns * patchSize;
    geometry.inputHeight = geometry.rows * patchSize;
    const std::string input = sizeText(geometry.resizedWidth, geometry.resizedHeight);
    if (geometry.columns < 1 || geometry.rows < 1) {
        throw Error(
            "an input of " + input + " pixels is smaller than one patch of " + std::to_string(patchSize), {},
            size.kind == InputSize::Kind::Native ? "give a --size instead of --native"
                                                 : "choose a larger --size");
    }
    if (std::int64_t(geometry.columns) * geometry.rows > kMostPatches) {
        throw Error(
            "an input of " + input + " pixels has more than " + std::to_string(kMostPatches) + " patches", {},
            "choose a smaller --size, or give it as width x height");
    }
    return geometry;
}

}  // namespace dinoscope
