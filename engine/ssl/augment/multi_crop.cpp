#include "engine/ssl/augment/multi_crop.h"

#include <string>

#include "engine/base/error.h"
#include "engine/base/option.h"

namespace dinoscope {

namespace {

constexpr int kMaxSide = 4096;
constexpr int kMaxCrops = 1000;

void checkNumber(const char* option, int value, int low, int high) {
    if (value >= low && value <= high) return;
    throw UsageError(
        std::to_string(value) + " is not between " + std::to_string(low) + " and " + std::to_string(high),
        option, "choose a number in that range");
}

void checkScale(const char* option, const ScaleRange& scale) {
    // Written so that a NaN fails.
    if (scale.low > 0 && scale.low <= scale.high && scale.high <= 1) return;
    throw UsageError("a crop cannot take between " + formatOptionValue(scale.low) + " and " +
                         formatOptionValue(scale.high) + " of an image",
                     option, "give two numbers with 0 < first <= second <= 1");
}

}  // namespace

void MultiCropOptions::check() const {
    checkNumber("--global-crops-number", globalCrops, 1, kMaxCrops);
    checkNumber("--local-crops-number", localCrops, 0, kMaxCrops);
    checkNumber("--global-crop-size", globalSize, 1, kMaxSide);
    checkScale("--global-crops-scale", globalScale);
    if (localCrops == 0) return;
    checkNumber("--local-crop-size", localSize, 1, kMaxSide);
    checkScale("--local-crops-scale", localScale);
}

}  // namespace dinoscope
