#include "ui/widgets/contact_sheet.h"

#include <QFocusEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <algorithm>

#include "ui/widgets/metrics.h"

namespace dinoscope {

ContactSheet::ContactSheet(int side, int mostRows, QWidget* parent)
    : QWidget(parent), side_(side), mostRows_(mostRows) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setFocusPolicy(Qt::StrongFocus);
}

void ContactSheet::setCount(int count) {
    pictures_.assign(std::size_t(count), {});
    current_ = 0;
    updateGeometry();
    update();
}

void ContactSheet::setToolTips(const QStringList& texts) {
    toolTips_ = texts;
    setAccessibleDescription(toolTips_.value(current_));
}

void ContactSheet::setCurrent(int index) {
    current_ = std::clamp(index, 0, std::max(0, shown() - 1));
    setAccessibleDescription(toolTips_.value(current_));
    update();
}

void ContactSheet::setPicture(int index, const QImage& picture) {
    if (index < 0 || index >= int(pictures_.size())) return;
    pictures_[std::size_t(index)] = picture;
    update(cell(index));
}

int ContactSheet::columnsFor(int width) const {
    return std::max(1, (width + kHalfStep) / (side_ + kHalfStep));
}

int ContactSheet::shown() const {
    return std::min(int(pictures_.size()), mostRows_ * columnsFor(width()));
}

int ContactSheet::heightForWidth(int width) const {
    if (pictures_.empty()) return 0;
    const int columns = columnsFor(width);
    const int rows = std::min(mostRows_, (int(pictures_.size()) + columns - 1) / columns);
    return rows * (side_ + kHalfStep) - kHalfStep;
}

/// The columns share what is left over.
QRect ContactSheet::cell(int index) const {
    const int columns = columnsFor(width());
    const int pitch = columns > 1 ? (width() - side_) / (columns - 1) : 0;
    return {index % columns * std::min(pitch, side_ + 2 * kHalfStep), index / columns * (side_ + kHalfStep),
            side_, side_};
}

int ContactSheet::at(const QPoint& point) const {
    for (int i = 0; i < shown(); ++i) {
        if (cell(i).contains(point)) return i;
    }
    return -1;
}

void ContactSheet::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    for (int i = 0; i < shown(); ++i) {
        const QRect box = cell(i);
        QPainterPath outline;
        outline.addRoundedRect(box, 4, 4);
        painter.fillPath(outline, palette().color(QPalette::Dark));
        const QImage& picture = pictures_[std::size_t(i)];
        if (picture.isNull()) continue;
        // The middle square of it.
        const int edge = std::min(picture.width(), picture.height());
        const QRect middle((picture.width() - edge) / 2, (picture.height() - edge) / 2, edge, edge);
        painter.save();
        painter.setClipPath(outline);
        painter.drawImage(box, picture, middle);
        painter.restore();
    }
    if (!focusShown_ || shown() == 0) return;
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.drawRoundedRect(QRectF(cell(std::min(current_, shown() - 1))).adjusted(1, 1, -1, -1), 4, 4);
}

void ContactSheet::mousePressEvent(QMouseEvent* event) {
    const int index = at(event->position().toPoint());
    if (index < 0 || event->button() != Qt::LeftButton) return;
    setCurrent(index);
    Q_EMIT clicked(index);
}

void ContactSheet::keyPressEvent(QKeyEvent* event) {
    focusShown_ = true;
    switch (event->key()) {
        case Qt::Key_Left:
            return setCurrent(current_ - 1);
        case Qt::Key_Right:
            return setCurrent(current_ + 1);
        case Qt::Key_Up:
            if (current_ >= columnsFor(width())) setCurrent(current_ - columnsFor(width()));
            return;
        case Qt::Key_Down:
            if (current_ + columnsFor(width()) < shown()) setCurrent(current_ + columnsFor(width()));
            return;
        case Qt::Key_Home:
            return setCurrent(0);
        case Qt::Key_End:
            return setCurrent(shown() - 1);
        case Qt::Key_Return:
        case Qt::Key_Enter:
        case Qt::Key_Space:
            if (current_ < shown()) Q_EMIT clicked(current_);
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void ContactSheet::focusInEvent(QFocusEvent* event) {
    focusShown_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    update();
}

void ContactSheet::focusOutEvent(QFocusEvent*) {
    focusShown_ = false;
    update();
}

bool ContactSheet::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    const int index = at(help->pos());
    QToolTip::showText(help->globalPos(), toolTips_.value(index), this);
    return true;
}

}  // namespace dinoscope
