#include "ui/widgets/cell_outline.h"

#include <QPainter>
#include <cmath>

namespace dinoscope {

namespace {

/// Joins the unit edges of one grid line, told by `edge(i)`, into runs and hands each to `emitRun(first,
/// last)`.
template <typename Edge, typename EmitRun>
void joinRuns(int length, const Edge& edge, const EmitRun& emitRun) {
    int first = -1;
    for (int i = 0; i <= length; ++i) {
        const bool set = i < length && edge(i);
        if (set && first < 0) first = i;
        if (!set && first >= 0) {
            emitRun(first, i);
            first = -1;
        }
    }
}

}  // namespace

std::vector<QLineF> cellOutline(std::span<const std::uint8_t> cells, QSize grid) {
    std::vector<QLineF> lines;
    const int columns = grid.width();
    const int rows = grid.height();
    if (grid.isEmpty() || cells.size() != std::size_t(columns) * std::size_t(rows)) return lines;
    const auto inside = [&](int row, int column) {
        return row >= 0 && row < rows && column >= 0 && column < columns &&
               cells[std::size_t(row) * std::size_t(columns) + std::size_t(column)] != 0;
    };
    for (int y = 0; y <= rows; ++y) {
        joinRuns(
            columns, [&](int x) { return inside(y - 1, x) != inside(y, x); },
            [&](int first, int last) { lines.emplace_back(first, y, last, y); });
    }
    for (int x = 0; x <= columns; ++x) {
        joinRuns(
            rows, [&](int y) { return inside(y, x - 1) != inside(y, x); },
            [&](int first, int last) { lines.emplace_back(x, first, x, last); });
    }
    return lines;
}

std::vector<QLineF> placedOutline(const std::vector<QLineF>& lines, QSize grid, const QRectF& area) {
    std::vector<QLineF> placed;
    if (grid.isEmpty()) return placed;
    placed.reserve(lines.size());
    const auto place = [&](const QPointF& corner) {
        return QPointF(std::round(area.left() + corner.x() * area.width() / grid.width()),
                       std::round(area.top() + corner.y() * area.height() / grid.height()));
    };
    for (const QLineF& line : lines)
        placed.emplace_back(place(line.p1()), place(line.p2()));
    return placed;
}

void drawOutline(QPainter& painter, const std::vector<QLineF>& lines, int width) {
    if (lines.empty()) return;
    painter.setPen(QPen(QColor(0, 0, 0, 160), 3 * width, Qt::SolidLine, Qt::SquareCap));
    painter.drawLines(lines.data(), int(lines.size()));
    painter.setPen(QPen(Qt::white, width, Qt::SolidLine, Qt::SquareCap));
    painter.drawLines(lines.data(), int(lines.size()));
}

}  // namespace dinoscope
