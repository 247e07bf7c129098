#include "ui/bridge/runtime_start.h"

#include <mutex>

#include "engine/api/runtime.h"

namespace dinoscope {

void startRuntimeOnce(const OptionValues& common) {
    static std::once_flag started;
    std::call_once(started, [&common] { api::startRuntime(common); });
}

}  // namespace dinoscope
