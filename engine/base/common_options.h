#pragma once

#include "engine/base/option.h"

namespace dinoscope {

/// --device, --precision, --threads and --seed: the options all commands share.
const OptionSchema& commonOptions();

}  // namespace dinoscope
