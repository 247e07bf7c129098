#include "engine/api/processes.h"

#include "engine/scale/process_group.h"

namespace dinoscope::api {

std::shared_ptr<ProcessGroup> joinProcesses(const ProcessPlace& place, JobControl& control) {
    return place.isAlone() ? nullptr : ProcessGroup::join(place, control);
}

}  // namespace dinoscope::api
