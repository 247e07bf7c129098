#include "ui/widgets/mini_curve.h"

#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

/// Three digits, as short as can be.
QString numberText(double value, int digits = 3) {
    return QLocale::c().toString(value, 'g', digits);
}

}  // namespace

MiniCurve::MiniCurve(const QString& title, const QString& unit, QWidget* parent)
    : QWidget(parent), title_(title), unit_(unit) {
    setMouseTracking(true);
    setAccessibleName(title);
}

void MiniCurve::setValues(std::vector<double> x, std::vector<double> y) {
    x_ = std::move(x);
    y_ = std::move(y);
    hovered_ = -1;
    if (!y_.empty()) {
        const auto [low, high] = std::ranges::minmax(y_);
        low_ = low;
        high_ = high;
    }
    update();
}

QRectF MiniCurve::plot() const {
    const int line = fontMetrics().height();
    return QRectF(rect()).adjusted(kStep, kHalfStep + line + kHalfStep, -kStep, -kStep);
}

std::size_t MiniCurve::nearest(double position) const {
    const QRectF frame = plot();
    const double x = x_.front() + (x_.back() - x_.front()) * (position - frame.left()) / frame.width();
    const auto found = std::ranges::lower_bound(x_, x);
    if (found == x_.end()) return x_.size() - 1;
    const auto index = std::size_t(found - x_.begin());
    return index > 0 && x - x_[index - 1] < x_[index] - x ? index - 1 : index;
}

void MiniCurve::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPalette& colours = palette();
    const QRectF frame = plot();
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours.color(QPalette::Dark));
    painter.drawRoundedRect(frame, 4, 4);
    const QRectF line(kStep, kHalfStep, width() - 2 * kStep, fontMetrics().height());
    painter.setPen(colours.color(QPalette::WindowText));
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, title_);
    if (y_.size() < 2) return;

    const double span = high_ > low_ ? high_ - low_ : 1;
    const QRectF inner = frame.adjusted(kHalfStep, kHalfStep, -kHalfStep, -kHalfStep);
    const auto at = [&](std::size_t i) {
        const double across = (x_[i] - x_.front()) / (x_.back() - x_.front());
        const double up = high_ > low_ ? (y_[i] - low_) / span : 0.5;
        return QPointF(inner.left() + across * inner.width(), inner.bottom() - up * inner.height());
    };
    QPainterPath path(at(0));
    for (std::size_t i = 1; i < y_.size(); ++i)
        path.lineTo(at(i));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colours.color(QPalette::Highlight), 1.75));
    painter.drawPath(path);

    QString told;
    if (hovered_ >= 0) {
        const auto i = std::size_t(hovered_);
        painter.setBrush(colours.color(QPalette::Highlight));
        painter.drawEllipse(at(i), 3, 3);
        told = QStringLiteral("%1 · %2 %3").arg(numberText(y_[i]), unit_, numberText(x_[i]));
    } else {
        told = rangeText();
    }
    painter.setPen(colours.color(QPalette::PlaceholderText));
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, told);
}

QString MiniCurve::rangeText() const {
    constexpr int kMostDigits = 7;
    int digits = 3;
    while (digits < kMostDigits && numberText(low_, digits) == numberText(high_, digits))
        ++digits;
    return high_ > low_ ? QStringLiteral("%1 – %2").arg(numberText(low_, digits), numberText(high_, digits))
                        : numberText(low_);
}

void MiniCurve::mouseMoveEvent(QMouseEvent* event) {
    hovered_ = y_.size() < 2 ? -1 : int(nearest(event->position().x()));
    update();
}

void MiniCurve::leaveEvent(QEvent*) {
    hovered_ = -1;
    update();
}

}  // namespace dinoscope
