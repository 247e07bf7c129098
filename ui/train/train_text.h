#pragma once

#include <QString>

#include "engine/api/train.h"
#include "engine/api/train_preview.h"
#include "ui/train/run_state.h"

namespace dinoscope {

/// Sentences of the Train workspace.

QString aboutText(double seconds);               ///< "about 12 min": no finer than an estimate is
QString runTimeText(double seconds);             ///< the same of a run, which takes none without a step
QString dataText(const api::DataSummary& data);  ///< "9,469 images in 10 classes"
QString sidesText(const api::DataSummary& data);
/// "60 images make 14 steps: nothing will be learnt below about 1,000."; empty where there are enough.
QString fewImagesText(std::int64_t images, std::int64_t steps, std::int64_t least);
/// Whether a loss that ended so is still where it begins, at ln K.
bool learntNothing(double loss, double uniform);
/// A sentence of the engine with options called as the form calls them: "--lr" is "learning rate".
QString inWords(const QString& sentence);
QString phaseText(const RunState& state);
/// "12 min left", or why it cannot be told; `sessionSteps` were finished since the run began or went on.
QString timeLeftText(const RunState& state, const Progress& progress, std::int64_t sessionSteps);
/// What became of a run that was stopped: whether there is a checkpoint, and a folder at all.
QString stoppedText(const QString& name, bool checkpoint, bool folder);
/// The same of one whose last loss was not a number.
QString brokenText(const QString& name);

}  // namespace dinoscope
