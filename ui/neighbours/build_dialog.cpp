#include "ui/neighbours/build_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStandardPaths>
#include <QVBoxLayout>
#include <initializer_list>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/dialogs.h"
#include "ui/input_kind.h"
#include "ui/neighbours/live_teacher_button.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

const auto kUntrained = QStringLiteral("untrained");

QWidget* withButton(QLineEdit* field, QPushButton* button) {
    auto* both = new QWidget;
    auto* row = new QHBoxLayout(both);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kStep);
    row->addWidget(field, 1);
    row->addWidget(button);
    both->setFocusProxy(field);
    return both;
}

QLineEdit* makeField(const char* name) {
    auto* field = new QLineEdit;
    field->setObjectName(QLatin1String(name));
    field->setMinimumWidth(320);
    return field;
}

/// The choices of an option as its record has them.
QComboBox* makeChoice(const char* key, const char* name) {
    auto* box = new QComboBox;
    box->setObjectName(QLatin1String(name));
    const OptionSpec* spec = api::indexOptions().find(key);
    if (!spec) return box;
    for (const std::string& choice : spec->choices)
        box->addItem(QString::fromStdString(choice));
    box->setCurrentText(QString::fromStdString(formatOptionValue(spec->defaultValue)));
    box->setToolTip(QString::fromStdString(spec->help));
    return box;
}

QString galleriesFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) +
           QStringLiteral("/galleries");
}

}  // namespace

void putModel(OptionValues& options, const api::ModelSource& model) {
    options.set("weights", OptionValue(model.weights));
    if (!model.checkpointKey.empty()) options.set("checkpoint-key", OptionValue(model.checkpointKey));
    if (!model.arch.empty()) options.set("arch", OptionValue(model.arch));
    if (model.patchSize > 0) options.set("patch-size", OptionValue(std::int64_t(model.patchSize)));
    if (model.headsPerLayer > 0)
        options.set("heads-per-layer", OptionValue(std::int64_t(model.headsPerLayer)));
    if (model.weights == "untrained") options.set("seed", OptionValue(std::int64_t(model.seed)));
}

void putCommon(OptionValues& options, const OptionValues& common) {
    for (const OptionSpec& spec : common.schema().specs()) {
        if (common.isSet(spec.key) && options.schema().find(spec.key)) {
            options.set(spec.key, common.value(spec.key));
        }
    }
}

OptionValues updateOptions(const std::filesystem::path& gallery, const OptionValues& common) {
    OptionValues options(api::indexOptions());
    putCommon(options, common);
    // Those of the window are for what is new.
    for (const char* key : {"precision", "seed"})
        options.reset(key);
    options.set("gallery", OptionValue(gallery.string()));
    return options;
}

BuildDialog::BuildDialog(Dialogs& dialogs, const QString& source, const api::ModelSource& model,
                         QWidget* parent)
    : QDialog(parent), model_(model) {
    setObjectName(QStringLiteral("buildDialog"));
    setWindowTitle(tr("Build a gallery"));
    makeFolders(dialogs);
    makeModel(dialogs);
    makeChoices();
    summary_ = new QLabel;
    summary_->setObjectName(QStringLiteral("buildSummary"));
    summary_->setProperty("look", "muted");
    summary_->setWordWrap(true);
    const DialogButtons buttons = makeDialogButtons(*this, tr("Build"), QStringLiteral("buildAccept"));
    build_ = buttons.accept;
    layout()->addWidget(summary_);
    layout()->addWidget(buttons.box);
    setSource(source);
    refresh();
}

