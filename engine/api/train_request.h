#pragma once

#include <optional>
#include <string>

#include "engine/api/placement.h"
#include "engine/base/job.h"
#include "engine/train/memory_plan.h"
#include "engine/train/run/run_images.h"
#include "engine/train/run/run_record.h"

namespace dinoscope::api {

// What train() and planTraining() make of the options before anything is written. Internal.

/// What is asked for, and the record of the run that it goes on with.
struct TrainRequest {
    OptionValues options;
    std::optional<RunRecord> record;
    OptionValues effective;  ///< what holds: of a run that goes on its own, but for what may change
    ProcessPlace place;      ///< of processes that share the steps

    RunPaths paths() const { return RunPaths(options.text("output")); }
};

/// Settles and checks the options; notes what there is to tell. Paths are absolute from here on: a run may go
/// on from another working folder. --accumulate, as given the batches of each process, is that of them all.
TrainRequest trainRequest(const OptionValues& given, const ProcessPlace& place, JobControl& control);
/// The record in a run's folder. Of an older program's relative paths those that are found from here are made
/// absolute.
RunRecord recordOfRun(const RunPaths& paths);

/// Throws what would end the run once its images were looked at, which can take minutes: a folder that is
/// taken, weights and pinned images that cannot be read.
void refuseEarly(const TrainRequest& request);

/// Where it is computed. A run keeps the precision that it began with, wherever it goes on.
Placement placementOf(const TrainRequest& request);
ComputeTerms termsOf(const Placement& placement, const ProcessPlace& place);

/// What the folder holds, or of a run that goes on the images that it began with. Throws Error where they are
/// not.
KeptDataset imagesOf(const TrainRequest& request, JobControl& control);
ImageFacts factsOf(const ImageDataset& dataset);
DataRecord recordOf(const ImageDataset& dataset, const std::string& source);

MemoryPlan memoryOf(const TrainRequest& request, const ImageFacts& images, const Placement& placement);
/// Notes where the run's checkpoints will not find room.
void noteTightDisk(const TrainRequest& request, std::int64_t classes, JobControl& control);

/// The plan of a resume, told.
ResumePlan tellResume(const RunPaths& paths, const RunRecord& record, const OptionValues& given,
                      const KeptDataset& images, const ComputeTerms& terms, JobControl& control);

}  // namespace dinoscope::api
