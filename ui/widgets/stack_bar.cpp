#include "ui/widgets/stack_bar.h"

#include <QPainter>
#include <QPainterPath>
#include <numeric>

#include "ui/theme.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kBar = 14;
constexpr int kSwatch = 8;
constexpr int kHueStep = 41;  // of 360: neighbours differ, and nine parts do not repeat

}  // namespace

StackBar::StackBar(QWidget* parent) : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setSizePolicy(policy);
}

void StackBar::setParts(std::vector<Part> parts, double limit, const QString& limitText) {
    parts_ = std::move(parts);
    limit_ = limit;
    setToolTip(limitText);
    updateGeometry();
    update();
}

void StackBar::setNamed(bool named) {
    named_ = named;
    updateGeometry();
    update();
}

double StackBar::total() const {
    return std::accumulate(parts_.begin(), parts_.end(), 0.0,
                           [](double sum, const Part& part) { return sum + part.size; });
}

QColor StackBar::colourOf(std::size_t part) const {
    const int hue = int(210 + kHueStep * part) % 360;
    return isDarkTheme() ? QColor::fromHsl(hue, 120, 150) : QColor::fromHsl(hue, 130, 120);
}

QSize StackBar::sizeHint() const {
    const int line = fontMetrics().height() + 2;
    return {320, 2 * kHalfStep + kBar + (named_ ? int(parts_.size()) * line : 0)};
}

void StackBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPalette& colours = palette();
    const double most = std::max(total(), limit_);
    if (most <= 0) return;
    const QRectF bar(0, kHalfStep, width(), kBar);
    QPainterPath outline;
    outline.addRoundedRect(bar, 4, 4);
    painter.fillPath(outline, colours.color(QPalette::Mid));
    painter.save();
    painter.setClipPath(outline);
    double left = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const double wide = parts_[i].size / most * bar.width();
        painter.fillRect(QRectF(left, bar.top(), wide, bar.height()), colourOf(i));
        left += wide;
    }
    painter.restore();
    const int line = fontMetrics().height() + 2;
    double top = bar.bottom() + kHalfStep;
    if (limit_ > 0) {
        const double mark = limit_ / most * bar.width();
        painter.fillRect(QRectF(std::min(mark, bar.width() - 2), 0, 2, kBar + 2 * kHalfStep),
                         colours.color(QPalette::WindowText));
    }
    for (std::size_t i = 0; named_ && i < parts_.size(); ++i, top += line) {
        const QRectF row(0, top, width(), line);
        painter.fillRect(QRectF(0, row.center().y() - kSwatch / 2.0, kSwatch, kSwatch), colourOf(i));
        painter.setPen(colours.color(QPalette::WindowText));
        painter.drawText(row.adjusted(2 * kStep, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, parts_[i].name);
        painter.setPen(colours.color(QPalette::PlaceholderText));
        painter.drawText(row, Qt::AlignRight | Qt::AlignVCenter, parts_[i].value);
    }
}

}  // namespace dinoscope
