#pragma once

#include "engine/base/option.h"

// Not for app or ui: options that several commands share.
namespace dinoscope::api {

/// --resize and --crop.
const OptionSchema& inputOptions();

}  // namespace dinoscope::api
