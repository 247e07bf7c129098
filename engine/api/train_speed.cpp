#include "engine/api/train_speed.h"

#include "engine/base/parallel.h"
#include "engine/train/run/train_options.h"
#include "engine/train/speed_probe.h"
#include "engine/train/train_setup.h"

namespace dinoscope::api {

TrainSpeed measureTrainSpeed(const OptionValues& given, JobControl& control) {
    OptionValues options = given;
    settleTrainOptions(options);
    checkTrainOptions(options);
    TrainSpeed speed;
    speed.placement = choosePlacement(options, Purpose::LiveView);
    const double seconds =
        measureSecondsPerImage(options, at::Device(speed.placement.device),
                               speed.placement.precision == Precision::Bf16, threadCount(), control);
    speed.operationsPerSecond = stepOperations(options) / seconds;
    return speed;
}

double secondsOfRun(const OptionValues& options, std::int64_t images, const TrainSpeed& speed) {
    const std::int64_t taken = images / stepImages(options) * stepImages(options);
    return double(options.integer("epochs")) * double(taken) * stepOperations(options) /
           speed.operationsPerSecond;
}

}  // namespace dinoscope::api
