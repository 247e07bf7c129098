#include "engine/base/inline_runner.h"

namespace dinoscope {

std::shared_ptr<JobControl> InlineRunner::submit(Job job) {
    auto control = std::make_shared<JobControl>();
    runJob(job, *control);
    return control;
}

}  // namespace dinoscope
