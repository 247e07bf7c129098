#pragma once

#include "engine/api/core.h"

namespace dinoscope {

/// Threads that the workspaces work on. They outlive them.
struct Runners {
    JobRunner& engine;  ///< models, forward passes, indexing, evaluation
    JobRunner& live;    ///< what a slider or the mouse asks for: must not wait behind a forward pass
    JobRunner& files;   ///< decoding, encoding, writing
};

}  // namespace dinoscope
