#include "engine/train/speed_probe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/train/run/train_options.h"
#include "engine/train/train_setup.h"

namespace dinoscope {

namespace {

constexpr double kHidden = 2048;
constexpr double kBottleneck = 256;
constexpr double kEnough = 1.5;  // seconds of trying
constexpr int kPasses = 3;       // the fastest counts: others work beside it

MicroBatch noise(const OptionValues& options, std::int64_t images, at::Device device) {
    const MultiCropOptions crops = multiCropOptions(options);
    MicroBatch batch;
    const auto add = [&](int views, int size) {
        if (views > 0) batch.groups.push_back(at::randn({views * images, 3, size, size}).to(device));
    };
    add(crops.globalCrops, crops.globalSize);
    add(crops.localCrops, crops.localSize);
    for (std::int64_t i = 0; i < images; ++i)
        batch.images.push_back(i);
    batch.labels = at::zeros({images}, at::kLong).to(device);
    return batch;
}

}  // namespace

double measureSecondsPerImage(const OptionValues& options, c10::Device device, bool bf16, int threads,
                              JobControl& control) {
    constexpr std::int64_t kClasses = 2;  // a supervised head costs next to nothing
    Learner learner(makeObjective(options, kClasses, device), learnerOptions(options, bf16), device);
    const std::int64_t images = microBatchImages(options, device, threads);
    const MicroBatch batch = noise(options, images, device);
    StepSettings settings = TrainSchedules(options, 1).at(0);
    settings.step = 0;
    const auto secondsOf = [&](int microBatches) {
        const auto start = std::chrono::steady_clock::now();
        settings.images = images * microBatches;
        learner.begin(settings);
        for (int i = 0; i < microBatches; ++i)
            learner.accumulate(batch, control);
        learner.end();
        learner.fetch();
        ++settings.step;
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    secondsOf(1);
    double one = std::numeric_limits<double>::infinity();
    double two = one;
    double spent = 0;
    for (int pass = 0; pass < kPasses && spent < kEnough; ++pass) {
        const double ofOne = secondsOf(1);
        const double ofTwo = secondsOf(2);
        one = std::min(one, ofOne);
        two = std::min(two, ofTwo);
        spent += ofOne + ofTwo;
    }
    // What a step takes whatever its images (optimizer, teacher) is shared by more of them than were tried.
    const double microBatch = std::clamp(two - one, one / 4, one);
    return microBatch / double(images) + (one - microBatch) / double(stepImages(options));
}

double stepOperations(const OptionValues& options) {
    const MultiCropOptions crops = multiCropOptions(options);
    const double views = crops.views();
    const double globals = crops.globalCrops;
    const double backward = backwardOperations(options);
    OptionValues globalsOnly = options;
    globalsOnly.set("local-crops-number", OptionValue(std::int64_t{0}));
    const double teacher = backwardOperations(globalsOnly) / 2;
    const double dim = isVit(options) ? vitConfig(options).dim : 2048;
    const double head =
        2 * ((dim + kHidden + kBottleneck) * kHidden + kBottleneck * double(options.integer("out-dim")));
    return 1.5 * backward + teacher + head * (3 * views + globals);
}

}  // namespace dinoscope
