#include "ui/train/runs_page.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QShortcut>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/dialogs.h"
#include "ui/theme.h"
#include "ui/train/run_comparison.h"
#include "ui/train/run_table.h"
#include "ui/train/run_text.h"
#include "ui/widgets/empty_page.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

const auto kFoldersKey = QStringLiteral("runs/folders");
const auto kHeightsKey = QStringLiteral("runs/heights");
const auto kWidthsKey = QStringLiteral("runs/widths");
// Those of a table without a column for the rank had other names.
const auto kColumnsKey = QStringLiteral("runs/columnWidths");
const auto kSortingKey = QStringLiteral("runs/sortedBy");
constexpr int kTableHeight = 240;  // at first

/// As the Compare workspace takes them.
constexpr std::size_t kFewestCompared = 2;
constexpr std::size_t kMostCompared = 4;

template <typename Button>
Button* makeButton(const char* name, const char* icon, const QString& text) {
    auto* button = new Button;
    button->setObjectName(QLatin1String(name));
    button->setIcon(themeIcon(QLatin1String(icon)));
    button->setText(text);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

}  // namespace

RunsPage::RunsPage(Runners runners, Dialogs& dialogs, QSettings& settings,
                   std::vector<std::filesystem::path> shipped, QWidget* parent)
    : QWidget(parent), dialogs_(dialogs), settings_(settings), shipped_(std::move(shipped)), list_(runners) {
    setObjectName(QStringLiteral("runsPage"));
    auto* filled = new QWidget;
    auto* column = new QVBoxLayout(filled);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeBar());
    split_ = new QSplitter(Qt::Vertical);
    split_->setObjectName(QStringLiteral("runsSplit"));
    split_->setChildrenCollapsible(false);
    split_->setHandleWidth(1);
    split_->addWidget(makeTable());
    comparison_ = new RunComparison(runners, settings_);
    connect(comparison_, &RunComparison::coloursChanged, table_, &RunTable::setColours);
    connect(comparison_, &RunComparison::activityChanged, this, &RunsPage::activityChanged);
    split_->addWidget(comparison_);
    split_->setSizes({kTableHeight, 2 * kTableHeight});
    split_->setStretchFactor(0, 1);
    split_->setStretchFactor(1, 1);
    column->addWidget(split_, 1);
    faces_ = new QStackedWidget;
    faces_->addWidget(makeEmptyState());
    faces_->addWidget(filled);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(faces_);
    connect(&list_, &RunList::changed, this, &RunsPage::showRuns);
    connect(&list_, &RunList::removed, this, &RunsPage::forget);
    connect(&list_, &RunList::activityChanged, this, &RunsPage::activityChanged);
    connect(&list_, &RunList::failed, this, &RunsPage::failed);
    folders_ = settings_.value(kFoldersKey).toStringList();
    fillFolders();
    listRuns();
    showSelection();
}

QWidget* RunsPage::makeEmptyState() {
    auto* empty = new EmptyPage(QStringLiteral("curves"));
    empty->setTitle(tr("All runs in one table"));
    empty->setText(
        tr("Runs that are trained here appear by themselves. Those of dino train, and those copied "
           "from a server,\nare found in the folders that you add; what is being written is "
           "followed live."));
    auto* add = new QPushButton(tr("Add a folder…"));
    add->setObjectName(QStringLiteral("runsAddFirst"));
    add->setProperty("look", "primary");
    connect(add, &QPushButton::clicked, this, &RunsPage::askForFolder);
    empty->addButton(add);
    return empty;
}

