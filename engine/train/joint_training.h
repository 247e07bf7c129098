#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/scale/process_group.h"
#include "engine/train/learner.h"
#include "engine/train/training_checkpoint.h"

namespace dinoscope {

// What processes that train together say to each other between steps: each of these functions is called by
// all of them, in the same order.

/// Gives all of them the weights, the optimizer's state and the place of process 0.
void shareState(ProcessGroup& processes, Learner& learner, TrainingState& state);

/// Before each step, and before the run ends. Throws Cancelled in all of them where one was cancelled.
void agreeToGoOn(ProcessGroup& processes, const JobControl& control);

/// Images that are known to be unreadable: what one of them knows all know from here on.
std::vector<std::int64_t> shareBadImages(ProcessGroup& processes, const std::vector<std::int64_t>& images);

/// Runs a part of the preparation in each of them. Where it fails in one it fails in all: here with its own
/// exception, in the others with an Error that tells it, or Cancelled. Then compares what each says of
/// itself: Error where one says something else than process 0, in all of them.
struct Statement {
    std::string what;  ///< "the images"
    std::string text;
};
void together(ProcessGroup& processes, const std::function<std::vector<Statement>()>& part);

}  // namespace dinoscope
