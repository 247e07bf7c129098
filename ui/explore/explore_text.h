#pragma once

#include <QString>
#include <cstdint>

#include "engine/api/model.h"
#include "ui/explore/attention_painter.h"
#include "ui/explore/explore_state.h"

namespace dinoscope {

/// The sentences and numbers of the Explore workspace, apart from the widgets that show them.

QString sentenceOf(const Error& error);               ///< with a full stop
QString headTitle(const HeadChoice& choice);          ///< "Head 3", "Mean of all heads"
QString valueText(double value);                      ///< two or three significant digits
QString bytesText(std::int64_t bytes);                ///< "120 MB"
QString secondsText(double seconds);                  ///< "0.4 s", "2 min"
QString costText(const api::Cost& cost);              ///< "about 0.4 s and 120 MB"
QString geometryText(const InputGeometry& geometry);  ///< "720 × 480 px, 45 × 30 patches"
QString readingText(PatchPosition patch, const PatchReading& reading, const HeadChoice& choice);
QString queryText(const Query& query);                   ///< "[CLS]", "patch row 3, column 8"
QString modelTitle(const api::ModelInfo& info);          ///< "untrained ViT-S/16"
QString placementText(const api::Placement& placement);  ///< "CPU · fp32"

}  // namespace dinoscope
