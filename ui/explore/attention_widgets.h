#pragma once

#include <QRectF>
#include <QSize>
#include <optional>
#include <vector>

#include "engine/api/attention.h"
#include "ui/bridge/job_bridge.h"
#include "ui/explore/attention_painter.h"
#include "ui/explore/explore_state.h"
#include "ui/widgets/head_grid.h"

namespace dinoscope {

class AttentionActions;
class ColourBar;
class FloatingCard;

/// What the widgets around a picture are told of attention, the same in Explore and Compare.

QSize cellsOf(const InputGeometry& geometry);      ///< columns and rows
QRectF coveredBy(const InputGeometry& geometry);   ///< in picture pixels
std::optional<QPoint> cellOf(const Query& query);  ///< of a patch

/// Mean, all, then a tile a head, with the keys that choose them.
std::vector<HeadTile> headTiles(int heads, const AttentionActions& actions);

/// The numbers of the colours on show, or the heads' hues; nothing where there are no heads.
void showColours(ColourBar& bar, const AttentionPainter& painter, const ExploreSettings& settings, int heads);

/// One card: what runs goes before what waits for an answer.
void showCard(FloatingCard& card, const JobBridge::Shown& running, const ExploreState& state,
              const std::optional<api::Cost>& cost);

}  // namespace dinoscope
