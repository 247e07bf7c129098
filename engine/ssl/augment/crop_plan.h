#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/ssl/augment/multi_crop.h"

namespace dinoscope {

/// Part of an image in whole pixels.
struct CropBox {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;

    /// Throws Error if it is empty or leaves an image of that size.
    void checkWithin(int imageWidth, int imageHeight) const;
    bool operator==(const CropBox&) const = default;
};

enum class JitterStep : std::uint8_t { Brightness, Contrast, Saturation, Hue };

/// torchvision's ColorJitter with its numbers drawn.
struct ColourJitter {
    float brightness = 1;  ///< factors; 1 leaves the image as it is
    float contrast = 1;
    float saturation = 1;
    float hue = 0;  ///< part of the colour circle, -0.5 to 0.5
    std::array<JitterStep, 4> order{JitterStep::Brightness, JitterStep::Contrast, JitterStep::Saturation,
                                    JitterStep::Hue};

    /// The hue in 256ths of the circle: towards zero, then modulo 256, as the reference casts.
    std::uint8_t hueShift() const { return static_cast<std::uint8_t>(static_cast<int>(double{hue} * 255)); }
    bool operator==(const ColourJitter&) const = default;
};

/// All that chance decides about one view of one image, in the order in which it is applied.
struct CropPlan {
    CropBox box;
    bool flip = false;
    std::optional<ColourJitter> jitter;
    bool gray = false;
    float blurRadius = 0;  ///< standard deviation in pixels of the crop, 0 for none
    bool solarize = false;

    bool operator==(const CropPlan&) const = default;
};

/// The number from which all draws for one image in one epoch derive.
std::uint64_t imageKey(std::uint64_t seed, std::int64_t epoch, std::int64_t image);

/// Draws the plan of one view of an image of `width` x `height` pixels with the distributions of
/// DataAugmentationDINO. It is a function of its arguments alone; `key` is imageKey().
CropPlan drawCropPlan(const MultiCropOptions& options, int width, int height, int view, std::uint64_t key);

}  // namespace dinoscope
