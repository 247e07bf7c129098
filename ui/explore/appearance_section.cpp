#include "ui/explore/appearance_section.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLinearGradient>
#include <QListView>
#include <QPainter>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "ui/bridge/colour_bridge.h"
#include "ui/widgets/calm.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/percent_slider.h"

namespace dinoscope {

namespace {

constexpr double kLeastClip = 50;  // percentile, as --clip has it
constexpr double kMostEnergy = 1e9;
constexpr int kPerHeadRow = 0;
constexpr int kSharedRow = 1;

QIcon swatch(ColourMap map) {
    QPixmap pixmap(64, 24);
    QLinearGradient gradient(0, 0, pixmap.width(), 0);
    const auto colours = gradientOf(map);
    for (std::size_t i = 0; i < colours.size(); ++i) {
        gradient.setColorAt(double(i) / double(colours.size() - 1), colours[i]);
    }
    QPainter painter(&pixmap);
    painter.fillRect(pixmap.rect(), gradient);
    return QIcon(pixmap);
}

QDoubleSpinBox* makeValueBox(const QString& name, const QString& title) {
    auto* box = calm(new QDoubleSpinBox);
    box->setObjectName(name);
    box->setRange(0, 1);
    box->setDecimals(5);
    box->setSingleStep(0.001);
    box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    box->setAccessibleName(title);
    box->setToolTip(title);
    box->setKeyboardTracking(false);
    return box;
}

}  // namespace

AppearanceSection::AppearanceSection(QWidget* parent) : Section(tr("Appearance"), parent) {
    makeColours();
    makeMask();
    makeScale();
}

void AppearanceSection::makeColours() {
    opacity_ = new PercentSlider(0, 100, 1);
    opacity_->setObjectName(QStringLiteral("opacity"));
    opacity_->slider()->setObjectName(QStringLiteral("opacitySlider"));
    opacity_->setToolTip(tr("How strongly the colours cover the picture"));
    addField(tr("Opacity"), opacity_);
    colourMap_ = calm(new QComboBox);
    colourMap_->setObjectName(QStringLiteral("colourMap"));
    colourMap_->setIconSize({48, 14});
    for (const ColourMap map : allColourMaps())
        colourMap_->addItem(swatch(map), titleOf(map), int(map));
    addField(tr("Colours"), colourMap_);
    smooth_ = new QCheckBox(tr("Smooth between patches"));
    smooth_->setObjectName(QStringLiteral("smooth"));
    smooth_->setToolTip(tr("Off: each patch is one block of one colour"));
    body()->addWidget(smooth_);
    connect(opacity_, &PercentSlider::valueChanged, this,
            [this](double percent) { edit([=](ExploreSettings& s) { s.opacity = percent / 100; }); });
    connect(colourMap_, &QComboBox::activated, this, [this](int row) {
        const auto map = ColourMap(colourMap_->itemData(row).toInt());
        edit([=](ExploreSettings& s) { s.colourMap = map; });
    });
    connect(smooth_, &QCheckBox::toggled, this,
            [this](bool on) { edit([=](ExploreSettings& s) { s.smooth = on; }); });
}

void AppearanceSection::makeMask() {
    mask_ = new QCheckBox(tr("Keep only the strongest patches"));
    mask_->setObjectName(QStringLiteral("mask"));
    mask_->setToolTip(
        tr("The patches of the greatest values that together hold this share of the whole; "
           "the rest is darkened"));
    mass_ = new PercentSlider(1, 100, 1);
    mass_->setObjectName(QStringLiteral("mass"));
    mass_->setAccessibleName(tr("Share of the whole that is kept"));
    mass_->setToolTip(mass_->accessibleName());
    body()->addWidget(mask_);
    massLabel_ = addField(tr("Share of the whole they hold"), mass_);
    connect(mask_, &QCheckBox::toggled, this,
            [this](bool on) { edit([=](ExploreSettings& s) { s.maskOn = on; }); });
    connect(mass_, &PercentSlider::valueChanged, this,
            [this](double percent) { edit([=](ExploreSettings& s) { s.mass = percent / 100; }); });
}

void AppearanceSection::makeScale() {
    scale_ = calm(new QComboBox);
    scale_->setObjectName(QStringLiteral("scale"));
    scale_->addItem(tr("Each head's own"), int(Scale::Kind::PerHead));
    scale_->addItem(tr("Shared by all heads"), int(Scale::Kind::Shared));
    scale_->addItem(tr("Fixed"), int(Scale::Kind::Fixed));
    scale_->setToolTip(tr("Which values the colours span, from least to greatest"));
    addField(tr("Colour scale"), scale_);
    low_ = makeValueBox(QStringLiteral("scaleLow"), tr("Lowest value"));
    high_ = makeValueBox(QStringLiteral("scaleHigh"), tr("Highest value"));
    fixed_ = new QWidget;
    auto* row = new QHBoxLayout(fixed_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kStep);
    row->addWidget(low_, 1);
    row->addWidget(new QLabel(tr("to")));
    row->addWidget(high_, 1);
    body()->addWidget(fixed_);
    clip_ = new PercentSlider(0, 100 - kLeastClip, 0.1);
    clip_->setObjectName(QStringLiteral("clip"));
    clip_->setToolTip(
        tr("This share of the patches, those of the highest values, all get the last colour: "
           "single outliers then no longer hide the rest"));
    clipLabel_ = addField(tr("Clip highest"), clip_);
    connect(scale_, &QComboBox::activated, this, [this](int index) {
        const auto kind = Scale::Kind(scale_->itemData(index).toInt());
        edit([=, range = shownRange_](ExploreSettings& s) {
            if (kind == Scale::Kind::Fixed && s.scale.kind != kind && range.high > range.low) {
                s.scale.low = range.low;
                s.scale.high = range.high;
            }
            s.scale.kind = kind;
        });
    });
    const auto editRange = [this] {
        const auto low = float(low_->value());
        const auto high = float(std::max(high_->value(), low_->value()));
        edit([=](ExploreSettings& s) {
            s.scale.low = low;
            s.scale.high = high;
        });
    };
    connect(low_, &QDoubleSpinBox::valueChanged, this, editRange);
    connect(high_, &QDoubleSpinBox::valueChanged, this, editRange);
    connect(clip_, &PercentSlider::valueChanged, this, [this](double percent) {
        edit([=](ExploreSettings& s) { s.scale.clipPercent = 100 - percent; });
    });
}

void AppearanceSection::edit(const std::function<void(ExploreSettings&)>& change) {
    ExploreSettings wanted = settings_;
    change(wanted);
    if (!(wanted == settings_)) Q_EMIT edited(wanted);
}

void AppearanceSection::setSettings(const ExploreSettings& settings) {
    settings_ = settings;
    const QSignalBlocker blockers[] = {QSignalBlocker(smooth_), QSignalBlocker(mask_), QSignalBlocker(low_),
                                       QSignalBlocker(high_)};
    opacity_->setValue(settings.opacity * 100);
    colourMap_->setCurrentIndex(colourMap_->findData(int(settings.colourMap)));
    smooth_->setChecked(settings.smooth);
    mask_->setChecked(settings.maskOn);
    mass_->setValue(settings.mass * 100);
    scale_->setCurrentIndex(scale_->findData(int(settings.scale.kind)));
    low_->setValue(settings.scale.low);
    high_->setValue(settings.scale.high);
    clip_->setValue(100 - settings.scale.clipPercent);
}

void AppearanceSection::setEnergy(bool energy) {
    scale_->setItemText(kPerHeadRow, energy ? tr("The map's own") : tr("Each head's own"));
    static_cast<QListView*>(scale_->view())->setRowHidden(kSharedRow, energy);
    for (QDoubleSpinBox* box : {low_, high_}) {
        const QSignalBlocker quiet(box);
        box->setRange(0, energy ? kMostEnergy : 1);
        box->setDecimals(energy ? 1 : 5);
    }
}

void AppearanceSection::setControls(const ExploreControls& controls) {
    for (QWidget* widget : {static_cast<QWidget*>(opacity_), static_cast<QWidget*>(smooth_),
                            static_cast<QWidget*>(mask_), static_cast<QWidget*>(scale_)}) {
        widget->setEnabled(controls.appearance);
    }
    colourMap_->setEnabled(controls.colourMap);
    mass_->setVisible(controls.mass);
    massLabel_->setVisible(controls.mass);
    fixed_->setVisible(controls.fixedRange);
    clip_->setEnabled(controls.clip);
    clip_->setVisible(!controls.fixedRange);
    clipLabel_->setVisible(!controls.fixedRange);
}

}  // namespace dinoscope
