#include "ui/widgets/colour_bar.h"

#include <QLinearGradient>
#include <QPainter>

#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kBarHeight = 10;
constexpr int kDot = 8;

}  // namespace

ColourBar::ColourBar(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(tr("Colour scale"));
}

void ColourBar::setGradient(std::vector<QColor> colours, const QString& low, const QString& high) {
    colours_ = std::move(colours);
    legend_.clear();
    low_ = low;
    high_ = high;
    setAccessibleDescription(tr("from %1 to %2").arg(low, high));
    updateGeometry();
    update();
}

void ColourBar::setLegend(std::vector<std::pair<QColor, QString>> entries) {
    colours_.clear();
    legend_ = std::move(entries);
    low_.clear();
    high_.clear();
    updateGeometry();
    update();
}

void ColourBar::clear() {
    setLegend({});
}

QSize ColourBar::sizeHint() const {
    return {320, fontMetrics().height() + kHalfStep};
}

QSize ColourBar::minimumSizeHint() const {
    const int numbers = fontMetrics().horizontalAdvance(low_) + fontMetrics().horizontalAdvance(high_);
    return {std::max(96, numbers + 2 * kStep + 24), sizeHint().height()};
}

void ColourBar::drawLegend(QPainter& painter) {
    int left = 0;
    for (const auto& [colour, text] : legend_) {
        const int wide = fontMetrics().horizontalAdvance(text);
        if (left + kDot + kHalfStep + wide > width()) break;
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawEllipse(QRectF(left, (height() - kDot) / 2.0, kDot, kDot));
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(QRect(left + kDot + kHalfStep, 0, wide + 1, height()), Qt::AlignVCenter, text);
        left += kDot + kHalfStep + wide + kStep;
    }
}

void ColourBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (!legend_.empty()) {
        drawLegend(painter);
        return;
    }
    if (colours_.empty()) return;
    const int lowWidth = fontMetrics().horizontalAdvance(low_);
    const int highWidth = fontMetrics().horizontalAdvance(high_);
    const QRectF bar(lowWidth + kStep, (height() - kBarHeight) / 2.0,
                     std::max(16, width() - lowWidth - highWidth - 2 * kStep - 1), kBarHeight);
    QLinearGradient gradient(bar.topLeft(), bar.topRight());
    for (std::size_t i = 0; i < colours_.size(); ++i) {
        gradient.setColorAt(double(i) / double(std::max<std::size_t>(1, colours_.size() - 1)), colours_[i]);
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(gradient);
    painter.drawRoundedRect(bar, 3, 3);
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(QRectF(0, 0, lowWidth + 1, height()), Qt::AlignVCenter | Qt::AlignLeft, low_);
    painter.drawText(QRectF(bar.right() + kStep, 0, highWidth + 1, height()),
                     Qt::AlignVCenter | Qt::AlignLeft, high_);
}

}  // namespace dinoscope