void BuildDialog::makeFolders(Dialogs& dialogs) {
    source_ = makeField("buildSource");
    gallery_ = makeField("buildGallery");
    auto* chooseSource = new QPushButton(tr("Browse…"));
    chooseSource->setObjectName(QStringLiteral("buildChooseSource"));
    auto* chooseGallery = new QPushButton(tr("Browse…"));
    connect(chooseSource, &QPushButton::clicked, this, [this, &dialogs] {
        dialogs.chooseFolder(this, tr("Folder of pictures"), source_->text(),
                             [this](const QString& folder) { setSource(folder); });
    });
    connect(chooseGallery, &QPushButton::clicked, this, [this, &dialogs] {
        dialogs.chooseFolder(this, tr("Where to keep the gallery"),
                             QFileInfo(gallery_->text()).absolutePath(), [this](const QString& folder) {
                                 galleryChosen_ = true;
                                 gallery_->setText(QDir::toNativeSeparators(folder));
                             });
    });
    connect(source_, &QLineEdit::textEdited, this, &BuildDialog::setSource);
    connect(gallery_, &QLineEdit::textEdited, this, [this] { galleryChosen_ = true; });
    connect(gallery_, &QLineEdit::textChanged, this, &BuildDialog::refresh);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->setSpacing(kStep);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(2 * kStep);
    form->setVerticalSpacing(kStep);
    form->setObjectName(QStringLiteral("buildForm"));
    form->addRow(tr("&Pictures of"), withButton(source_, chooseSource));
    form->addRow(tr("&Keep it in"), withButton(gallery_, chooseGallery));
    column->addLayout(form);
}

void BuildDialog::makeModel(Dialogs& dialogs) {
    weights_ = makeField("buildWeights");
    weights_->setText(pathText(model_.weights));
    auto* choose = new QPushButton(tr("Browse…"));
    connect(choose, &QPushButton::clicked, this, [this, &dialogs] {
        dialogs.openFiles(this, tr("Open weights"), weightsFilters(), false,
                          [this](const QStringList& files) {
                              if (!files.isEmpty()) weights_->setText(files.front());
                          });
    });
    architecture_ = new QComboBox;
    architecture_->setObjectName(QStringLiteral("buildArchitecture"));
    for (const char* arch : {"vit_tiny", "vit_small", "vit_base", "vit_large"})
        architecture_->addItem(QLatin1String(arch));
    architecture_->setCurrentText(model_.arch.empty() ? QStringLiteral("vit_small")
                                                      : QString::fromStdString(model_.arch));
    weightsRow_ = withButton(weights_, choose);
    liveTeacher_ = new LiveTeacherButton(QStringLiteral("buildLiveTeacher"));
    connect(liveTeacher_, &LiveTeacherButton::chosen, weights_, &QLineEdit::setText);
    form().addRow(tr("&Weights"), weightsRow_);
    form().addRow(QString(), liveTeacher_);
    form().setRowVisible(liveTeacher_, false);
    form().addRow(tr("&Architecture"), architecture_);
    connect(weights_, &QLineEdit::textChanged, this, &BuildDialog::refresh);
}

void BuildDialog::makeChoices() {
    features_ = makeChoice("features", "buildFeatures");
    storage_ = makeChoice("storage", "buildStorage");
    form().addRow(tr("&Features"), features_);
    form().addRow(tr("&Stored as"), storage_);
}

QFormLayout& BuildDialog::form() const {
    return *findChild<QFormLayout*>(QStringLiteral("buildForm"));
}

void BuildDialog::setLiveRun(const QString& run) {
    liveTeacher_->setRun(run);
    form().setRowVisible(liveTeacher_, !run.isEmpty());
    refresh();
}

/// A gallery is kept under the folder's name with the program's data, unless the person says where.
void BuildDialog::setSource(const QString& folder) {
    const QString shown = QDir::toNativeSeparators(folder);
    if (source_->text() != shown) source_->setText(shown);
    if (!galleryChosen_) {
        const QString name = QDir(folder).dirName();
        gallery_->setText(folder.isEmpty()
                              ? QString()
                              : QDir::toNativeSeparators(galleriesFolder() + QLatin1Char('/') + name));
    }
    refresh();
}

QString BuildDialog::source() const {
    return QDir::fromNativeSeparators(source_->text().trimmed());
}

