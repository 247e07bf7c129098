#include "engine/api/train_speed.h"

#include <algorithm>
#include <cmath>

#include "engine/base/parallel.h"
#include "engine/train/run/train_options.h"
#include "engine/train/speed_probe.h"
#include "engine/train/train_setup.h"

namespace dinoscope::api {

namespace {

TrainSpeed::Trial tryOut(const OptionValues& given, JobControl& control) {
    OptionValues options = given;
    settleTrainOptions(options);
    checkTrainOptions(options);
    const Placement placement = choosePlacement(options, Purpose::LiveView);
    const double seconds =
        measureSecondsPerImage(options, at::Device(placement.device), placement.precision == Precision::Bf16,
                               threadCount(), control);
    const double operations = stepOperations(options);
    return {operations, operations / seconds};
}

}  // namespace

TrainSpeed measureTrainSpeed(const std::vector<OptionValues>& trials, JobControl& control) {
    TrainSpeed speed;
    for (const OptionValues& options : trials)
        speed.trials.push_back(tryOut(options, control));
    return speed;
}

double secondsOfRun(const OptionValues& options, std::int64_t images, const TrainSpeed& speed) {
    const std::int64_t taken = images / stepImages(options) * stepImages(options);
    const double operations = stepOperations(options);
    const auto nearest = std::ranges::min_element(speed.trials, {}, [&](const TrainSpeed::Trial& trial) {
        return std::abs(std::log(trial.operations / operations));
    });
    return double(options.integer("epochs")) * double(taken) * operations / nearest->operationsPerSecond;
}

}  // namespace dinoscope::api
