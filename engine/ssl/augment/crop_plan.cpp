#include "engine/ssl/augment/crop_plan.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/hash.h"

namespace dinoscope {

namespace {

constexpr double kMinRatio = 3.0 / 4.0;
constexpr double kMaxRatio = 4.0 / 3.0;
constexpr int kTries = 10;
constexpr double kFlip = 0.5;
constexpr double kJitter = 0.8;
constexpr double kBrightness = 0.4;
constexpr double kContrast = 0.4;
constexpr double kSaturation = 0.2;
constexpr double kHue = 0.1;
constexpr double kGray = 0.2;
constexpr double kMinBlur = 0.1;  // px
constexpr double kMaxBlur = 2.0;
constexpr double kSolarize = 0.2;

/// What a number is drawn for. Each has its own, so that leaving one out moves no other. Part of the meaning
/// of a seed: never renumber.
enum Purpose : std::uint64_t {
    Area = 1,
    Ratio,
    Left,
    Top,
    Flip,
    DoJitter,
    Order,
    Brightness,
    Contrast,
    Saturation,
    Hue,
    Gray,
    DoBlur,
    BlurRadius,
    Solarize
};

class Draws {
public:
    explicit Draws(std::uint64_t key) : key_(key) {}

    double uniform(Purpose purpose, double low, double high, std::uint64_t attempt = 0) const {
        return low + (high - low) * toUniform(mix(key_, purpose, attempt));
    }
    bool chance(Purpose purpose, double probability) const { return uniform(purpose, 0, 1) < probability; }
    /// 0 … count - 1.
    int below(Purpose purpose, int count, std::uint64_t attempt = 0) const {
        return std::min(count - 1, static_cast<int>(uniform(purpose, 0, count, attempt)));
    }

private:
    std::uint64_t key_;
};

/// Half to even, as Python's round().
int rounded(double value) {
    return static_cast<int>(std::nearbyint(value));
}

/// The largest part about the centre whose sides have an allowed ratio.
CropBox centralBox(int width, int height) {
    CropBox box{0, 0, width, height};
    const double ratio = static_cast<double>(width) / height;
    if (ratio < kMinRatio) box.height = rounded(width / kMinRatio);
    if (ratio > kMaxRatio) box.width = rounded(height * kMaxRatio);
    box.left = (width - box.width) / 2;
    box.top = (height - box.height) / 2;
    return box;
}

/// torchvision's RandomResizedCrop.get_params().
CropBox drawBox(const ScaleRange& scale, int width, int height, const Draws& draws) {
    const double area = static_cast<double>(width) * height;
    for (std::uint64_t attempt = 0; attempt < kTries; ++attempt) {
        const double wanted = area * draws.uniform(Area, scale.low, scale.high, attempt);
        const double ratio =
            std::exp(draws.uniform(Ratio, std::log(kMinRatio), std::log(kMaxRatio), attempt));
        CropBox box{0, 0, rounded(std::sqrt(wanted * ratio)), rounded(std::sqrt(wanted / ratio))};
        if (box.width < 1 || box.height < 1 || box.width > width || box.height > height) continue;
        box.left = draws.below(Left, width - box.width + 1, attempt);
        box.top = draws.below(Top, height - box.height + 1, attempt);
        return box;
    }
    return centralBox(width, height);
}

ColourJitter drawJitter(const Draws& draws) {
    ColourJitter jitter;
    const auto around = [&](Purpose purpose, double centre, double reach) {
        return static_cast<float>(draws.uniform(purpose, centre - reach, centre + reach));
    };
    jitter.brightness = around(Brightness, 1, kBrightness);
    jitter.contrast = around(Contrast, 1, kContrast);
    jitter.saturation = around(Saturation, 1, kSaturation);
    jitter.hue = around(Hue, 0, kHue);
    for (int last = 3; last > 0; --last) {
        const int other = draws.below(Order, last + 1, static_cast<std::uint64_t>(last));
        std::swap(jitter.order[static_cast<std::size_t>(last)],
                  jitter.order[static_cast<std::size_t>(other)]);
    }
    return jitter;
}

double blurProbability(const MultiCropOptions& options, int view) {
    if (!options.isGlobal(view)) return 0.5;
    return view == 0 ? 1.0 : 0.1;
}

}  // namespace

void CropBox::checkWithin(int imageWidth, int imageHeight) const {
    const bool isWithin = left >= 0 && top >= 0 && width >= 1 && height >= 1 && left <= imageWidth - width &&
                          top <= imageHeight - height;
    if (isWithin) return;
    throw Error("a crop of " + std::to_string(width) + " x " + std::to_string(height) + " pixels at " +
                std::to_string(left) + ", " + std::to_string(top) + " leaves an image of " +
                std::to_string(imageWidth) + " x " + std::to_string(imageHeight));
}

std::uint64_t imageKey(std::uint64_t seed, std::int64_t epoch, std::int64_t image) {
    return mix(seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(image));
}

CropPlan drawCropPlan(const MultiCropOptions& options, int width, int height, int view, std::uint64_t key) {
    const Draws draws(mix(key, static_cast<std::uint64_t>(view)));
    CropPlan plan;
    plan.box = drawBox(options.scaleOf(view), width, height, draws);
    plan.flip = draws.chance(Flip, kFlip);
    if (options.recipe == AugmentRecipe::CropAndFlip) return plan;
    if (draws.chance(DoJitter, kJitter)) plan.jitter = drawJitter(draws);
    plan.gray = draws.chance(Gray, kGray);
    if (draws.chance(DoBlur, blurProbability(options, view))) {
        plan.blurRadius = static_cast<float>(draws.uniform(BlurRadius, kMinBlur, kMaxBlur));
    }
    const bool solarizes = options.isGlobal(view) && view > 0;
    plan.solarize = solarizes && draws.chance(Solarize, kSolarize);
    return plan;
}

}  // namespace dinoscope
