#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/image/image.h"
#include "engine/image/resample.h"

namespace dinoscope {

/// How an image becomes the network's input.
struct InputRecipe {
    int resize = 256;  ///< px, the shorter side, bicubic
    int crop = 224;    ///< px, both sides, about the centre; 0: all of it that whole patches cover
    int patchSize = 16;

    /// Throws UsageError for a crop that is larger than the resized side or smaller than a patch.
    void check() const;
};

/// An image at the size that the network sees. toBatch() (input_batch.h) normalises it.
struct NetworkInput {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> planes;  ///< [3, height, width]: red, green, blue
};

/// As torchvision's Resize and CenterCrop. With `thumbnail` a JPEG file of at most
/// kThumbnailSide px a side is made on the way. Throws Error for an image whose input would be too long.
constexpr int kThumbnailSide = 160;
NetworkInput prepareImage(const Image& image, const InputRecipe& recipe, std::vector<std::byte>* thumbnail);

/// A part of an image, scaled to a square of the crop's side (of `resize` where there is no crop).
NetworkInput preparePart(const Image& image, const SourceBox& part, const InputRecipe& recipe);

/// A JPEG file of at most kThumbnailSide px a side.
std::vector<std::byte> makeThumbnail(const Image& image);

}  // namespace dinoscope
