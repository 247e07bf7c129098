#include "ui/explore/input_section.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/widgets/calm.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kLargestSide = 8192;

QSpinBox* makePixels(const QString& name, const QString& title) {
    auto* box = calm(new QSpinBox);
    box->setObjectName(name);
    box->setRange(16, kLargestSide);
    box->setSuffix(QCoreApplication::translate("Explore", " px"));
    box->setKeyboardTracking(false);
    box->setAccessibleName(title);
    box->setToolTip(title);
    return box;
}

}  // namespace

InputSection::InputSection(QWidget* parent) : Section(tr("Network input"), parent) {
    kind_ = calm(new QComboBox);
    kind_->setObjectName(QStringLiteral("sizeKind"));
    kind_->addItem(tr("Shorter side"), int(InputSize::Kind::ShorterSide));
    kind_->addItem(tr("Exactly"), int(InputSize::Kind::Exact));
    kind_->addItem(tr("As the picture is"), int(InputSize::Kind::Native));
    kind_->setToolTip(
        tr("How the picture is brought to the network's input; Exactly does not keep the aspect"));
    addField(tr("Size"), kind_);
    width_ = makePixels(QStringLiteral("sizeWidth"), tr("Shorter side, or width"));
    height_ = makePixels(QStringLiteral("sizeHeight"), tr("Height"));
    times_ = new QLabel(QStringLiteral("×"));
    auto* sides = new QHBoxLayout;
    sides->setSpacing(kStep);
    sides->addWidget(width_, 1);
    sides->addWidget(times_);
    sides->addWidget(height_, 1);
    body()->addLayout(sides);
    geometry_ = new QLabel;
    cost_ = new QLabel;
    for (QLabel* label : {geometry_, cost_}) {
        label->setProperty("look", "muted");
        label->setWordWrap(true);
    }
    geometry_->setObjectName(QStringLiteral("plannedGeometry"));
    cost_->setObjectName(QStringLiteral("plannedCost"));
    auto* plan = new QVBoxLayout;
    plan->setSpacing(0);
    plan->addWidget(geometry_);
    plan->addWidget(cost_);
    body()->addLayout(plan);
    layer_ = calm(new QComboBox);
    layer_->setObjectName(QStringLiteral("layer"));
    addField(tr("Layer"), layer_);
    connect(kind_, &QComboBox::activated, this, &InputSection::editSize);
    connect(width_, &QSpinBox::valueChanged, this, &InputSection::editSize);
    connect(height_, &QSpinBox::valueChanged, this, &InputSection::editSize);
    connect(layer_, &QComboBox::activated, this, [this](int row) {
        const int layer = layer_->itemData(row).toInt();
        edit([=](ExploreSettings& s) { s.layer = layer; });
    });
}

void InputSection::edit(const std::function<void(ExploreSettings&)>& change) {
    ExploreSettings wanted = settings_;
    change(wanted);
    if (!(wanted == settings_)) Q_EMIT edited(wanted);
}

void InputSection::editSize() {
    const auto kind = InputSize::Kind(kind_->currentData().toInt());
    InputSize size = InputSize::native();
    if (kind == InputSize::Kind::ShorterSide) size = InputSize::shorterSide(width_->value());
    if (kind == InputSize::Kind::Exact) size = InputSize::exact(width_->value(), height_->value());
    edit([=](ExploreSettings& s) { s.size = size; });
}

void InputSection::setSettings(const ExploreSettings& settings) {
    settings_ = settings;
    const QSignalBlocker first(width_);
    const QSignalBlocker second(height_);
    kind_->setCurrentIndex(kind_->findData(int(settings.size.kind)));
    if (settings.size.kind != InputSize::Kind::Native) {
        width_->setValue(settings.size.width);
        height_->setValue(settings.size.height);
    }
    layer_->setCurrentIndex(layer_->findData(settings.layer));
}

void InputSection::setControls(const ExploreControls& controls) {
    width_->setVisible(controls.sizeWidth);
    times_->setVisible(controls.sizeHeight);
    height_->setVisible(controls.sizeHeight);
    layer_->setEnabled(controls.layer);
}

void InputSection::setLayers(int layers) {
    layer_->clear();
    for (int layer = layers - 1; layer >= 0; --layer) {
        QString title = tr("Layer %1").arg(layer);
        if (layer == layers - 1) title = tr("Layer %1, the last").arg(layer);
        layer_->addItem(title, layer - layers);
    }
    layer_->setCurrentIndex(layer_->findData(settings_.layer));
}

void InputSection::setPatchSize(int pixels) {
    for (QSpinBox* box : {width_, height_}) {
        const QSignalBlocker quiet(box);
        box->setMinimum(pixels);
        box->setSingleStep(pixels);
    }
}

void InputSection::setPlan(const QString& geometry, const QString& cost) {
    geometry_->setText(geometry);
    geometry_->setVisible(!geometry.isEmpty());
    cost_->setText(cost);
    cost_->setVisible(!cost.isEmpty());
}

}  // namespace dinoscope
