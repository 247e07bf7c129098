#include "ui/neighbours/neighbours_workspace.h"

#include <QAction>
#include <QFrame>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/texts.h"
#include "ui/dialogs.h"
#include "ui/neighbours/build_bar.h"
#include "ui/neighbours/compare_column.h"
#include "ui/neighbours/duplicates_page.h"
#include "ui/neighbours/evaluate_page.h"
#include "ui/neighbours/gallery_section.h"
#include "ui/neighbours/item_model.h"
#include "ui/neighbours/pair_attention.h"
#include "ui/neighbours/results_section.h"
#include "ui/neighbours/start_page.h"
#include "ui/neighbours/vote_section.h"
#include "ui/theme.h"
#include "ui/widgets/drop_frame.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/side_panel.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

const auto kKey = QStringLiteral("neighbours/k");
const auto kThresholdKey = QStringLiteral("neighbours/threshold");
const auto kSideKey = QStringLiteral("neighbours/pictureSide");
constexpr int kRoomForPanel = 800;
constexpr int kRoomForColumn = 640;
constexpr int kLeastSide = 64;
constexpr int kMostSide = 256;
constexpr int kThumbnail = 160;  // as a gallery keeps them

}  // namespace

NeighboursWorkspace::NeighboursWorkspace(const Parts& parts)
    : session_(parts.session),
      dialogs_(parts.dialogs),
      galleries_(parts.galleries),
      pictures_(parts.pictures),
      settings_(parts.settings),
      actions_(new NeighboursActions(parts.window)),
      attention_(new PairAttention(session_, this)),
      message_(new MessageBar),
      buildBar_(new BuildBar(session_, actions_->pause, actions_->stop)) {
    setObjectName(QStringLiteral("neighbours"));
    setFocusPolicy(Qt::ClickFocus);
    message_->setObjectName(QStringLiteral("neighboursMessage"));
    makePanel();
    splitter_ = new QSplitter(Qt::Horizontal);
    splitter_->setHandleWidth(1);
    column_ = new CompareColumn(actions_->attention);
    splitter_->addWidget(column_);
    splitter_->addWidget(makePages());
    splitter_->addWidget(panel_);
    splitter_->setStretchFactor(1, 1);
    for (int i = 0; i < splitter_->count(); ++i)
        splitter_->setCollapsible(i, false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(buildBar_);
    column->addWidget(message_);
    column->addWidget(splitter_, 1);
    dropFrame_ = new DropFrame(this);

    own(actions_->every());
    connectSession();
    connectActions();
    connectItemActions();
    connectAttention();
    connectViews();
    NeighboursSettings wanted = session_.settings();
    wanted.k =
        std::clamp<std::int64_t>(settings_.value(kKey, qlonglong(wanted.k)).toLongLong(), 1, 1'000'000);
    wanted.threshold = std::clamp(settings_.value(kThresholdKey, wanted.threshold).toDouble(), 0.0, 1.0);
    session_.setSettings(wanted);
    setPictureSide(settings_.value(kSideKey, 128).toInt());
    showGallery();
    showPlace();
    showState();
}

NeighboursWorkspace::~NeighboursWorkspace() = default;

void NeighboursWorkspace::save() {
    settings_.setValue(kKey, qlonglong(session_.settings().k));
    settings_.setValue(kThresholdKey, session_.settings().threshold);
    settings_.setValue(kSideKey, itemGrid_->pictureSide());
}

QWidget* NeighboursWorkspace::makeHeader() {
    auto* header = new QFrame;
    header->setObjectName(QStringLiteral("header"));
    galleryName_ = new ElidedLabel;
    galleryName_->setObjectName(QStringLiteral("galleryName"));
    galleryButton_ = new QToolButton;
    galleryButton_->setObjectName(QStringLiteral("galleryButton"));
    galleryButton_->setProperty("look", "button");
    galleryButton_->setProperty("menu", true);
    // The space stands between icon and text, where a style sheet puts none.
    galleryButton_->setText(tr(" Gallery"));
    galleryButton_->setIcon(themeIcon(QStringLiteral("gallery")));
    galleryButton_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    galleryButton_->setPopupMode(QToolButton::InstantPopup);
    galleryButton_->setToolTip(tr("Open or build a gallery"));
    galleryButton_->setFocusPolicy(Qt::StrongFocus);
    galleryMenu_ = new QMenu(galleryButton_);
    galleryMenu_->setToolTipsVisible(true);
    galleryButton_->setMenu(galleryMenu_);
    connect(galleryMenu_, &QMenu::aboutToShow, this, &NeighboursWorkspace::fillGalleryButton);

    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kHalfStep);
    row->addWidget(makeSwitch(*actions_->browse, "pageBrowse"));
    row->addWidget(makeSwitch(*actions_->duplicates, "pageDuplicates"));
    row->addWidget(makeSwitch(*actions_->evaluate, "pageEvaluate"));
    row->addSpacing(kStep);
    row->addWidget(galleryName_, 1);
    row->addWidget(galleryButton_);
    row->addSpacing(kStep);
    for (QAction* action : {actions_->back, actions_->forward, actions_->overview})
        row->addWidget(makeActionButton(*action));
    row->addSpacing(kStep);
    for (QAction* action : {actions_->openInExplore, actions_->exportList, actions_->contactSheet})
        row->addWidget(makeActionButton(*action));
    row->addSpacing(kStep);
    for (QAction* action : {actions_->column, actions_->panel})
        row->addWidget(makeActionButton(*action));
    return header;
}

