#include "ui/neighbours/evaluate_page.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
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
#include "ui/neighbours/build_dialog.h"
#include "ui/neighbours/confusion_view.h"
#include "ui/neighbours/evaluate_form.h"
#include "ui/neighbours/evaluation_models.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/theme.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

/// Of an evaluation, and of what comes before it.
constexpr const char* kSlot = "evaluate";
constexpr int kWidestColumn = 280;

}  // namespace

EvaluatePage::EvaluatePage(NeighboursSession& session, Dialogs& dialogs, QSettings& settings, QWidget* parent)
    : QWidget(parent),
      session_(session),
      dialogs_(dialogs),
      // Beside the settings, so that a window of its own settings has results of its own.
      file_(QFileInfo(settings.fileName()).absolutePath() + QStringLiteral("/evaluations.json")),
      form_(new EvaluateForm(dialogs, settings)) {
    setObjectName(QStringLiteral("evaluatePage"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(form_);
    connect(form_, &EvaluateForm::startWanted, this, &EvaluatePage::start);
    connect(&session_, &NeighboursSession::liveRunChanged, form_, &EvaluateForm::setLiveRun);
    auto* line = new QFrame;
    line->setObjectName(QStringLiteral("upright"));
    row->addWidget(line);
    row->addWidget(makeResults(), 1);
    load();
    showTable(0);
}

QWidget* EvaluatePage::makeResults() {
    table_ = new EvaluationTable(this);
    tableView_ = new QTableView;
    tableView_->setObjectName(QStringLiteral("evaluationTable"));
    tableView_->setModel(table_);
    tableView_->setAccessibleName(tr("Evaluations"));
    prepareTable(*tableView_);
    tableView_->setSelectionMode(QTableView::SingleSelection);
    tableView_->setTextElideMode(Qt::ElideMiddle);
    tableView_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    // On a small window there is a scroll bar: a row whose model is not seen says nothing.
    tableView_->horizontalHeader()->setMaximumSectionSize(kWidestColumn);
    tableView_->horizontalHeader()->setStretchLastSection(true);
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

void EvaluatePage::makeDetailHead() {
    detailTitle_ = new QLabel;
    detailTitle_->setObjectName(QStringLiteral("evaluationTitle"));
    detailTitle_->setWordWrap(true);
    detailNotes_ = new QLabel;
    detailNotes_->setObjectName(QStringLiteral("evaluationNotes"));
    detailNotes_->setProperty("look", "muted");
    detailNotes_->setWordWrap(true);
    detailKnn_ = makeSegment(tr("k-NN"), QStringLiteral("detailKnn"));
    detailOfLinear_ = makeSegment(tr("Linear"), QStringLiteral("detailLinear"));
    for (QToolButton* each : {detailKnn_, detailOfLinear_}) {
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
}

QWidget* EvaluatePage::makeDetails() {
    auto* details = new QFrame;
    details->setObjectName(QStringLiteral("footer"));
    makeDetailHead();
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
    column->addWidget(detailNotes_);
    column->addLayout(body, 1);
    return details;
}

void EvaluatePage::setModel(const api::ModelSource& source) {
    form_->setModel(source);
}

void EvaluatePage::setControls(const NeighboursControls& controls) {
    form_->setAllowed(controls.evaluate);
}

void EvaluatePage::setRunning(bool running) {
    running_ = running;
    form_->setRunning(running);
    Q_EMIT stateChanged();
}

void EvaluatePage::start() {
    form_->rememberFolders();
    evaluate(form_->model());
}

void EvaluatePage::evaluate(const api::ModelSource& model) {
    const bool linear = form_->isLinear();
    OptionValues options(linear ? api::linearOptions() : api::knnOptions());
    putCommon(options, session_.common());
    putCommon(options, form_->options());
    putModel(options, model);
    options.set("train", OptionValue(filePath(form_->trainFolder()).string()));
    options.set("val", OptionValue(filePath(form_->valFolder()).string()));
    setRunning(true);
    session_.settleModel(options, tr("Keeping the teacher as it is now"), kSlot,
                         [this, linear, model](const JobResult& result, const OptionValues& settled) {
                             if (result.outcome == JobOutcome::Done) {
                                 compute(settled, linear, model);
                                 return;
                             }
                             setRunning(false);
                             if (result.outcome == JobOutcome::Failed)
                                 Q_EMIT failed(sentenceOf(*result.error));
                         });
}

void EvaluatePage::compute(const OptionValues& options, bool linear, const api::ModelSource& model) {
    struct Outcome {
        EvaluationRecord record;
        std::optional<UnknownHeads> unknownHeads;
    };
    auto outcome = std::make_shared<Outcome>();
    JobBridge::Task task;
    task.title = linear ? tr("Evaluating by a linear probe") : tr("Evaluating by k-NN");
    task.slot = kSlot;
    task.priority = JobPriority::Long;
    const QString when = QDateTime::currentDateTime().toString(Qt::ISODate);
    task.run = [outcome, options, when, linear, common = session_.common()](JobControl& control) {
        startRuntimeOnce(common);
        outcome->record = keepingUnknownHeads(outcome->unknownHeads, [&] {
            return linear ? EvaluationRecord::of(api::evaluateLinear(options, control), when)
                          : EvaluationRecord::of(api::evaluateKnn(options, control), when);
        });
    };
    task.done = [this, outcome, model](const JobResult& result) {
        setRunning(false);
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
    };
    session_.jobs().submit(session_.runners().engine, std::move(task));
}

void EvaluatePage::keep(EvaluationRecord record) {
    detailLinear_ = record.linear;
    store_.add(std::move(record));
    write();
    showTable(0);
    Q_EMIT stateChanged();  // the status counts it
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
    tableView_->setColumnHidden(EvaluationTable::How, !table_->hasWays());
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
    showNotes(record);
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

void EvaluatePage::showNotes(const EvaluationRecord* record) {
    detailNotes_->setText(record ? notesText(*record) : QString());
    detailNotes_->setVisible(!detailNotes_->text().isEmpty());
    const QString skipped = record ? skippedText(*record) : QString();
    detailNotes_->setAccessibleDescription(skipped);
    // As it is written: names of files may look like tags.
    detailNotes_->setToolTip(
        skipped.isEmpty() ? QString()
                          : QStringLiteral("<p style='white-space:pre'>%1</p>").arg(skipped.toHtmlEscaped()));
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
                          task.done = [this, file](const JobResult& result) {
                              if (result.outcome == JobOutcome::Done) Q_EMIT told(tr("Wrote %1").arg(file));
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
    return count == 1 ? tr("1 evaluation") : tr("%1 evaluations").arg(count);
}

}  // namespace dinoscope
