#include "ui/neighbours/evaluate_page.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "engine/api/images.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/runtime_start.h"
#include "ui/bridge/texts.h"
#include "ui/bridge/unknown_heads.h"
#include "ui/dialogs.h"
#include "ui/input_kind.h"
#include "ui/neighbours/build_dialog.h"
#include "ui/neighbours/confusion_view.h"
#include "ui/neighbours/evaluation_models.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/theme.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

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
    label->setBuddy(buddy);
    return label;
}

}  // namespace

EvaluatePage::EvaluatePage(NeighboursSession& session, Dialogs& dialogs, QSettings& settings, QWidget* parent)
    : QWidget(parent),
      session_(session),
      dialogs_(dialogs),
      settings_(settings),
      // Beside the settings, so that a window of its own settings has results of its own.
      file_(QFileInfo(settings.fileName()).absolutePath() + QStringLiteral("/evaluations.json")) {
    setObjectName(QStringLiteral("evaluatePage"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeForm());
    auto* line = new QFrame;
    line->setObjectName(QStringLiteral("upright"));
    row->addWidget(line);
    row->addWidget(makeResults(), 1);
    train_->setText(settings_.value(kTrainKey).toString());
    val_->setText(settings_.value(kValKey).toString());
    chooseKind(false);
    load();
    showTable(0);
}

QWidget* EvaluatePage::makeField(QLineEdit* field, const QString& title,
                                 void (EvaluatePage::*choose)(QLineEdit* field, const QString& title)) {
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
    connect(field, &QLineEdit::textChanged, this, &EvaluatePage::showForm);
    return both;
}

void EvaluatePage::chooseFolder(QLineEdit* field, const QString& title) {
    dialogs_.chooseFolder(this, title, field->text(), [field](const QString& folder) {
        if (!folder.isEmpty()) field->setText(QDir::toNativeSeparators(folder));
    });
}

void EvaluatePage::chooseWeights(QLineEdit* field, const QString& title) {
    dialogs_.openFiles(this, title, weightsFilters(), false, [field](const QStringList& files) {
        if (!files.isEmpty()) field->setText(QDir::toNativeSeparators(files.front()));
    });
}

QWidget* EvaluatePage::makeForm() {
    auto* form = new QWidget;
    form->setObjectName(QStringLiteral("panelContent"));
    form->setFixedWidth(kFormWidth);
    train_ = new QLineEdit;
    train_->setObjectName(QStringLiteral("evaluateTrain"));
    val_ = new QLineEdit;
    val_->setObjectName(QStringLiteral("evaluateVal"));
    weights_ = new QLineEdit;
    weights_->setObjectName(QStringLiteral("evaluateWeights"));
    kindKnn_ = makeWideSegment(tr("k-NN"), QStringLiteral("evaluateKnn"));
    kindLinear_ = makeWideSegment(tr("Linear"), QStringLiteral("evaluateLinear"));
    connect(kindKnn_, &QToolButton::clicked, this, [this] { chooseKind(false); });
    connect(kindLinear_, &QToolButton::clicked, this, [this] { chooseKind(true); });
    hint_ = new QLabel;
    hint_->setObjectName(QStringLiteral("evaluateHint"));
    hint_->setProperty("look", "muted");
    hint_->setWordWrap(true);
    hint_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    // The button below must not jump when the text is another.
    hint_->setMinimumHeight(kHintLines * hint_->fontMetrics().lineSpacing());
    start_ = new QPushButton(tr("Evaluate"));
    start_->setObjectName(QStringLiteral("evaluateStart"));
    start_->setProperty("look", "primary");
    connect(start_, &QPushButton::clicked, this, &EvaluatePage::start);
    auto* title = new QLabel(tr("How good are its features?"));
    title->setProperty("look", "title");
    auto* kinds = new QHBoxLayout;
    kinds->setSpacing(kHalfStep);
    kinds->addWidget(kindKnn_);
    kinds->addWidget(kindLinear_);
    auto* column = new QVBoxLayout(form);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->setSpacing(kHalfStep);
    column->addWidget(title);
    column->addSpacing(kStep);
    column->addWidget(mutedLabel(tr("&Training pictures, a folder a class"), train_));
    column->addWidget(makeField(train_, tr("Folder of training pictures"), &EvaluatePage::chooseFolder));
    column->addSpacing(kHalfStep);
    column->addWidget(mutedLabel(tr("Va&lidation pictures"), val_));
    column->addWidget(makeField(val_, tr("Folder of validation pictures"), &EvaluatePage::chooseFolder));
    column->addSpacing(kHalfStep);
    column->addWidget(mutedLabel(tr("&Weights"), weights_));
    column->addWidget(makeField(weights_, tr("Open weights"), &EvaluatePage::chooseWeights));
    column->addSpacing(kStep);
    column->addLayout(kinds);
    column->addWidget(hint_);
    column->addSpacing(kStep);
    column->addWidget(start_);
    column->addStretch(1);
    return form;
}

QWidget* EvaluatePage::makeResults() {
    table_ = new EvaluationTable(this);
    tableView_ = new QTableView;
    tableView_->setObjectName(QStringLiteral("evaluationTable"));
    tableView_->setModel(table_);
    tableView_->setAccessibleName(tr("Evaluations"));
    prepareTable(*tableView_);
    tableView_->setSelectionMode(QTableView::SingleSelection);
    tableView_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    tableView_->horizontalHeader()->setSectionResizeMode(EvaluationTable::Model, QHeaderView::Stretch);
    connect(tableView_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &EvaluatePage::showDetails);
    auto* none = new QLabel(
        tr("Nothing was evaluated yet. Choose two folders with a subfolder for each class, and a model."));
    none->setProperty("look", "muted");
    none->setAlignment(Qt::AlignCenter);
    none->setWordWrap(true);
    none->setMargin(4 * kStep);
    auto* filled = new QWidget;
    auto* column = new QVBoxLayout(filled);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(tableView_, 2);
    column->addWidget(makeDetails(), 3);
    stack_ = new QStackedWidget;
    stack_->addWidget(none);
    stack_->addWidget(filled);
    return stack_;
}

void EvaluatePage::makeClassView() {
    classes_ = new ClassTable(this);
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(classes_);
    sorted->setSortRole(ClassTable::kSortRole);
    classView_ = new QTableView;
    classView_->setObjectName(QStringLiteral("classTable"));
    classView_->setModel(sorted);
    classView_->setAccessibleName(tr("Accuracy of each class"));
    prepareTable(*classView_);
    classView_->setSelectionMode(QTableView::SingleSelection);
    classView_->setSortingEnabled(true);
    classView_->sortByColumn(ClassTable::Name, Qt::AscendingOrder);
    classView_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    classView_->horizontalHeader()->setSectionResizeMode(ClassTable::Name, QHeaderView::Stretch);
}

QWidget* EvaluatePage::makeDetails() {
    auto* details = new QFrame;
    details->setObjectName(QStringLiteral("footer"));
    detailTitle_ = new QLabel;
    detailTitle_->setObjectName(QStringLiteral("evaluationTitle"));
    detailTitle_->setWordWrap(true);
    detailKnn_ = makeWideSegment(tr("k-NN"), QStringLiteral("detailKnn"));
    detailOfLinear_ = makeWideSegment(tr("Linear"), QStringLiteral("detailLinear"));
    for (QToolButton* each : {detailKnn_, detailOfLinear_}) {
        each->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        connect(each, &QToolButton::clicked, this, [this, each] {
            detailLinear_ = each == detailOfLinear_;
            showDetails();
        });
    }
    const auto tool = [](const char* icon, const QString& tip, const char* name) {
        auto* button = new QToolButton;
        button->setIcon(themeIcon(QLatin1String(icon)));
        button->setToolTip(tip);
        button->setAccessibleName(tip);
        button->setObjectName(QLatin1String(name));
        button->setFocusPolicy(Qt::StrongFocus);
        return button;
    };
    export_ =
        tool("export", tr("Export the classes (CSV) or the confusion matrix (PNG)"), "evaluationExport");
    remove_ = tool("close", tr("Remove this row from the table"), "evaluationRemove");
    connect(export_, &QToolButton::clicked, this, &EvaluatePage::exportDetails);
    connect(remove_, &QToolButton::clicked, this, &EvaluatePage::removeSelected);
    makeClassView();
    confusion_ = new ConfusionView;
    confusion_->setObjectName(QStringLiteral("confusion"));
    auto* head = new QHBoxLayout;
    head->setSpacing(kHalfStep);
    head->addWidget(detailKnn_);
    head->addWidget(detailOfLinear_);
    head->addSpacing(kStep);
    head->addWidget(detailTitle_, 1);
    head->addWidget(export_);
    head->addWidget(remove_);
    auto* body = new QHBoxLayout;
    body->setSpacing(2 * kStep);
    body->addWidget(classView_, 3);
    body->addWidget(confusion_, 2);
    auto* column = new QVBoxLayout(details);
    column->setContentsMargins(2 * kStep, kStep, 2 * kStep, kStep);
    column->setSpacing(kStep);
    column->addLayout(head);
    column->addLayout(body, 1);
    return details;
}

void EvaluatePage::setModel(const api::ModelSource& source) {
    offered_ = source;
    weights_->setText(pathText(source.weights));
}

void EvaluatePage::chooseKind(bool linear) {
    linear_ = linear;
    kindKnn_->setChecked(!linear);
    kindLinear_->setChecked(linear);
    showForm();
}

void EvaluatePage::setControls(const NeighboursControls& controls) {
    allowed_ = controls.evaluate;
    showForm();
}

void EvaluatePage::showForm() {
    QString problem;
    if (!isFolder(train_->text())) {
        problem = train_->text().isEmpty() ? tr("Choose the folder of training pictures.")
                                           : tr("There is no folder %1.").arg(train_->text());
    } else if (!isFolder(val_->text())) {
        problem = val_->text().isEmpty() ? tr("Choose the folder of validation pictures.")
                                         : tr("There is no folder %1.").arg(val_->text());
    } else if (weights_->text().trimmed().isEmpty()) {
        problem = tr("Choose the weights, or write “bundled” or “untrained”.");
    }
    const QString does =
        linear_ ? tr("Trains a linear classifier on features that are computed once, to convergence.")
                : tr("Each picture takes the class that its 10, 20, 100 and 200 nearest "
                     "training pictures vote for, as Wu et al. weigh them.");
    hint_->setText(problem.isEmpty() ? does : problem);
    start_->setEnabled(problem.isEmpty() && allowed_ && !running_);
    start_->setText(running_ ? tr("Evaluating") : tr("Evaluate"));
}

api::ModelSource EvaluatePage::wantedModel() const {
    const std::string weights = filePath(weights_->text().trimmed()).string();
    if (weights == offered_.weights) return offered_;
    api::ModelSource model;
    model.weights = weights;
    return model;
}

void EvaluatePage::start() {
    settings_.setValue(kTrainKey, train_->text());
    settings_.setValue(kValKey, val_->text());
    evaluate(wantedModel());
}

void EvaluatePage::evaluate(const api::ModelSource& model) {
    struct Outcome {
        EvaluationRecord record;
        std::optional<UnknownHeads> unknownHeads;
    };
    auto outcome = std::make_shared<Outcome>();
    OptionValues options(linear_ ? api::linearOptions() : api::knnOptions());
    putCommon(options, session_.common());
    putModel(options, model);
    options.set("train", OptionValue(filePath(QDir::fromNativeSeparators(train_->text())).string()));
    options.set("val", OptionValue(filePath(QDir::fromNativeSeparators(val_->text())).string()));
    JobBridge::Task task;
    task.title = linear_ ? tr("Evaluating by a linear probe") : tr("Evaluating by k-NN");
    task.slot = "evaluate";
    task.priority = JobPriority::Long;
    const QString when = QDateTime::currentDateTime().toString(Qt::ISODate);
    task.run = [outcome, options, when, linear = linear_, common = session_.common()](JobControl& control) {
        startRuntimeOnce(common);
        outcome->record = keepingUnknownHeads(outcome->unknownHeads, [&] {
            return linear ? EvaluationRecord::of(api::evaluateLinear(options, control), when)
                          : EvaluationRecord::of(api::evaluateKnn(options, control), when);
        });
    };
    task.done = [this, outcome, model](const JobResult& result) {
        running_ = false;
        if (outcome->unknownHeads) {
            Q_EMIT headsUnknown(*outcome->unknownHeads, [this, model](int heads) {
                api::ModelSource told = model;
                told.headsPerLayer = heads;
                evaluate(told);
            });
        } else if (result.outcome == JobOutcome::Failed) {
            Q_EMIT failed(sentenceOf(*result.error));
        }
        if (result.outcome == JobOutcome::Done) keep(std::move(outcome->record));
        showForm();
        Q_EMIT stateChanged();
    };
    running_ = true;
    session_.jobs().submit(session_.runners().engine, std::move(task));
    showForm();
    Q_EMIT stateChanged();
}

void EvaluatePage::keep(EvaluationRecord record) {
    detailLinear_ = record.linear;
    store_.add(std::move(record));
    write();
    showTable(0);
}

void EvaluatePage::load() {
    QFile file(file_);
    if (!file.exists()) return;
    try {
        if (!file.open(QIODevice::ReadOnly)) return;
        store_.read(file.readAll());
    } catch (const Error&) {
        // What cannot be read is not overwritten by what comes.
        file.close();
        QFile::remove(file_ + QStringLiteral(".unreadable"));
        QFile::rename(file_, file_ + QStringLiteral(".unreadable"));
        log::warn("evaluations.json could not be read and was kept aside");
    }
}

void EvaluatePage::write() {
    JobBridge::Task task;
    task.run = [file = file_.toStdString(), json = store_.toJson().toStdString()](JobControl&) {
        makeFolder(std::filesystem::path(file).parent_path());
        writeFileAtomically(file, json);
    };
    task.done = [this](const JobResult& result) {
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
    };
    session_.jobs().submit(session_.runners().files, std::move(task));
}

void EvaluatePage::showTable(int selected) {
    table_->show(store_);
    stack_->setCurrentIndex(table_->rowCount() > 0 ? 1 : 0);
    if (table_->rowCount() > 0) tableView_->selectRow(std::min(selected, table_->rowCount() - 1));
    showDetails();
}

const EvaluationRecord* EvaluatePage::selected() const {
    const QModelIndexList rows = tableView_->selectionModel()->selectedRows();
    if (rows.isEmpty()) return nullptr;
    const EvaluationRow& row = table_->rows()[std::size_t(rows.front().row())];
    int index = detailLinear_ ? row.linear : row.knn;
    if (index < 0) index = std::max(row.knn, row.linear);
    return &store_.records()[std::size_t(index)];
}

void EvaluatePage::showDetails() {
    const EvaluationRecord* record = selected();
    export_->setEnabled(record);
    remove_->setEnabled(record);
    if (!record) {
        detailTitle_->clear();
        classes_->setClasses({});
        confusion_->setMatrix({});
        return;
    }
    const QModelIndexList rows = tableView_->selectionModel()->selectedRows();
    const EvaluationRow& row = table_->rows()[std::size_t(rows.front().row())];
    detailKnn_->setEnabled(row.knn >= 0);
    detailOfLinear_->setEnabled(row.linear >= 0);
    detailKnn_->setChecked(!record->linear);
    detailOfLinear_->setChecked(record->linear);
    QStringList parts;
    for (const api::KnnScore& score : record->scores)
        parts << tr("k = %1: %2 %").arg(score.k).arg(percentText(score.top1));
    if (record->linear)
        parts << tr("top-1 %1 %, top-5 %2 %").arg(percentText(record->top1), percentText(record->top5));
    detailTitle_->setText(parts.join(QStringLiteral("   ")));
    classes_->setClasses(record->classes);
    confusion_->setMatrix(record->confusion);
}

void EvaluatePage::removeSelected() {
    const QModelIndexList rows = tableView_->selectionModel()->selectedRows();
    if (rows.isEmpty()) return;
    store_.remove(table_->rows()[std::size_t(rows.front().row())]);
    write();
    showTable(rows.front().row());
}

void EvaluatePage::exportDetails() {
    const EvaluationRecord* record = selected();
    if (!record) return;
    const QString suggested =
        QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) +
        (record->linear ? QStringLiteral("/linear classes.csv") : QStringLiteral("/k-NN classes.csv"));
    dialogs_.saveFile(this, tr("Export the evaluation"), suggested,
                      {tr("Classes (*.csv)"), tr("Confusion matrix (*.png)"), tr("Everything (*.json)")},
                      [this, copy = *record](const QString& file) {
                          if (file.isEmpty()) return;
                          JobBridge::Task task;
                          task.title = tr("Exporting");
                          task.slot = "exportEvaluation";
                          task.run = [copy, file](JobControl&) {
                              const std::filesystem::path path = filePath(file);
                              EvaluationStore one;
                              one.add(copy);
                              if (file.endsWith(QLatin1String(".png"), Qt::CaseInsensitive)) {
                                  writePng(path, api::confusionPicture(copy.confusion));
                              } else if (file.endsWith(QLatin1String(".json"), Qt::CaseInsensitive)) {
                                  writeFileAtomically(path, one.toJson().toStdString());
                              } else {
                                  writeFileAtomically(path, api::toCsv(copy.classes));
                              }
                          };
                          task.done = [this](const JobResult& result) {
                              if (result.outcome == JobOutcome::Failed)
                                  Q_EMIT failed(sentenceOf(*result.error));
                          };
                          session_.jobs().submit(session_.runners().files, std::move(task));
                      });
}

QString EvaluatePage::statusText() const {
    if (running_) return tr("Evaluating");
    const int count = table_->rowCount();
    if (count == 0) return tr("No evaluations yet");
    return count == 1 ? tr("1 model evaluated") : tr("%1 models evaluated").arg(count);
}

}  // namespace dinoscope