QWidget* NeighboursWorkspace::makeBrowse() {
    items_ = new ItemModel({kThumbnail, kThumbnail}, this);
    itemGrid_ = new ThumbnailGrid;
    itemGrid_->setObjectName(QStringLiteral("neighbourGrid"));
    itemGrid_->setModel(items_);
    auto* browse = new QWidget;
    auto* column = new QVBoxLayout(browse);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(itemGrid_);
    return browse;
}

QWidget* NeighboursWorkspace::makePages() {
    stack_ = new QStackedWidget;
    start_ = new StartPage(actions_->build, actions_->openGallery);
    start_->setBackgroundRole(QPalette::Dark);
    start_->setAutoFillBackground(true);
    duplicates_ = new DuplicatesPage(session_, actions_->findDuplicates, settings_);
    evaluate_ = new EvaluatePage(session_, dialogs_, settings_);
    stack_->addWidget(start_);
    stack_->addWidget(makeBrowse());
    stack_->addWidget(duplicates_);
    stack_->addWidget(evaluate_);
    card_ = new FloatingCard(stack_);
    card_->setObjectName(QStringLiteral("neighboursCard"));
    return stack_;
}

void NeighboursWorkspace::makePanel() {
    panel_ = new SidePanel;
    panel_->setObjectName(QStringLiteral("panel"));
    results_ = new ResultsSection;
    votes_ = new VoteSection;
    galleryFacts_ = new GallerySection(actions_->update);
    panel_->addSection(results_);
    panel_->addSection(votes_);
    panel_->addSection(galleryFacts_);
}

void NeighboursWorkspace::connectSession() {
    connect(&session_, &NeighboursSession::galleryChanged, this, &NeighboursWorkspace::showGallery);
    connect(&session_, &NeighboursSession::placeChanged, this, &NeighboursWorkspace::showPlace);
    connect(&session_, &NeighboursSession::previewChanged, this,
            [this] { column_->setQueryPicture(session_.place().preview); });
    connect(&session_, &NeighboursSession::resultsChanged, this, &NeighboursWorkspace::showResults);
    connect(&session_, &NeighboursSession::votesChanged, this, &NeighboursWorkspace::showVotes);
    connect(&session_, &NeighboursSession::settingsChanged, this,
            [this] { results_->setSettings(session_.settings()); });
    connect(&session_, &NeighboursSession::stateChanged, this, &NeighboursWorkspace::showState);
    connect(&session_, &NeighboursSession::failed, this, &NeighboursWorkspace::showFailure);
    connect(&session_, &NeighboursSession::buildEnded, this, [this](const api::IndexReport& report) {
        skipped_ = report.skipped;
        showFinished(report);
    });
    connect(&session_, &NeighboursSession::missingCounted, this, &NeighboursWorkspace::askToForget);
    connect(&session_, &NeighboursSession::queryModelChanged, this, &NeighboursWorkspace::showPlacement);
    connect(&session_, &NeighboursSession::headsUnknown, this, &NeighboursWorkspace::askHeadsFor);
    connect(&session_.jobs(), &JobBridge::progressChanged, this, &NeighboursWorkspace::showProgress);
    connect(&session_.jobs(), &JobBridge::pendingChanged, this, &NeighboursWorkspace::activityChanged);
}

