#pragma once

#include "engine/api/core.h"

namespace dinoscope {

/// api::startRuntime(), at the first call only. On the engine's thread: it can take a second.
void startRuntimeOnce(const OptionValues& common);

}  // namespace dinoscope
