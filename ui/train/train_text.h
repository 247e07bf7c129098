#pragma once

#include <QString>

#include "engine/api/train.h"
#include "engine/api/train_preview.h"
#include "ui/train/run_state.h"

namespace dinoscope {

/// Sentences of the Train workspace.

QString countedText(std::int64_t count);         ///< "9,469"
QString durationText(double seconds);            ///< "40 s", "12 min", "3 h 20 min", "5 days"
QString aboutText(double seconds);               ///< the same, told as the estimate that it is
QString dataText(const api::DataSummary& data);  ///< "9,469 images in 10 classes"
QString sidesText(const api::DataSummary& data);
QString phaseText(const RunState& state);
/// "12 min left", or why it cannot be told.
QString timeLeftText(const RunState& state, const Progress& progress);

}  // namespace dinoscope