void NeighboursWorkspace::connectActions() {
    const NeighboursActions& a = *actions_;
    connect(a.openGallery, &QAction::triggered, this, &NeighboursWorkspace::openGalleryDialog);
    connect(a.build, &QAction::triggered, this, [this] { startBuild({}); });
    connect(a.update, &QAction::triggered, this, [this] {
        if (const auto gallery = session_.gallery()) updateGallery(gallery->info());
    });
    connect(a.relocate, &QAction::triggered, this, &NeighboursWorkspace::relocate);
    connect(a.forgetMissing, &QAction::triggered, &session_, &NeighboursSession::countMissing);
    connect(a.chooseWeights, &QAction::triggered, this, &NeighboursWorkspace::chooseWeights);
    connect(a.pause, &QAction::triggered, &session_, &NeighboursSession::pauseBuild);
    connect(a.stop, &QAction::triggered, &session_, &NeighboursSession::stopBuild);
    connect(a.findDuplicates, &QAction::triggered, this, [this] {
        showPage(NeighboursPage::Duplicates);
        duplicates_->find();
    });
    connect(a.cancel, &QAction::triggered, this, [this] { session_.jobs().cancelShown(); });
    connect(a.browse, &QAction::triggered, this, [this] { showPage(NeighboursPage::Browse); });
    connect(a.duplicates, &QAction::triggered, this, [this] { showPage(NeighboursPage::Duplicates); });
    connect(a.evaluate, &QAction::triggered, this, [this] { showPage(NeighboursPage::Evaluate); });
    connect(a.larger, &QAction::triggered, this, [this] { setPictureSide(itemGrid_->pictureSide() + 32); });
    connect(a.smaller, &QAction::triggered, this, [this] { setPictureSide(itemGrid_->pictureSide() - 32); });
    connect(a.column, &QAction::toggled, this, [this] { showState(); });
    connect(a.column, &QAction::triggered, this, [this] { columnChosen_ = true; });
    connect(a.panel, &QAction::toggled, this, [this] { showState(); });
    connect(a.panel, &QAction::triggered, this, [this] { panelChosen_ = true; });
}

void NeighboursWorkspace::setPictureSide(int side) {
    for (ThumbnailGrid* each : {itemGrid_, &duplicates_->grid()})
        each->setPictureSide(std::clamp(side, kLeastSide, kMostSide));
}

void NeighboursWorkspace::connectItemActions() {
    const NeighboursActions& a = *actions_;
    connect(a.back, &QAction::triggered, &session_, &NeighboursSession::back);
    connect(a.forward, &QAction::triggered, &session_, &NeighboursSession::forward);
    connect(a.overview, &QAction::triggered, &session_, &NeighboursSession::askNothing);
    connect(a.ask, &QAction::triggered, this, [this] {
        const std::int64_t item = currentItem();
        showPage(NeighboursPage::Browse);
        session_.askItem(item);
    });
    connect(a.openInExplore, &QAction::triggered, this, &NeighboursWorkspace::openInExplore);
    connect(a.reveal, &QAction::triggered, this, [this] { dialogs_.reveal(pathOf(currentItem())); });
    connect(a.copyPath, &QAction::triggered, this, &NeighboursWorkspace::copyPaths);
    connect(a.exportList, &QAction::triggered, this, &NeighboursWorkspace::exportList);
    connect(a.contactSheet, &QAction::triggered, this, &NeighboursWorkspace::exportContactSheet);
}

void NeighboursWorkspace::connectAttention() {
    QAction* wanted = actions_->attention;
    connect(wanted, &QAction::toggled, this, [this] { showState(); });
    // Where the pictures are hidden it would lie over nothing.
    connect(wanted, &QAction::triggered, this, [this](bool on) {
        if (!on || actions_->column->isChecked()) return;
        columnChosen_ = true;
        actions_->column->setChecked(true);
    });
    connect(attention_, &PairAttention::changed, this, &NeighboursWorkspace::showAttention);
    connect(attention_, &PairAttention::givenUp, wanted, [wanted] { wanted->setChecked(false); });
    connect(attention_, &PairAttention::failed, this,
            [this](const QString& sentence) { showFailure(sentence, Remedy::None); });
}

