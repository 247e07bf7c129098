#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/data/image_source.h"
#include "engine/scale/process_group.h"
#include "engine/scale/told_by_first.h"
#include "engine/train/learner.h"
#include "engine/train/training_checkpoint.h"

namespace dinoscope {

// What processes that train together say to each other between steps: each of these functions is called by
// all of them, in the same order.

/// Gives all of them the weights, the optimizer's state and the place of process 0.
void shareState(ProcessGroup& processes, Learner& learner, TrainingState& state);

/// Before each step, and before the run ends. Throws Cancelled in all of them where one `wantsToStop`.
void agreeToGoOn(ProcessGroup& processes, bool wantsToStop);

/// At the end of an epoch: what the others found unreadable in it. Only process 0 has use for it.
std::vector<BadImage> gatherBadImages(ProcessGroup& processes, const std::vector<BadImage>& found);

/// What must be equal in all processes.
struct Statement {
    std::string what;  ///< "--lr"
    std::string value;
};

/// Runs a part of the preparation in each of them. Where it fails in one it fails in all: with its own
/// exception or, in the others, with an Error that tells it, or with Cancelled. Then compares what each
/// states: Error where one differs from process 0, in all of them. In all but process 0 each of these Errors
/// is ToldByFirst.
void together(ProcessGroup& processes, const std::function<std::vector<Statement>()>& part);

}  // namespace dinoscope
