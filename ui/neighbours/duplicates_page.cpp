#include "ui/neighbours/duplicates_page.h"

#include <QAction>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QSettings>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

const auto kThresholdKey = QStringLiteral("neighbours/duplicateThreshold");
constexpr double kThreshold = 0.95;
constexpr std::int64_t kMostGroups = 10'000;
constexpr int kSideWidth = 232;
constexpr int kThumbnail = 160;

}  // namespace

void DuplicateModel::setGroups(std::shared_ptr<const api::Gallery> gallery,
                               std::vector<api::DuplicateGroup> groups) {
    beginResetModel();
    gallery_ = std::move(gallery);
    groups_ = std::move(groups);
    endResetModel();
}

int DuplicateModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(groups_.size());
}

QVariant DuplicateModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const api::DuplicateGroup& group = groups_[std::size_t(index.row())];
    const QString first = pathText(gallery_->item(group.items.front()).name);
    if (role == Qt::DisplayRole) {
        return tr("%1, %2\n%3")
            .arg(picturesText(std::int64_t(group.items.size())), similarityText(group.similarity),
                 QFileInfo(first).fileName());
    }
    return role == Qt::ToolTipRole ? QVariant(first) : QVariant();
}

DuplicatesPage::DuplicatesPage(NeighboursSession& session, QAction* find, QSettings& settings,
                               QWidget* parent)
    : QWidget(parent), session_(session), settings_(settings) {
    setObjectName(QStringLiteral("duplicatesPage"));
    groups_ = new DuplicateModel(this);
    items_ = new ItemModel({kThumbnail, kThumbnail}, this);
    grid_ = new ThumbnailGrid;
    grid_->setObjectName(QStringLiteral("duplicateGrid"));
    grid_->setModel(items_);
    hint_ = new QLabel;
    hint_->setObjectName(QStringLiteral("duplicatesHint"));
    hint_->setAlignment(Qt::AlignCenter);
    hint_->setWordWrap(true);
    hint_->setProperty("look", "muted");
    hint_->setMargin(4 * kStep);
    hint_->setBackgroundRole(QPalette::Dark);
    hint_->setAutoFillBackground(true);
    stack_ = new QStackedWidget;
    stack_->addWidget(hint_);
    stack_->addWidget(grid_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    row->addWidget(makeSide(find));
    row->addWidget(stack_, 1);
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& current) { showGroup(current.isValid() ? current.row() : -1); });
    connect(grid_, &ThumbnailGrid::rangeWanted, items_, &ItemModel::request);
    connect(items_, &ItemModel::pendingChanged, this, &DuplicatesPage::activityChanged);
    showHint();
}

QWidget* DuplicatesPage::makeSide(QAction* find) {
    auto* side = new QFrame;
    side->setObjectName(QStringLiteral("duplicatesSide"));
    side->setFixedWidth(kSideWidth);
    threshold_ = new QDoubleSpinBox;
    threshold_->setObjectName(QStringLiteral("duplicateThreshold"));
    threshold_->setRange(0.5, 1);
    threshold_->setSingleStep(0.01);
    threshold_->setDecimals(3);
    threshold_->setValue(settings_.value(kThresholdKey, kThreshold).toDouble());
    threshold_->setToolTip(tr("Pictures linked by at least this similarity are one group"));
    auto* label = new QLabel(tr("&Least similarity"));
    label->setProperty("look", "muted");
    label->setBuddy(threshold_);
    auto* button = new QToolButton;
    button->setObjectName(QStringLiteral("findDuplicates"));
    button->setText(tr("Find"));
    button->setToolTip(find->toolTip());
    connect(button, &QToolButton::clicked, find, &QAction::trigger);
    connect(find, &QAction::changed, button, [button, find] { button->setEnabled(find->isEnabled()); });
    button->setProperty("look", "button");
    button->setFocusPolicy(Qt::StrongFocus);
    list_ = new QListView;
    list_->setObjectName(QStringLiteral("duplicateList"));
    list_->setModel(groups_);
    list_->setUniformItemSizes(true);
    list_->setSpacing(2);
    list_->setAccessibleName(tr("Groups of near duplicates"));
    limit_ = new QLabel(tr("Only the %1 largest groups are listed. A greater similarity leaves fewer.")
                            .arg(countText(kMostGroups)));
    limit_->setObjectName(QStringLiteral("duplicatesLimit"));
    limit_->setProperty("look", "muted");
    limit_->setWordWrap(true);
    limit_->setContentsMargins(0, 0, 0, kStep);
    limit_->hide();
    auto* row = new QHBoxLayout;
    row->setSpacing(kStep);
    row->addWidget(threshold_, 1);
    row->addWidget(button);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(kStep, kStep, kStep, 0);
    column->setSpacing(kHalfStep);
    column->addWidget(label);
    column->addLayout(row);
    column->addSpacing(kHalfStep);
    column->addWidget(list_, 1);
    column->addWidget(limit_);
    return side;
}

