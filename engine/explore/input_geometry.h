#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dinoscope {

/// How an image is brought to the network's input: `--size 480` (shorter side, the longer rounded down to
/// keep the aspect), `--size 640x480` (exactly, squashed), `--native` (as it is).
struct InputSize {
    enum class Kind { ShorterSide, Exact, Native };
    Kind kind = Kind::ShorterSide;
    int width = 480;   ///< the shorter side, or the exact width
    int height = 480;  ///< the exact height

    static InputSize shorterSide(int pixels) { return {Kind::ShorterSide, pixels, pixels}; }
    static InputSize exact(int width, int height) { return {Kind::Exact, width, height}; }
    static InputSize native() { return {Kind::Native, 0, 0}; }

    /// "480" or "640x480" ("native" too). Throws UsageError naming --size.
    static InputSize parse(std::string_view text);
    std::string format() const;

    bool operator==(const InputSize&) const = default;
};

/// A cell of the patch grid.
struct PatchPosition {
    int row = 0;
    int column = 0;
    bool operator==(const PatchPosition&) const = default;
};

/// From the upright original to the patch grid: resize, then crop right and bottom to a multiple of the
/// patch.
struct InputGeometry {
    int imageWidth = 0;  ///< upright original, pixels
    int imageHeight = 0;
    int resizedWidth = 0;
    int resizedHeight = 0;
    int inputWidth = 0;  ///< after the crop: columns * patchSize
    int inputHeight = 0;
    int patchSize = 0;
    int rows = 0;
    int columns = 0;

    int patches() const { return rows * columns; }

    /// The part of the original that the patch grid covers, from its left top corner, in original pixels.
    double coveredWidth() const { return double(inputWidth) * imageWidth / resizedWidth; }
    double coveredHeight() const { return double(inputHeight) * imageHeight / resizedHeight; }

    /// The patch over a point of the original (pixels); empty outside the image or on the cropped strip.
    std::optional<PatchPosition> patchAt(double x, double y) const;

    bool operator==(const InputGeometry&) const = default;
};

/// Throws Error where the input would be smaller than one patch or larger than the positions can number.
InputGeometry planInput(int imageWidth, int imageHeight, const InputSize& size, int patchSize);

}  // namespace dinoscope
