#pragma once

#include "engine/api/evaluate.h"

// Not for app or ui: the picture that --confusion names.
namespace dinoscope::api {

/// Throws UsageError or Error where it could not be written, which would be told only when all is computed.
void checkConfusion(const OptionValues& options);

/// Writes it, if one is named.
void writeConfusion(const OptionValues& options, const ConfusionMatrix& confusion);

}  // namespace dinoscope::api
