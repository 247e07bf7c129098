#pragma once

#include "engine/api/model.h"
#include "engine/weights/inspector.h"

// Not for app or ui: where a ModelInfo comes from.
namespace dinoscope::api {

ModelInfo untrainedInfo(const ModelSource& source);
ModelInfo liveInfo(const ModelSource& source, const LiveTeacher& teacher);
ModelInfo fromInspection(const Inspection& inspection);

/// What the catalogue knows of this file, or of one of its name that holds the same network, unless its hash
/// was computed and is another's.
void addCatalogue(const Inspection& inspection, ModelInfo& info);

}  // namespace dinoscope::api
