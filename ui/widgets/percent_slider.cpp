#include "ui/widgets/percent_slider.h"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <cmath>

#include "ui/widgets/calm.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kArrowsAndFrame = 44;  // what theme.qss puts around the number

}  // namespace

PercentSlider::PercentSlider(double minimum, double maximum, double step, QWidget* parent)
    : QWidget(parent),
      step_(step),
      slider_(calm(new QSlider(Qt::Horizontal, this))),
      number_(calm(new QDoubleSpinBox(this))) {
    slider_->setRange(int(std::lround(minimum / step)), int(std::lround(maximum / step)));
    slider_->setPageStep(std::max(1, (slider_->maximum() - slider_->minimum()) / 10));
    number_->setRange(minimum, maximum);
    number_->setSingleStep(step);
    number_->setDecimals(step < 1 ? 1 : 0);
    number_->setSuffix(tr(" %"));
    number_->setAlignment(Qt::AlignRight);
    const QString widest = step < 1 ? QStringLiteral("100.0") : QStringLiteral("100");
    number_->setFixedWidth(fontMetrics().horizontalAdvance(widest + number_->suffix()) + kArrowsAndFrame);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kStep);
    row->addWidget(slider_, 1);
    row->addWidget(number_);
    setFocusProxy(slider_);
    connect(slider_, &QSlider::valueChanged, this, [this](int ticks) {
        const QSignalBlocker quiet(number_);
        number_->setValue(ticks * step_);
        Q_EMIT valueChanged(number_->value());
    });
    connect(number_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        const QSignalBlocker quiet(slider_);
        slider_->setValue(int(std::lround(value / step_)));
        Q_EMIT valueChanged(value);
    });
}

double PercentSlider::value() const {
    return number_->value();
}

void PercentSlider::setValue(double percent) {
    const QSignalBlocker first(slider_);
    const QSignalBlocker second(number_);
    number_->setValue(percent);
    slider_->setValue(int(std::lround(percent / step_)));
}

}  // namespace dinoscope
