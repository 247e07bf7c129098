#include "ui/neighbours/results_section.h"

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>
#include <cmath>

#include "ui/widgets/calm.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kHundredths = 100;

QWidget* pair(QSlider* slider, QWidget* number) {
    auto* both = new QWidget;
    auto* row = new QHBoxLayout(both);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kStep);
    row->addWidget(slider, 1);
    row->addWidget(number);
    both->setFocusProxy(slider);
    return both;
}

}  // namespace

ResultsSection::ResultsSection(QWidget* parent) : Section(tr("Results"), parent) {
    kSlider_ = calm(new QSlider(Qt::Horizontal));
    kSlider_->setObjectName(QStringLiteral("kSlider"));
    kSlider_->setRange(0, kSliderSteps);
    kSlider_->setSingleStep(10);
    kSlider_->setPageStep(kSliderSteps / 10);
    k_ = calm(new QSpinBox);
    k_->setObjectName(QStringLiteral("k"));
    k_->setRange(1, 1);
    k_->setKeyboardTracking(false);
    addField(tr("Neighbours, k"), pair(kSlider_, k_));
    kSlider_->setToolTip(tr("How many of the most similar are shown and vote"));
    k_->setToolTip(kSlider_->toolTip());
    thresholdSlider_ = calm(new QSlider(Qt::Horizontal));
    thresholdSlider_->setObjectName(QStringLiteral("thresholdSlider"));
    thresholdSlider_->setRange(0, kHundredths);
    threshold_ = calm(new QDoubleSpinBox);
    threshold_->setObjectName(QStringLiteral("threshold"));
    threshold_->setRange(0, 1);
    threshold_->setSingleStep(0.01);
    threshold_->setKeyboardTracking(false);
    threshold_->setToolTip(tr("Cosine of the features; 0 leaves none out"));
    addField(tr("Least similarity"), pair(thresholdSlider_, threshold_));
    summary_ = new QLabel;
    summary_->setObjectName(QStringLiteral("resultsSummary"));
    summary_->setProperty("look", "muted");
    summary_->setWordWrap(true);
    body()->addWidget(summary_);
    kSlider_->setAccessibleName(tr("Neighbours that are shown and vote"));
    k_->setAccessibleName(kSlider_->accessibleName());
    thresholdSlider_->setAccessibleName(tr("Least similarity"));
    threshold_->setAccessibleName(thresholdSlider_->accessibleName());
    connect(kSlider_, &QSlider::valueChanged, this, [this](int place) {
        edit({kForSlider(place, items_), settings_.threshold});
    });
    connect(k_, &QSpinBox::valueChanged, this, [this](int k) { edit({k, settings_.threshold}); });
    connect(thresholdSlider_, &QSlider::valueChanged, this, [this](int hundredths) {
        edit({settings_.k, double(hundredths) / kHundredths});
    });
    connect(threshold_, &QDoubleSpinBox::valueChanged, this, [this](double threshold) {
        edit({settings_.k, threshold});
    });
}

void ResultsSection::edit(const NeighboursSettings& settings) {
    if (!(settings == settings_)) Q_EMIT edited(settings);
}

void ResultsSection::setItems(std::int64_t items) {
    items_ = std::max<std::int64_t>(1, items);
    const QSignalBlocker quiet(k_);
    k_->setRange(1, int(std::min<std::int64_t>(items_, 1'000'000)));
    setSettings(settings_);
}

void ResultsSection::setSettings(const NeighboursSettings& settings) {
    settings_ = settings;
    const QSignalBlocker blockers[] = {QSignalBlocker(kSlider_), QSignalBlocker(k_),
                                       QSignalBlocker(thresholdSlider_), QSignalBlocker(threshold_)};
    k_->setValue(int(settings.k));
    // A place that already stands for this k is kept: rounding must not pull the handle from the mouse.
    if (kForSlider(kSlider_->value(), items_) != settings.k)
        kSlider_->setValue(sliderForK(settings.k, items_));
    thresholdSlider_->setValue(int(std::lround(settings.threshold * kHundredths)));
    threshold_->setValue(settings.threshold);
}

void ResultsSection::setSummary(const QString& text) {
    summary_->setText(text);
    summary_->setVisible(!text.isEmpty());
}

void ResultsSection::setControls(const NeighboursControls& controls) {
    for (QWidget* widget : {static_cast<QWidget*>(kSlider_), static_cast<QWidget*>(k_),
                            static_cast<QWidget*>(thresholdSlider_), static_cast<QWidget*>(threshold_)}) {
        widget->setEnabled(controls.sliders);
    }
}

}  // namespace dinoscope