void DuplicatesPage::setGallery(std::shared_ptr<const api::Gallery> gallery) {
    gallery_ = std::move(gallery);
    session_.jobs().cancelSlot("duplicates");
    finding_ = false;
    foundAt_.reset();
    items_->setGallery(gallery_);
    groups_->setGroups(gallery_, {});
    showHint();
}

void DuplicatesPage::find() {
    if (!gallery_ || finding_) return;
    settings_.setValue(kThresholdKey, threshold_->value());
    auto found = std::make_shared<std::vector<api::DuplicateGroup>>();
    const double threshold = threshold_->value();
    JobBridge::Task task;
    task.title = tr("Comparing all pictures");
    task.slot = "duplicates";
    task.priority = JobPriority::Long;
    task.run = [found, threshold, gallery = gallery_](JobControl& control) {
        // One more tells whether there are more.
        *found = api::nearDuplicates(*gallery, float(threshold), kMostGroups + 1, control);
    };
    task.done = [this, found, threshold, gallery = gallery_](const JobResult& result) {
        if (gallery != gallery_) return;
        finding_ = false;
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
        if (result.outcome == JobOutcome::Done) {
            foundAt_ = threshold;
            cut_ = std::int64_t(found->size()) > kMostGroups;
            if (cut_) found->resize(std::size_t(kMostGroups));
            groups_->setGroups(gallery_, std::move(*found));
            if (groups_->rowCount() > 0) list_->setCurrentIndex(groups_->index(0));
        }
        showHint();
        Q_EMIT stateChanged();
    };
    finding_ = true;
    showHint();
    session_.jobs().submit(session_.runners().engine, std::move(task));
    Q_EMIT stateChanged();
}

void DuplicatesPage::showGroup(int row) {
    std::vector<ItemModel::Entry> entries;
    if (row >= 0) {
        for (const std::int64_t item : groups_->groups()[std::size_t(row)].items)
            entries.push_back({item, ItemModel::kNoSimilarity});
    }
    items_->showEntries(std::move(entries));
    if (items_->rowCount() > 0) grid_->setCurrentIndex(items_->index(0));
}

void DuplicatesPage::showHint() {
    const bool groups = groups_->rowCount() > 0;
    limit_->setVisible(groups && cut_);
    stack_->setCurrentWidget(groups ? static_cast<QWidget*>(grid_) : hint_);
    if (groups) return;
    if (finding_) {
        hint_->clear();
    } else if (foundAt_) {
        hint_->setText(tr("No two pictures have a similarity of %1 or more.").arg(similarityText(*foundAt_)));
    } else {
        hint_->setText(
            tr("Find compares every picture of the gallery with every other one and lists the "
               "groups that are almost the same."));
    }
}

bool DuplicatesPage::isSettled() const {
    return items_->loader().pending() == 0;
}

void DuplicatesPage::setControls(const NeighboursControls& controls) {
    threshold_->setEnabled(controls.findDuplicates);
}

QString DuplicatesPage::statusText() const {
    if (finding_) return tr("Comparing all pictures with all");
    if (!foundAt_) return tr("Near duplicates are not looked for yet");
    std::int64_t pictures = 0;
    for (const api::DuplicateGroup& group : groups_->groups())
        pictures += std::int64_t(group.items.size());
    return groupsText(groups_->rowCount(), pictures, cut_);
}

}  // namespace dinoscope
