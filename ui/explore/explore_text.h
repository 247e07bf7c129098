#pragma once

#include <QString>

#include "ui/bridge/texts.h"
#include "ui/explore/attention_painter.h"
#include "ui/explore/explore_state.h"

namespace dinoscope {

/// The sentences and numbers of the Explore workspace, apart from the widgets that show them.

QString headTitle(const HeadChoice& choice);  ///< "Head 3", "Mean of all heads"
QString costText(const api::Cost& cost);      ///< "about 0.4 s and 120 MB"
/// "720 × 480 px, 45 × 30 patches"; of activation energy "cells"
QString geometryText(const InputGeometry& geometry, bool energy);
QString readingText(PatchPosition patch, const PatchReading& reading, const HeadChoice& choice,
                    int heads);         ///< of the map
QString queryText(const Query& query);  ///< "[CLS]", "patch row 3, column 8"

}  // namespace dinoscope