void NeighboursWorkspace::connectViews() {
    connect(itemGrid_, &ThumbnailGrid::rangeWanted, items_, &ItemModel::request);
    connect(items_, &ItemModel::pendingChanged, this, &NeighboursWorkspace::activityChanged);
    connect(duplicates_, &DuplicatesPage::activityChanged, this, &NeighboursWorkspace::activityChanged);
    connect(evaluate_, &EvaluatePage::activityChanged, this, &NeighboursWorkspace::activityChanged);
    connect(duplicates_, &DuplicatesPage::stateChanged, this, &NeighboursWorkspace::showState);
    connect(evaluate_, &EvaluatePage::stateChanged, this, &NeighboursWorkspace::showState);
    connect(duplicates_, &DuplicatesPage::failed, this,
            [this](const QString& sentence) { showFailure(sentence, Remedy::None); });
    connect(evaluate_, &EvaluatePage::headsUnknown, this, &NeighboursWorkspace::askHeadsFor);
    connect(evaluate_, &EvaluatePage::told, this, &NeighboursWorkspace::tellInfo);
    connect(evaluate_, &EvaluatePage::failed, this,
            [this](const QString& sentence) { showFailure(sentence, Remedy::None); });
    for (ThumbnailGrid* each : {itemGrid_, &duplicates_->grid()}) {
        each->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(each, &QWidget::customContextMenuRequested, this, [this, each](const QPoint& position) {
            auto* menu = new QMenu(each);
            menu->setAttribute(Qt::WA_DeleteOnClose);
            actions_->fillItemMenu(*menu);
            menu->popup(each->viewport()->mapToGlobal(position));
        });
        connect(each, &ThumbnailGrid::opened, actions_->ask, &QAction::trigger);
        connect(each->selectionModel(), &QItemSelectionModel::selectionChanged, this,
                &NeighboursWorkspace::showSelection);
        connect(each->selectionModel(), &QItemSelectionModel::currentChanged, this,
                &NeighboursWorkspace::showSelection);
        connect(each->model(), &QAbstractItemModel::modelReset, this, &NeighboursWorkspace::showSelection);
    }
    connect(results_, &ResultsSection::edited, &session_, &NeighboursSession::setSettings);
    connect(start_, &StartPage::galleryChosen, this, &NeighboursWorkspace::openGallery);
    connect(card_, &FloatingCard::clicked, actions_->cancel, &QAction::trigger);
    connect(message_, &MessageBar::actionTriggered, this, &NeighboursWorkspace::applyRemedy);
    connect(&galleries_, &Recent::changed, this, [this] { start_->setRecent(galleries_.paths()); });
    start_->setRecent(galleries_.paths());
}

void NeighboursWorkspace::fillMenu(Menu which, QMenu& menu) {
    const NeighboursActions& a = *actions_;
    switch (which) {
        case Menu::File:
            menu.addAction(a.openGallery);
            fillRecentGalleries(*menu.addMenu(tr("Recent &galleries")));
            menu.addSeparator();
            menu.addAction(a.exportList);
            menu.addAction(a.contactSheet);
            break;
        case Menu::Edit:
            a.fillItemMenu(menu);
            break;
        case Menu::View:
            a.fillViewMenu(menu);
            break;
    }
}

QList<QMenu*> NeighboursWorkspace::makeMenus(QWidget* parent) {
    auto* gallery = new QMenu(tr("&Gallery"), parent);
    actions_->fillGalleryMenu(*gallery);
    return {gallery};
}

/// Filled whenever it opens.
void NeighboursWorkspace::fillRecentGalleries(QMenu& menu) {
    connect(&menu, &QMenu::aboutToShow, this, [this, shown = &menu] {
        shown->clear();
        for (const QString& folder : galleries_.paths()) {
            connect(shown->addAction(withoutMnemonic(folder)), &QAction::triggered, this,
                    [this, folder] { openGallery(folder); });
        }
        if (shown->isEmpty()) shown->addAction(tr("Nothing yet"))->setEnabled(false);
    });
}

void NeighboursWorkspace::fillGalleryButton() {
    galleryMenu_->clear();
    galleryMenu_->addAction(actions_->openGallery);
    galleryMenu_->addAction(actions_->build);
    galleryMenu_->addSeparator();
    galleryMenu_->addAction(actions_->update);
    galleryMenu_->addAction(actions_->relocate);
    galleryMenu_->addAction(actions_->forgetMissing);
    galleryMenu_->addAction(actions_->chooseWeights);
    const QStringList recent = galleries_.paths();
    if (recent.isEmpty()) return;
    galleryMenu_->addSeparator();
    for (const QString& folder : recent) {
        QAction* action = galleryMenu_->addAction(withoutMnemonic(folder.section(QLatin1Char('/'), -1)));
        action->setToolTip(folder);
        connect(action, &QAction::triggered, this, [this, folder] { openGallery(folder); });
    }
}

QString NeighboursWorkspace::otherKeys() const {
    return tr(
        "<p>On the pictures: arrows, Page Up and Down, Home and End move; Enter or a double click looks "
        "for what is like this one.</p>");
}

/// In a narrow window the pictures come first, until the person says otherwise.
void NeighboursWorkspace::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (!panelChosen_) actions_->panel->setChecked(width() >= kRoomForPanel);
    if (!columnChosen_) actions_->column->setChecked(width() >= kRoomForColumn);
}

}  // namespace dinoscope
