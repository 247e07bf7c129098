#include "engine/train/speed_probe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/train/train_setup.h"

namespace dinoscope {

namespace {

constexpr double kHidden = 2048;
constexpr double kBottleneck = 256;

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
    double seconds = std::numeric_limits<double>::infinity();
    for (int pass = 0; pass < 3; ++pass) {
        const auto start = std::chrono::steady_clock::now();
        settings.step = pass;
        settings.images = images;
        learner.begin(settings);
        learner.accumulate(batch, control);
        learner.end();
        learner.fetch();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        if (pass > 0) seconds = std::min(seconds, taken.count());
    }
    return seconds / double(images);
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
