#include "ui/neighbours/confusion_view.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <numeric>

#include "ui/bridge/colour_bridge.h"
#include "ui/bridge/texts.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

ConfusionView::ConfusionView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Confusion matrix"));
}

void ConfusionView::setMatrix(api::ConfusionMatrix matrix) {
    matrix_ = std::move(matrix);
    const int classes = int(matrix_.classes.size());
    totals_.assign(std::size_t(classes), 0);
    cells_ = classes > 0 ? QImage(classes, classes, QImage::Format_Indexed8) : QImage();
    if (classes > 0) cells_.setColorTable(colourTableOf(ColourMap::Viridis));
    for (int row = 0; row < classes; ++row) {
        const auto first = matrix_.counts.begin() + std::ptrdiff_t(row) * classes;
        const std::int64_t total = std::accumulate(first, first + classes, std::int64_t{0});
        totals_[std::size_t(row)] = total;
        uchar* line = cells_.scanLine(row);
        for (int column = 0; column < classes; ++column) {
            const double share = total > 0 ? double(first[column]) / double(total) : 0;
            line[column] = uchar(std::clamp(int(share * 255 + 0.5), 0, 255));
        }
    }
    update();
}

/// A square, left of it room for "true" and below for "predicted".
QRect ConfusionView::area() const {
    const int text = fontMetrics().height() + kHalfStep;
    const int side = std::max(1, std::min(width() - text, height() - text));
    return {text, 0, side, side};
}

QString ConfusionView::cellText(const QPoint& position) const {
    const QRect square = area();
    const int classes = int(matrix_.classes.size());
    if (classes == 0 || !square.contains(position)) return {};
    const auto row = std::size_t((position.y() - square.top()) * classes / square.height());
    const auto column = std::size_t((position.x() - square.left()) * classes / square.width());
    const QString count = countText(matrix_.count(row, column));
    const QString total = countText(totals_[row]);
    const QString truth = QString::fromStdString(matrix_.classes[row]);
    if (row == column) return tr("%1 of %2 “%3” told right").arg(count, total, truth);
    return tr("%1 of %2 “%3” taken for “%4”")
        .arg(count, total, truth, QString::fromStdString(matrix_.classes[column]));
}

bool ConfusionView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), cellText(help->pos()), this);
        return true;
    }
    return QWidget::event(event);
}

void ConfusionView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (cells_.isNull()) return;
    const QRect square = area();
    painter.drawImage(square, cells_);  // unsmoothed: a cell stays a cell
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(
        QRect(square.left(), square.bottom() + kHalfStep, square.width(), fontMetrics().height()),
        Qt::AlignCenter, tr("predicted"));
    painter.translate(0, square.bottom());
    painter.rotate(-90);
    painter.drawText(QRect(0, 0, square.height(), fontMetrics().height()), Qt::AlignCenter, tr("true"));
}

}  // namespace dinoscope