QWidget* RunsPage::makeBar() {
    auto* bar = new QWidget;
    filter_ = new QLineEdit;
    filter_->setObjectName(QStringLiteral("runsFilter"));
    filter_->setPlaceholderText(tr("Filter by name"));
    filter_->setAccessibleName(tr("Filter by name"));
    filter_->setClearButtonEnabled(true);
    filter_->setMaximumWidth(30 * kStep);
    auto* folders = makeButton<QToolButton>("runsFolders", "folder", tr("Folders"));
    folders->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    folders->setProperty("look", "button");
    folders->setPopupMode(QToolButton::InstantPopup);
    folders->setProperty("menu", true);
    folderMenu_ = new QMenu(folders);
    folders->setMenu(folderMenu_);
    open_ = makeButton<QPushButton>("runsOpen", "curves", tr("Watch"));
    open_->setToolTip(tr("Show the curves of the chosen run (Enter)"));
    connect(open_, &QPushButton::clicked, this, [this] {
        if (const auto run = onlySelected()) Q_EMIT runChosen(*run);
    });
    compare_ = makeButton<QPushButton>("runsCompare", "columns", tr("Compare maps"));
    connect(compare_, &QPushButton::clicked, this, [this] { Q_EMIT compareRequested(selectedRuns()); });
    reveal_ = makeButton<QPushButton>("runsReveal", "folder", tr("Reveal"));
    reveal_->setToolTip(tr("Show its folder in the file manager"));
    connect(reveal_, &QPushButton::clicked, this, [this] {
        if (const auto run = onlySelected()) dialogs_.reveal(pathText(*run));
    });
    remove_ = makeButton<QPushButton>("runsRemove", "trash", tr("Move to trash"));
    connect(remove_, &QPushButton::clicked, this, &RunsPage::askToRemove);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(kStep, kStep, kStep, kStep);
    row->setSpacing(kStep);
    row->addWidget(filter_, 1);
    row->addWidget(folders);
    row->addStretch(1);
    row->addWidget(open_);
    row->addWidget(compare_);
    row->addWidget(reveal_);
    row->addWidget(remove_);
    return bar;
}

QWidget* RunsPage::makeTable() {
    table_ = new RunTable(this);
    sorted_ = new QSortFilterProxyModel(this);
    sorted_->setSourceModel(table_);
    sorted_->setSortRole(RunTable::SortRole);
    sorted_->setSortCaseSensitivity(Qt::CaseInsensitive);
    sorted_->setFilterCaseSensitivity(Qt::CaseInsensitive);
    sorted_->setFilterKeyColumn(RunTable::Name);
    view_ = new QTableView;
    view_->setObjectName(QStringLiteral("runsTable"));
    view_->setAccessibleName(tr("Runs"));
    view_->setModel(sorted_);
    view_->setIconSize(RunTable::kSwatchSize);
    prepareTable(*view_);
    view_->setSelectionMode(QTableView::ExtendedSelection);
    view_->setSortingEnabled(true);
    view_->sortByColumn(RunTable::Started, Qt::DescendingOrder);
    view_->horizontalHeader()->setStretchLastSection(true);
    connect(filter_, &QLineEdit::textChanged, sorted_, &QSortFilterProxyModel::setFilterFixedString);
    connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        if (updating_) return;
        wanted_.clear();  // the person chose
        showSelection();
    });
    view_->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(view_, &QTableView::customContextMenuRequested, this, &RunsPage::showMenu);
    connect(view_, &QTableView::activated, this, [this](const QModelIndex& index) {
        const int row = sorted_->mapToSource(index).row();
        Q_EMIT runChosen(table_->runs()[std::size_t(row)].summary.folder);
    });
    auto* trash = new QShortcut(QKeySequence::Delete, view_);
    trash->setContext(Qt::WidgetShortcut);
    connect(trash, &QShortcut::activated, this, &RunsPage::askToRemove);
    return view_;
}

void RunsPage::restore() {
    split_->restoreState(settings_.value(kHeightsKey).toByteArray());
    comparison_->restoreState(settings_.value(kWidthsKey).toByteArray());
    QHeaderView* header = view_->horizontalHeader();
    columnsSet_ = header->restoreState(settings_.value(kColumnsKey).toByteArray());
    connect(header, &QHeaderView::sectionMoved, this, [this] { columnsSet_ = true; });
    connect(header, &QHeaderView::sectionResized, this, [this](int column) {
        // Not by fitting; the last one takes what is left.
        columnsSet_ = columnsSet_ || (!fitting_ && column != RunTable::kColumns - 1);
    });
    const QList<QVariant> sorting = settings_.value(kSortingKey).toList();
    if (sorting.size() == 2) header->setSortIndicator(sorting[0].toInt(), Qt::SortOrder(sorting[1].toInt()));
}

void RunsPage::save() const {
    settings_.setValue(kHeightsKey, split_->saveState());
    settings_.setValue(kWidthsKey, comparison_->saveState());
    const QHeaderView* header = view_->horizontalHeader();
    settings_.setValue(kSortingKey,
                       QVariantList{header->sortIndicatorSection(), int(header->sortIndicatorOrder())});
    // Those that nobody set are fitted anew to the runs of the next time.
    if (columnsSet_) settings_.setValue(kColumnsKey, header->saveState());
}

void RunsPage::addFolder(const QString& folder) {
    if (folder.isEmpty() || folders_.contains(folder)) return;
    setFolders(folders_ + QStringList{folder});
}

