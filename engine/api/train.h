#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/processes.h"
#include "engine/api/runtime.h"
#include "engine/train/run/metrics.h"
#include "engine/train/run/preset.h"
#include "engine/train/run/reference_line.h"
#include "engine/train/run/train_option_specs.h"
#include "engine/train/run/train_options.h"
#include "engine/train/run/train_requests.h"

namespace dinoscope::api {

/// What a watcher hears of a run, on the thread that trains. Each may be empty.
struct TrainWatcher {
    std::function<void()> began;  ///< all is read and made: the first step comes next
    std::function<void(const StepMetrics&)> step;
    std::function<void(const EpochMetrics&)> epoch;
    std::function<void()> saving;  ///< a checkpoint is being written
    std::function<void(const std::filesystem::path&)> saved;
    std::shared_ptr<TrainRequests> requests;  ///< what the watcher asks of the run, or null
};

/// How a session of training ended.
struct TrainReport {
    std::filesystem::path run;
    std::int64_t epochs = 0;  ///< behind it
    std::int64_t steps = 0;   ///< of this session
    std::int64_t images = 0;  ///< in the dataset
    std::int64_t classes = 0;
    std::int64_t skipped = 0;  ///< unreadable images
    std::int64_t gone = 0;     ///< images that the run began with and goes on without
    Placement placement;
    double loss = kNotMeasured;
    double knnTop1 = kNotMeasured;
    bool alreadyFinished = false;
    int processes = 1;  ///< that shared the steps
};

/// Applies --preset, if it is given, to what `options` leave open, a name being looked up in `folder`. A run
/// that
/// --resume goes on with keeps its own options. Returns what there is to tell, a sentence each.
std::vector<std::string> takePreset(OptionValues& options, const std::filesystem::path& folder);

/// Pretrains as `options` (of trainOptions(), presets already applied) say: a new run, or with --resume the
/// one that lies in --output, with the images that it began with. Call on the engine's thread. Polls in every
/// micro-batch; progress counts steps. When it is cancelled a checkpoint is written before Cancelled leaves.
///
/// With `processes` each of them calls this with the same options. They share the batches of each step, and
/// process 0 alone writes. What fails in one ends it in all, and is ToldByFirst where process 0 tells it too;
/// where one is cancelled, all are after the step.
TrainReport train(const OptionValues& options, const TrainWatcher& watcher, JobControl& control,
                  ProcessGroup* processes = nullptr);

std::string toJson(const TrainReport& report);

/// What --plan tells: predicted peak memory by part, for people and as JSON.
struct TrainPlan {
    struct Part {
        std::string name;
        std::int64_t bytes = 0;
    };
    Placement placement;
    std::vector<Part> parts;
    std::int64_t total = 0;
    std::int64_t available = 0;
    // Of main memory, where a card computes; empty and 0 otherwise.
    std::vector<Part> hostParts;
    std::int64_t hostTotal = 0;
    std::int64_t hostAvailable = 0;
    std::int64_t microBatch = 0;
    std::int64_t largestBatch = 0;
    std::vector<std::string> advice;
};
/// What the process at `place` takes. With --data the images are looked at; without, decoded images are left
/// out. With --resume it tells of the run in --output, with what may change as given, and advises only that;
/// Errors as train() has them.
TrainPlan planTraining(const OptionValues& options, JobControl& control, const ProcessPlace& place = {});
/// The same for `images` images that were looked at before, 0 where none were: `pixelBytes` of them all,
/// decoded.
TrainPlan planTraining(const OptionValues& options, std::int64_t classes, std::int64_t images,
                       std::int64_t pixelBytes);
std::string describe(const TrainPlan& plan);
std::string toJson(const TrainPlan& plan);

}  // namespace dinoscope::api