QString BuildDialog::gallery() const {
    return QDir::fromNativeSeparators(gallery_->text().trimmed());
}

/// What is kept there may be a gallery: then its own terms are shown, and those that were chosen kept.
void BuildDialog::lookForGallery() {
    const bool wasThere = there_.has_value();
    there_.reset();
    unreadable_.clear();
    try {
        if (!gallery().isEmpty() && api::isGallery(filePath(gallery())))
            there_ = api::recordedInfo(filePath(gallery()));
    } catch (const Error& error) {
        unreadable_ = sentenceOf(error);
    }
    if (there_ && !wasThere) chosen_ = {weights_->text(), features_->currentText(), storage_->currentText()};
    if (there_) {
        showTerms({pathText(there_->model.weights), QString::fromStdString(name(there_->terms.kind)),
                   QString::fromStdString(name(there_->terms.storage))});
    } else if (wasThere) {
        showTerms(chosen_);
    }
    const std::initializer_list<QWidget*> terms{weightsRow_, liveTeacher_, features_, storage_};
    for (QWidget* each : terms)
        each->setEnabled(!there_);
}

void BuildDialog::showTerms(const Terms& terms) {
    const QSignalBlocker quiet(weights_);
    weights_->setText(terms.weights);
    features_->setCurrentText(terms.features);
    storage_->setCurrentText(terms.storage);
}

/// Why it cannot begin; empty where it can.
QString BuildDialog::obstacle() const {
    if (source().isEmpty()) return tr("Choose the folder with the pictures.");
    if (!isFolder(source())) return tr("There is no such folder.");
    if (gallery().isEmpty()) return tr("Choose where to keep the gallery.");
    if (!unreadable_.isEmpty()) return unreadable_;
    if (there_) {
        std::error_code code;
        if (std::filesystem::equivalent(filePath(source()), there_->source, code)) return {};
        return tr("The gallery there is of the pictures in %1. Choose another place to keep this one.")
            .arg(pathText(there_->source));
    }
    if (weights_->text().trimmed().isEmpty())
        return tr("Choose the weights, or write “bundled” or “untrained”.");
    return {};
}

QString BuildDialog::summary() const {
    if (there_) return tr("There is a gallery already: only what is new or changed is computed.");
    if (weights_->text().trimmed() == kUntrained)
        return tr("Untrained features tell colours and coarse shapes apart, not much more.");
    if (liveTeacher_->isNamedBy(weights_->text().trimmed()))
        return tr(
            "The teacher is taken as it is when this begins. Its weights are kept in the run's folder.");
    return tr("Subfolders are searched too; those of the first level become the classes.");
}

void BuildDialog::refresh() {
    if (!build_) return;
    lookForGallery();
    const bool untrained = weights_->text().trimmed() == kUntrained;
    form().setRowVisible(architecture_, untrained && !there_);
    const QString problem = obstacle();
    summary_->setText(problem.isEmpty() ? summary() : problem);
    build_->setText(there_ ? tr("Bring up to date") : tr("Build"));
    build_->setEnabled(problem.isEmpty());
}

OptionValues BuildDialog::options(const OptionValues& common) const {
    if (there_) return updateOptions(filePath(gallery()), common);
    OptionValues options(api::indexOptions());
    putCommon(options, common);
    api::ModelSource model = model_;
    const std::string weights = filePath(weights_->text().trimmed()).string();
    if (weights != model.weights) {
        // What was said of another file says nothing of this one.
        model = {};
        model.weights = weights;
        model.seed = model_.seed;
    }
    if (weights == "untrained") model.arch = architecture_->currentText().toStdString();
    putModel(options, model);
    options.set("gallery", OptionValue(filePath(gallery()).string()));
    options.set("features", OptionValue(features_->currentText().toStdString()));
    options.set("storage", OptionValue(storage_->currentText().toStdString()));
    return options;
}

}  // namespace dinoscope
