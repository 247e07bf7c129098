#include "engine/neighbours/image_input.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/base/error.h"
#include "engine/image/encode.h"
#include "engine/ssl/augment/evaluation_transform.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kMaxPatches = 1 << 14;  // of an image that is not cropped
constexpr int kThumbnailQuality = 85;

NetworkInput take(const Image& image, const PixelBox& box) {
    const auto area = static_cast<std::size_t>(box.width) * static_cast<std::size_t>(box.height);
    NetworkInput input{box.width, box.height, std::vector<std::uint8_t>(Image::kChannels * area)};
    splitBox(image, box, input.planes.data());
    return input;
}

/// By the size that it will have, which is not made yet: a line of pixels becomes gigabytes.
void requireTakenWhole(const Image& image, const InputRecipe& recipe) {
    const double shorter = std::min(image.width, image.height);
    const double scale = recipe.resize / shorter / recipe.patchSize;
    if (std::floor(image.width * scale) * std::floor(image.height * scale) <= kMaxPatches) return;
    throw Error("the image is too long to be taken whole", {}, "give --crop");
}

}  // namespace

void InputRecipe::check() const {
    if (crop > 0) EvaluationOptions{resize, crop}.check();
    const int side = crop > 0 ? crop : resize;
    if (side >= patchSize && (crop == 0 || crop % patchSize == 0)) return;
    throw UsageError("an input of " + std::to_string(side) + " px cannot be cut into patches of " +
                         std::to_string(patchSize) + " px",
                     crop > 0 ? "--crop" : "--resize", "give a multiple of the patch");
}

NetworkInput prepareImage(const Image& image, const InputRecipe& recipe, std::vector<std::byte>* thumbnail) {
    if (recipe.crop == 0) requireTakenWhole(image, recipe);
    if (recipe.crop > 0 && isVeryLong(image)) {
        if (thumbnail) *thumbnail = makeThumbnail(image);
        return take(cropForEvaluation(image, {recipe.resize, recipe.crop}), {0, 0, recipe.crop, recipe.crop});
    }
    const Image whole = resizeForEvaluation(image, recipe.resize);
    const int patch = recipe.patchSize;
    const PixelBox box = recipe.crop > 0
                             ? centreBox(whole, recipe.crop)
                             : PixelBox{0, 0, whole.width / patch * patch, whole.height / patch * patch};
    if (thumbnail)
        *thumbnail = makeThumbnail(std::max(image.width, image.height) < recipe.resize ? image : whole);
    return take(whole, box);
}

NetworkInput preparePart(const Image& image, const SourceBox& part, const InputRecipe& recipe) {
    const int side = recipe.crop > 0 ? recipe.crop : recipe.resize / recipe.patchSize * recipe.patchSize;
    const Image square = resize(image, side, side, Filter::Bicubic, part);
    return take(square, {0, 0, side, side});
}

std::vector<std::byte> makeThumbnail(const Image& image) {
    const int longer = std::max(image.width, image.height);
    if (longer <= kThumbnailSide) return encodeJpeg(image, kThumbnailQuality);
    const auto scaled = [&](int side) {
        return std::max(1, static_cast<int>(std::int64_t{side} * kThumbnailSide / longer));
    };
    return encodeJpeg(resize(image, scaled(image.width), scaled(image.height), Filter::Bilinear),
                      kThumbnailQuality);
}

}  // namespace dinoscope
