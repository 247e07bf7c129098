#pragma once

#include "engine/api/model.h"
#include "engine/nn/vit_config.h"
#include "engine/weights/inspector.h"

// Not for app or ui: what a ModelSource asks of the readers.
namespace dinoscope::api {

LoadOptions loadOptions(const ModelSource& source);

/// The architecture that untrained names, vit_small by default.
VitConfig untrainedConfig(const ModelSource& source);

}  // namespace dinoscope::api
