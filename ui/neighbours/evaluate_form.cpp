#include "ui/neighbours/evaluate_form.h"

#include <QDir>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/paths.h"
#include "ui/dialogs.h"
#include "ui/input_kind.h"
#include "ui/neighbours/evaluation_options.h"
#include "ui/neighbours/live_teacher_button.h"
#include "ui/theme.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/side_panel.h"

namespace dinoscope {

namespace {

const auto kTrainKey = QStringLiteral("evaluate/train");
const auto kValKey = QStringLiteral("evaluate/val");
constexpr int kFormWidth = 280;
constexpr int kHintLines = 4;

QToolButton* makeWideSegment(const QString& text, const QString& name) {
    QToolButton* button = makeSegment(text, name);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    return button;
}

QLabel* mutedLabel(const QString& text, QWidget* buddy) {
    auto* label = new QLabel(text);
    label->setProperty("look", "muted");
    label->setWordWrap(true);
    label->setBuddy(buddy);
    return label;
}

QLineEdit* makeEdit(const QString& name) {
    auto* edit = new QLineEdit;
    edit->setObjectName(name);
    return edit;
}

}  // namespace

EvaluateForm::EvaluateForm(Dialogs& dialogs, QSettings& settings, QWidget* parent)
    : QWidget(parent), dialogs_(dialogs), settings_(settings) {
    setObjectName(QStringLiteral("panelContent"));
    setAttribute(Qt::WA_StyledBackground);  // only QWidget itself paints it unasked
    setFixedWidth(kFormWidth);
    makeFields();
    makeKinds();
    arrange();
    train_->setText(settings_.value(kTrainKey).toString());
    val_->setText(settings_.value(kValKey).toString());
    chooseKind(false);
}

void EvaluateForm::makeFields() {
    train_ = makeEdit(QStringLiteral("evaluateTrain"));
    val_ = makeEdit(QStringLiteral("evaluateVal"));
    weights_ = makeEdit(QStringLiteral("evaluateWeights"));
    for (QLineEdit* field : {train_, val_, weights_})
        connect(field, &QLineEdit::textChanged, this, &EvaluateForm::refresh);
    liveTeacher_ = new LiveTeacherButton(QStringLiteral("evaluateLiveTeacher"));
    connect(liveTeacher_, &LiveTeacherButton::chosen, weights_, &QLineEdit::setText);
}

void EvaluateForm::makeKinds() {
    kindKnn_ = makeWideSegment(tr("k-NN"), QStringLiteral("evaluateKnn"));
    kindLinear_ = makeWideSegment(tr("Linear"), QStringLiteral("evaluateLinear"));
    connect(kindKnn_, &QToolButton::clicked, this, [this] { chooseKind(false); });
    connect(kindLinear_, &QToolButton::clicked, this, [this] { chooseKind(true); });
    hint_ = new QLabel;
    hint_->setObjectName(QStringLiteral("evaluateHint"));
    hint_->setProperty("look", "muted");
    hint_->setWordWrap(true);
    hint_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    // What is below must not jump when the text is another.
    hint_->setMinimumHeight(kHintLines * hint_->fontMetrics().lineSpacing());
    start_ = new QPushButton(tr("Evaluate"));
    start_->setObjectName(QStringLiteral("evaluateStart"));
    start_->setProperty("look", "primary");
    connect(start_, &QPushButton::clicked, this, &EvaluateForm::startWanted);
    more_ = new EvaluationOptions(dialogs_);
    connect(more_, &EvaluationOptions::changed, this, &EvaluateForm::refresh);
}

QWidget* EvaluateForm::makeUpperPart() {
    auto* title = new QLabel(tr("How good are its features?"));
    title->setProperty("look", "title");
    title->setWordWrap(true);
    auto* kinds = new QHBoxLayout;
    kinds->setSpacing(kHalfStep);
    kinds->addWidget(kindKnn_);
    kinds->addWidget(kindLinear_);
    auto* part = new QWidget;
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(kStep, kStep, kStep, kStep);
    column->setSpacing(kHalfStep);
    column->addWidget(title);
    column->addSpacing(kStep);
    column->addWidget(mutedLabel(tr("&Training pictures, a folder a class"), train_));
    column->addWidget(makeField(train_, tr("Folder of training pictures"), &EvaluateForm::chooseFolder));
    column->addSpacing(kHalfStep);
    column->addWidget(mutedLabel(tr("Va&lidation pictures"), val_));
    column->addWidget(makeField(val_, tr("Folder of validation pictures"), &EvaluateForm::chooseFolder));
    column->addSpacing(kHalfStep);
    column->addWidget(mutedLabel(tr("&Weights"), weights_));
    column->addWidget(makeField(weights_, tr("Open weights"), &EvaluateForm::chooseWeights));
    column->addWidget(liveTeacher_);
    column->addSpacing(kStep);
    column->addLayout(kinds);
    column->addWidget(hint_);
    return part;
}

/// All but the button scrolls: it stays in sight, and a small window keeps everything reachable.
void EvaluateForm::arrange() {
    auto* panel = new SidePanel;
    panel->setObjectName(QStringLiteral("evaluatePanel"));
    panel->addSection(makeUpperPart());
    panel->addSection(more_);
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(2 * kStep, kStep, 2 * kStep, 2 * kStep);
    foot->addWidget(start_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(panel, 1);
    column->addLayout(foot);
}

QWidget* EvaluateForm::makeField(QLineEdit* field, const QString& title, Choose choose) {
    auto* both = new QWidget;
    auto* browse = new QToolButton;
    browse->setObjectName(field->objectName() + QStringLiteral("Browse"));
    browse->setIcon(themeIcon(QStringLiteral("folder")));
    browse->setToolTip(title);
    browse->setAccessibleName(title);
    browse->setFocusPolicy(Qt::StrongFocus);
    auto* row = new QHBoxLayout(both);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kHalfStep);
    row->addWidget(field, 1);
    row->addWidget(browse);
    connect(browse, &QToolButton::clicked, this,
            [this, field, title, choose] { (this->*choose)(field, title); });
    return both;
}

void EvaluateForm::chooseFolder(QLineEdit* field, const QString& title) {
    dialogs_.chooseFolder(this, title, field->text(), [field](const QString& folder) {
        if (!folder.isEmpty()) field->setText(QDir::toNativeSeparators(folder));
    });
}

void EvaluateForm::chooseWeights(QLineEdit* field, const QString& title) {
    dialogs_.openFiles(this, title, weightsFilters(), false, [field](const QStringList& files) {
        if (!files.isEmpty()) field->setText(QDir::toNativeSeparators(files.front()));
    });
}

void EvaluateForm::setModel(const api::ModelSource& source) {
    offered_ = source;
    weights_->setText(pathText(source.weights));
}

void EvaluateForm::setLiveRun(const QString& run) {
    liveTeacher_->setRun(run);
    refresh();
}

void EvaluateForm::setAllowed(bool allowed) {
    allowed_ = allowed;
    refresh();
}

void EvaluateForm::setRunning(bool running) {
    running_ = running;
    refresh();
}

void EvaluateForm::rememberFolders() {
    settings_.setValue(kTrainKey, train_->text());
    settings_.setValue(kValKey, val_->text());
}

QString EvaluateForm::trainFolder() const {
    return QDir::fromNativeSeparators(train_->text());
}

QString EvaluateForm::valFolder() const {
    return QDir::fromNativeSeparators(val_->text());
}

api::ModelSource EvaluateForm::model() const {
    const std::string weights = filePath(weights_->text().trimmed()).string();
    if (weights == offered_.weights) return offered_;
    api::ModelSource model;
    model.weights = weights;
    return model;
}

const OptionValues& EvaluateForm::options() const {
    return more_->values();
}

void EvaluateForm::chooseKind(bool linear) {
    linear_ = linear;
    kindKnn_->setChecked(!linear);
    kindLinear_->setChecked(linear);
    more_->setLinear(linear);  // and all is refreshed
}

QString EvaluateForm::whatIsMissing() const {
    if (!isFolder(train_->text()))
        return train_->text().isEmpty() ? tr("Choose the folder of training pictures.")
                                        : tr("There is no folder %1.").arg(train_->text());
    if (!isFolder(val_->text()))
        return val_->text().isEmpty() ? tr("Choose the folder of validation pictures.")
                                      : tr("There is no folder %1.").arg(val_->text());
    if (weights_->text().trimmed().isEmpty())
        return tr("Choose the weights, or write “bundled” or “untrained”.");
    return {};
}

QString EvaluateForm::whatItDoes() const {
    QString text = howItMeasures();
    if (liveTeacher_->isNamedBy(weights_->text().trimmed()))
        text += QLatin1Char(' ') + tr("The teacher is taken as it is when this begins.");
    return text;
}

QString EvaluateForm::howItMeasures() const {
    if (!linear_) {
        QString values = QString::fromStdString(options().text("neighbours")).simplified();
        values.replace(QLatin1String(", "), QLatin1String(","));
        values.replace(QLatin1Char(','), QLatin1String(", "));
        return tr("Each picture takes the class that its %1 nearest training pictures vote for, as Wu et al. "
                  "weigh them.")
            .arg(values);
    }
    if (options().text("method") == "sgd") {
        return tr("Trains a linear classifier as the reference does: random views of the pictures pass "
                  "through the network anew, %1 times each.")
            .arg(options().integer("epochs"));
    }
    return tr("Trains a linear classifier on features that are computed once, to convergence.");
}

void EvaluateForm::refresh() {
    const QString missing = whatIsMissing();
    hint_->setText(missing.isEmpty() ? whatItDoes() : missing);
    start_->setEnabled(missing.isEmpty() && allowed_ && !running_);
    start_->setText(running_ ? tr("Evaluating") : tr("Evaluate"));
}

}  // namespace dinoscope
