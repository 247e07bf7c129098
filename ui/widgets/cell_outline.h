#pragma once

#include <QLineF>
#include <QRectF>
#include <QSize>
#include <cstdint>
#include <span>
#include <vector>

class QPainter;

namespace dinoscope {

/// The border between cells that are 0 and cells that are not (outside of the grid counts as 0), as few
/// straight lines in cell coordinates. `cells` is [rows * columns]; a wrong length gives no line.
std::vector<QLineF> cellOutline(std::span<const std::uint8_t> cells, QSize grid);

/// Those lines where the grid lies over `area`, on whole pixels of what `area` counts in.
std::vector<QLineF> placedOutline(const std::vector<QLineF>& lines, QSize grid, const QRectF& area);

/// White lines, `width` wide, with a dark border as wide on either side: seen on whatever is below.
void drawOutline(QPainter& painter, const std::vector<QLineF>& lines, int width = 1);

}  // namespace dinoscope