void RunsPage::listRuns() {
    QStringList listed = folders_;
    for (const std::filesystem::path& run : shipped_)
        listed << pathText(run);
    list_.setFolders(listed);
}

bool RunsPage::isShipped(const std::filesystem::path& run) const {
    return std::ranges::find(shipped_, run) != shipped_.end();
}

void RunsPage::addRun(const std::filesystem::path& run) {
    wanted_ = run;
    chooseWanted();
    if (isShipped(run)) return;
    std::filesystem::path above = run;
    for (int depth = 0; depth <= api::kRunDepth; ++depth, above = above.parent_path()) {
        if (!folders_.contains(pathText(above))) continue;
        list_.refresh();
        return;
    }
    addFolder(pathText(run));
}

void RunsPage::setOwnRun(const std::filesystem::path& run, const RunState& state) {
    table_->setOwn(run, state);
}

void RunsPage::setFolders(const QStringList& folders) {
    folders_ = folders;
    settings_.setValue(kFoldersKey, folders_);
    fillFolders();
    listRuns();
}

void RunsPage::askForFolder() {
    dialogs_.chooseFolder(this, tr("Folder of runs"), folders_.value(0),
                          [this](const QString& folder) { addFolder(folder); });
}

void RunsPage::fillFolders() {
    folderMenu_->clear();
    QAction* add = folderMenu_->addAction(themeIcon(QStringLiteral("add")), tr("Add a folder…"));
    add->setObjectName(QStringLiteral("runsAddFolder"));
    connect(add, &QAction::triggered, this, &RunsPage::askForFolder);
    if (!folders_.isEmpty()) folderMenu_->addSeparator();
    for (const QString& folder : folders_) {
        QAction* leave = folderMenu_->addAction(tr("Leave out %1").arg(withoutMnemonic(folder)));
        connect(leave, &QAction::triggered, this, [this, folder] {
            QStringList others = folders_;
            others.removeAll(folder);
            setFolders(others);
        });
    }
    faces_->setCurrentIndex(folders_.isEmpty() && shipped_.empty() ? 0 : 1);
}

bool RunsPage::isSettled() const {
    return list_.isSettled() && comparison_->isSettled();
}

QString RunsPage::statusText() const {
    const int count = table_->rowCount();
    const auto live = std::count_if(table_->runs().begin(), table_->runs().end(), [](const ListedRun& run) {
        return run.summary.state == api::RunState::Live;
    });
    const QString runs = count == 1 ? tr("1 run") : tr("%1 runs").arg(count);
    return live > 0 ? tr("%1, %2 live").arg(runs).arg(live) : runs;
}

void RunsPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    list_.setFollowing(true);
}

void RunsPage::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    list_.setFollowing(false);
}

/// Swatches have the theme's colours.
void RunsPage::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && table_) view_->viewport()->update();
    QWidget::changeEvent(event);
}

