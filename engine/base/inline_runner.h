#pragma once

#include "engine/base/job.h"

namespace dinoscope {

/// Runs each job inside submit(), on the caller's thread: for tests and one-shot programs.
class InlineRunner : public JobRunner {
public:
    std::shared_ptr<JobControl> submit(Job job) override;
};

}  // namespace dinoscope
