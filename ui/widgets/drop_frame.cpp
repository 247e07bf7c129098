#include "ui/widgets/drop_frame.h"

#include <QEvent>
#include <QPainter>

#include "ui/widgets/metrics.h"

namespace dinoscope {

DropFrame::DropFrame(QWidget* parent) : QWidget(parent) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    parent->installEventFilter(this);
    hide();
}

void DropFrame::setShown(bool shown) {
    resize(parentWidget()->size());
    setVisible(shown);
    raise();
}

bool DropFrame::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize) resize(parentWidget()->size());
    return QWidget::eventFilter(watched, event);
}

void DropFrame::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor accent = palette().color(QPalette::Highlight);
    painter.setPen(QPen(accent, 3, Qt::DashLine));
    accent.setAlpha(40);
    painter.setBrush(accent);
    painter.drawRoundedRect(QRectF(rect()).adjusted(kStep, kStep, -kStep, -kStep), kStep, kStep);
}

}  // namespace dinoscope
