#pragma once

#include <memory>

#include "engine/base/job.h"
#include "engine/scale/process_place.h"
#include "engine/scale/told_by_first.h"

namespace dinoscope {

class ProcessGroup;

}  // namespace dinoscope

namespace dinoscope::api {

/// Waits until all processes that train together are there, up to ten minutes; polls. Null for one that is
/// alone. Call after startRuntime(). Throws Error that says who is missing.
std::shared_ptr<ProcessGroup> joinProcesses(const ProcessPlace& place, JobControl& control);

}  // namespace dinoscope::api
