#include "ui/explore/model_section.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"
#include "ui/explore/explore_text.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kListedKeys = 20;

QStringList listOf(const std::vector<std::string>& names) {
    QStringList list;
    for (const std::string& name : names)
        list << QString::fromStdString(name);
    return list;
}

/// As many lines as a tool tip has room for.
QString shortened(QStringList lines) {
    const auto more = int(lines.size()) - kListedKeys;
    if (more > 0) {
        lines = lines.mid(0, kListedKeys);
        lines << QCoreApplication::translate("Explore", "and %1 more").arg(more);
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

QLabel* ModelSection::addLabel(const QString& name, const QString& toolTip) {
    auto* label = new QLabel(name);
    label->setProperty("look", "muted");
    label->setToolTip(toolTip);
    return label;
}

void ModelSection::addRow(const QString& name, const QString& value, const QString& toolTip) {
    auto* text = new ElidedLabel;
    text->setText(value);
    rows_->addRow(addLabel(name, toolTip), text);
}

void ModelSection::addList(const QString& name, const QString& value, const QStringList& lines) {
    auto* text = new QLabel(value);
    text->setToolTip(shortened(lines));
    rows_->addRow(addLabel(name, text->toolTip()), text);
}

/// The file is read for it, which takes a while: only when asked.
void ModelSection::addHash(const std::string& hash) {
    if (!hash.empty()) {
        addRow(tr("SHA-256"), QString::fromStdString(hash));
        return;
    }
    auto* compute = new QToolButton;
    compute->setObjectName(QStringLiteral("computeHash"));
    compute->setText(tr("Compute"));
    compute->setProperty("look", "button");
    compute->setFocusPolicy(Qt::StrongFocus);
    connect(compute, &QToolButton::clicked, this, &ModelSection::hashRequested);
    rows_->addRow(addLabel(tr("SHA-256"), tr("Reads the whole file")), compute);
}

void ModelSection::setModel(const api::ModelInfo& info, std::int64_t bytes) {
    title_->setText(modelTitle(info));
    while (rows_->rowCount() > 0)
        rows_->removeRow(0);
    if (!info.untrained()) addOrigin(info);
    addNetwork(info, bytes);
    if (!info.untrained()) addContents(info);
}

void ModelSection::addOrigin(const api::ModelInfo& info) {
    addRow(tr("File"), QString::fromStdString(api::shownWeights(info.file)), pathText(info.file));
    addRow(tr("Format"), QString::fromStdString(info.format));
    addRow(tr("Family"),
           tr("%1, %2").arg(QString::fromStdString(info.family), QString::fromStdString(info.confidence)),
           tr("“likely” where files of other families look the same"));
    const auto row = [this](const QString& name, const std::string& value) {
        if (!value.empty()) addRow(name, QString::fromStdString(value));
    };
    row(tr("Catalogue"), info.catalogueName);
    row(tr("Licence"), info.licence);
    row(tr("Source"), info.source);
    if (!info.checkpointKey.empty()) {
        addList(tr("Network"), QString::fromStdString(info.checkpointKey), listOf(info.checkpointKeys));
    }
    if (info.epoch) addRow(tr("Epoch"), QLocale::c().toString(qlonglong(*info.epoch)));
}

void ModelSection::addNetwork(const api::ModelInfo& info, std::int64_t bytes) {
    addRow(tr("Parameters"), tr("%1 million").arg(double(info.parameters) / 1e6, 0, 'f', 1));
    if (info.convolutional) {
        addRow(tr("Attention"), tr("none, it is convolutional"));
        addRow(tr("Map"), tr("a value for %1 × %1 px").arg(info.patchSize));
    } else {
        addRow(tr("Layers × heads"), tr("%1 × %2").arg(info.layers).arg(info.heads));
        addRow(tr("Patch"), tr("%1 px").arg(info.patchSize));
        addRow(info.untrained() ? tr("Made for") : tr("Trained at"),
               info.imageSize > 0 ? tr("%1 × %1 px").arg(info.imageSize) : tr("any size"));
    }
    addRow(tr("Dimension"), QString::number(info.dim));
    if (info.registers > 0) addRow(tr("Registers"), QString::number(info.registers));
    if (info.classes > 0)
        addRow(tr("Classifier"), info.classes == 1 ? tr("1 class") : tr("%1 classes").arg(info.classes));
    addRow(tr("Stored as"), QString::fromStdString(info.dtype));
    addRow(tr("In memory"), bytesText(bytes));
}

void ModelSection::addContents(const api::ModelInfo& info) {
    const QLocale locale = QLocale::c();
    addList(tr("Keys used"), locale.toString(qlonglong(info.keysUsed)), listOf(info.keysUsedNames));
    addList(tr("Keys missing"), QString::number(info.keysMissing.size()), listOf(info.keysMissing));
    addList(tr("Keys ignored"), QString::number(info.keysIgnored.size()), listOf(info.keysIgnored));
    if (!info.others.empty()) addRow(tr("Beside it"), listOf(info.others).join(QStringLiteral(", ")));
    if (!info.trainingOptions.empty()) {
        QStringList options;
        for (const auto& [key, value] : info.trainingOptions)
            options << QStringLiteral("%1 = %2").arg(QString::fromStdString(key),
                                                     QString::fromStdString(value));
        addList(tr("Trained with"), tr("%1 options").arg(options.size()), options);
    }
    // A teacher in training has its run's folder here, and is in no file.
    if (!isFolder(pathText(info.file))) addHash(info.sha256);
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
