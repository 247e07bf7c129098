#include "ui/explore/model_section.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/bridge/paths.h"
#include "ui/explore/explore_text.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kListedKeys = 20;

QString joined(const std::vector<std::string>& keys) {
    QStringList lines;
    for (const std::string& key : keys) {
        if (lines.size() == kListedKeys) {
            lines
                << QCoreApplication::translate("Explore", "and %1 more").arg(int(keys.size()) - kListedKeys);
            break;
        }
        lines << QString::fromStdString(key);
    }
    return lines.join(QLatin1Char('\n'));
}

QSpinBox* makeAutomatic(const QString& name, int largest) {
    auto* box = new QSpinBox;
    box->setObjectName(name);
    box->setRange(0, largest);
    box->setSpecialValueText(QCoreApplication::translate("Explore", "automatic"));
    return box;
}

}  // namespace

ModelSection::ModelSection(QWidget* parent) : Section(tr("Model"), parent) {
    title_ = new QLabel(tr("None loaded yet"));
    title_->setWordWrap(true);
    title_->setObjectName(QStringLiteral("modelTitle"));
    body()->addWidget(title_);
    facts_ = new QWidget;
    rows_ = new QFormLayout(facts_);
    rows_->setContentsMargins(0, 0, 0, 0);
    rows_->setHorizontalSpacing(2 * kStep);
    rows_->setVerticalSpacing(kHalfStep);
    body()->addWidget(facts_);
    makeChoices();
}

void ModelSection::makeChoices() {
    auto* open = new QPushButton(tr("Open weights…"));
    open->setObjectName(QStringLiteral("openWeights"));
    connect(open, &QPushButton::clicked, this, &ModelSection::openRequested);
    body()->addWidget(open);
    choices_ = new Section(tr("Where the file leaves a choice"));
    key_ = new QComboBox;
    key_->setObjectName(QStringLiteral("checkpointKey"));
    key_->setEditable(true);
    key_->addItems({tr("automatic"), QStringLiteral("teacher"), QStringLiteral("student")});
    choices_->addField(tr("Network in the checkpoint"), key_);
    architecture_ = new QComboBox;
    architecture_->setObjectName(QStringLiteral("architecture"));
    architecture_->addItem(tr("automatic"), QString());
    for (const char* name : {"vit_tiny", "vit_small", "vit_base", "vit_large"}) {
        architecture_->addItem(QLatin1String(name), QLatin1String(name));
    }
    choices_->addField(tr("Architecture"), architecture_);
    patch_ = makeAutomatic(QStringLiteral("patchSize"), 64);
    choices_->addField(tr("Patch size"), patch_);
    heads_ = makeAutomatic(QStringLiteral("headsPerLayer"), 64);
    choices_->addField(tr("Heads per layer"), heads_);
    reload_ = new QPushButton(tr("Load again"));
    reload_->setObjectName(QStringLiteral("reloadModel"));
    choices_->body()->addWidget(reload_);
    choices_->setOpen(false);
    body()->addWidget(choices_);
    connect(reload_, &QPushButton::clicked, this, [this] {
        api::ModelSource source = source_;
        source.checkpointKey = key_->currentIndex() == 0 || key_->currentText() == key_->itemText(0)
                                   ? std::string()
                                   : key_->currentText().toStdString();
        source.arch = architecture_->currentData().toString().toStdString();
        source.patchSize = patch_->value();
        source.headsPerLayer = heads_->value();
        Q_EMIT reloadRequested(source);
    });
}

void ModelSection::addRow(const QString& name, const QString& value, const QString& toolTip) {
    auto* label = new QLabel(name);
    label->setProperty("look", "muted");
    auto* text = new ElidedLabel;
    text->setText(value);
    if (!toolTip.isEmpty()) label->setToolTip(toolTip);
    rows_->addRow(label, text);
}

void ModelSection::setModel(const api::ModelInfo& info, std::int64_t bytes) {
    title_->setText(modelTitle(info));
    while (rows_->rowCount() > 0)
        rows_->removeRow(0);
    const QLocale locale = QLocale::c();
    if (!info.untrained()) {
        addRow(tr("File"), QFileInfo(pathText(info.file)).fileName(), pathText(info.file));
        addRow(tr("Family"), tr("%1, %2").arg(QString::fromStdString(info.family),
                                              QString::fromStdString(info.confidence)));
    }
    addRow(tr("Parameters"), tr("%1 million").arg(double(info.parameters) / 1e6, 0, 'f', 1));
    addRow(tr("Layers × heads"), tr("%1 × %2").arg(info.layers).arg(info.heads));
    addRow(tr("Dimension"), QString::number(info.dim));
    addRow(tr("Patch"), tr("%1 px").arg(info.patchSize));
    addRow(info.untrained() ? tr("Made for") : tr("Trained at"), tr("%1 × %1 px").arg(info.imageSize));
    if (info.registers > 0) addRow(tr("Registers"), QString::number(info.registers));
    addRow(tr("Stored as"), QString::fromStdString(info.dtype));
    addRow(tr("In memory"), bytesText(bytes));
    if (info.epoch) addRow(tr("Epoch"), locale.toString(qlonglong(*info.epoch)));
    if (!info.untrained()) {
        addRow(tr("Keys used"), locale.toString(qlonglong(info.keysUsed)));
        addRow(tr("Keys ignored"), QString::number(info.keysIgnored.size()), joined(info.keysIgnored));
        if (!info.keysMissing.empty()) {
            addRow(tr("Keys missing"), QString::number(info.keysMissing.size()), joined(info.keysMissing));
        }
    }
}

void ModelSection::setSource(const api::ModelSource& source) {
    source_ = source;
    const bool file = source.weights != "untrained";
    choices_->setVisible(file);
    const QString key = QString::fromStdString(source.checkpointKey);
    key_->setCurrentText(key.isEmpty() ? key_->itemText(0) : key);
    architecture_->setCurrentIndex(std::max(0, architecture_->findData(QString::fromStdString(source.arch))));
    patch_->setValue(source.patchSize);
    heads_->setValue(source.headsPerLayer);
}

}  // namespace dinoscope