void RunsPage::showRuns() {
    const int before = table_->rowCount();
    const std::vector<std::filesystem::path> selected = selectedRuns();
    updating_ = true;
    table_->show(list_.runs());
    QItemSelection selection;
    for (const std::filesystem::path& run : selected) {
        const int row = table_->rowOf(run);
        if (row < 0) continue;
        const QModelIndex index = sorted_->mapFromSource(table_->index(row, 0));
        selection.select(index, index);
    }
    view_->selectionModel()->select(selection,
                                    QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    if (table_->rowCount() > before && !columnsSet_) {
        fitting_ = true;
        view_->resizeColumnsToContents();
        // The last one too; it is to take what is left again.
        view_->horizontalHeader()->setStretchLastSection(false);
        view_->horizontalHeader()->setStretchLastSection(true);
        fitting_ = false;
    }
    if (before == 0 && table_->rowCount() > 0) chooseOnly(0);
    updating_ = false;
    chooseWanted();
    showSelection();
    Q_EMIT stateChanged();
}

void RunsPage::chooseWanted() {
    const int row = wanted_.empty() ? -1 : table_->rowOf(wanted_);
    if (row < 0) return;
    wanted_.clear();
    const int shown = sorted_->mapFromSource(table_->index(row, 0)).row();
    if (shown >= 0) {
        if (!view_->selectionModel()->isRowSelected(shown)) chooseOnly(shown);
    } else if (onlySelected()) {
        view_->clearSelection();  // the filter hides the run on show: another must not pass for it
    }
}

std::optional<std::filesystem::path> RunsPage::chosen() const {
    return wanted_.empty() ? onlySelected() : std::nullopt;
}

/// Whatever keys are held: QTableView::selectRow() would add to the selection under Ctrl, and a run may be
/// started by Ctrl and Return.
void RunsPage::chooseOnly(int shownRow) {
    view_->selectionModel()->setCurrentIndex(sorted_->index(shownRow, 0),
                                             QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

std::vector<int> RunsPage::selectedRows() const {
    std::vector<int> rows;
    for (const QModelIndex& index : view_->selectionModel()->selectedRows())
        rows.push_back(sorted_->mapToSource(index).row());
    return rows;
}

std::vector<std::filesystem::path> RunsPage::selectedRuns() const {
    std::vector<std::filesystem::path> runs;
    for (const int row : selectedRows())
        runs.push_back(table_->runs()[std::size_t(row)].summary.folder);
    return runs;
}

std::optional<std::filesystem::path> RunsPage::onlySelected() const {
    const std::vector<std::filesystem::path> runs = selectedRuns();
    if (runs.size() != 1) return std::nullopt;
    return runs.front();
}

void RunsPage::showSelection() {
    std::vector<api::RunSummary> runs;
    for (const int row : selectedRows())
        runs.push_back(table_->runs()[std::size_t(row)].summary);
    const bool live = std::ranges::find(runs, api::RunState::Live, &api::RunSummary::state) != runs.end();
    const bool ships =
        std::ranges::any_of(runs, [this](const api::RunSummary& run) { return isShipped(run.folder); });
    open_->setEnabled(runs.size() == 1);
    const bool few = runs.size() >= kFewestCompared && runs.size() <= kMostCompared;
    compare_->setEnabled(few && !ships);
    compare_->setToolTip(ships ? tr("Runs that came with Dinoscope have no weights to compare")
                         : few ? tr("The attention of their teachers over one picture, side by side")
                               : tr("Choose %1 to %2 runs to see their attention side by side")
                                     .arg(kFewestCompared)
                                     .arg(kMostCompared));
    reveal_->setEnabled(runs.size() == 1);
    remove_->setEnabled(!runs.empty() && !live && !ships);
    remove_->setToolTip(live    ? tr("A run that is being written cannot be moved; stop it first")
                        : ships ? tr("Runs that came with Dinoscope stay")
                                : tr("Ask, and move the chosen runs to the trash (Delete)"));
    comparison_->setRuns(std::move(runs));
    Q_EMIT selectionChanged();
}

/// What the buttons of the page do, and between them what is done with a run elsewhere.
void RunsPage::showMenu(const QPoint& place) {
    const std::size_t count = selectedRows().size();
    if (count == 0) return;
    auto* menu = new QMenu(view_);
    menu->setObjectName(QStringLiteral("runsMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const auto add = [menu](QPushButton* button) {
        QAction* action = menu->addAction(button->icon(), button->text(), button, &QPushButton::click);
        action->setEnabled(button->isEnabled());
        action->setToolTip(button->toolTip());
    };
    if (count == 1) {
        add(open_);
        menu->addActions(runActions_);
        add(reveal_);
    } else {
        add(compare_);
    }
    menu->addSeparator();
    add(remove_);
    menu->popup(view_->viewport()->mapToGlobal(place));
}

void RunsPage::askToRemove() {
    if (!remove_->isEnabled()) return;
    const std::vector<std::filesystem::path> runs = selectedRuns();
    if (runs.empty()) return;
    QStringList names;
    for (const std::filesystem::path& run : runs)
        names << pathText(run.filename());
    const QString what =
        runs.size() == 1
            ? tr("Move the run %1 to the trash?").arg(names.front())
            : tr("Move %1 runs to the trash?\n%2").arg(runs.size()).arg(names.join(QStringLiteral(", ")));
    const QString comesOfIt =
        tr("Checkpoints, curves and probes go with it, and the teachers that galleries were made with. They "
           "can be taken back from the trash.");
    dialogs_.ask(
        this,
        {tr("Move to trash"), what + QStringLiteral("\n\n") + comesOfIt, tr("Move to trash"), tr("Keep")},
        [this, runs](bool yes) {
            if (!yes) return;
            for (const std::filesystem::path& run : runs)
                list_.remove(run);
        });
}

/// One that was listed for itself. It stays so as long as it could not be moved.
void RunsPage::forget(const std::filesystem::path& run) {
    QStringList others = folders_;
    if (others.removeAll(pathText(run)) > 0) setFolders(others);
}

}  // namespace dinoscope
