#pragma once

#include <QString>

#include "engine/api/run.h"
#include "ui/train/run_state.h"

namespace dinoscope {

/// Sentences and numbers that the pages about runs write alike.

QString stateText(api::RunState state);  ///< "live"
/// Of the run that this window trains, which knows more than its folder: "paused", "failed".
QString stateText(api::RunState state, const RunState& own);
QString epochsText(const api::RunSummary& run);  ///< "12 of 100", with a decimal within an epoch
QString lossText(double loss);                   ///< "5.312"; empty where it was not measured
/// Why there is no test of the features to draw: "first after epoch 3".
QString emptyEpochsText(const api::RunSummary& run);
QString percentOf(double percent);                ///< "41.2 %"; empty where it was not measured
QString networkText(const api::RunSummary& run);  ///< "vit_tiny/16"
QString durationText(double seconds);             ///< "1 h 12 min"
/// What an option is called, "Teacher temperature"; what is no option is called as its key.
QString optionTitle(const std::string& key);

}  // namespace dinoscope
