#include "ui/explore/explore_workspace.h"

#include <QAction>
#include <QDesktopServices>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QScrollBar>
#include <QSplitter>
#include <QToolButton>
#include <QUrl>
#include <QVBoxLayout>

#include "ui/dialogs.h"
#include "ui/explore/appearance_section.h"
#include "ui/explore/control_panel.h"
#include "ui/explore/empty_state.h"
#include "ui/explore/explore_text.h"
#include "ui/explore/filmstrip.h"
#include "ui/explore/input_section.h"
#include "ui/explore/model_menu.h"
#include "ui/explore/model_section.h"
#include "ui/explore/picture_opener.h"
#include "ui/explore/query_section.h"
#include "ui/theme.h"
#include "ui/widgets/colour_bar.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kRoomForZoom = 320;
constexpr int kRoomForPanel = 800;

}  // namespace

ExploreWorkspace::ExploreWorkspace(ExploreSession& session, Dialogs& dialogs, Recent& pictures,
                                   Recent& models, QWidget* window)
    : session_(session),
      dialogs_(dialogs),
      recentPictures_(pictures),
      recentModels_(models),
      actions_(new ExploreActions(window)),
      modelNotice_(new MessageBar),
      message_(new MessageBar),
      filmstrip_(new Filmstrip),
      stage_(new Stage),
      panel_(new ControlPanel) {
    setObjectName(QStringLiteral("explore"));
    setFocusPolicy(Qt::ClickFocus);
    modelNotice_->setObjectName(QStringLiteral("modelNotice"));
    modelNotice_->setDismissible(false);
    modelNotice_->setAction(tr("Open weights…"));
    message_->setObjectName(QStringLiteral("messageBar"));
    filmstrip_->setObjectName(QStringLiteral("filmstrip"));
    filmstrip_->hide();

    splitter_ = new QSplitter(Qt::Horizontal);
    splitter_->setHandleWidth(1);
    splitter_->addWidget(filmstrip_);
    splitter_->addWidget(makeCentre());
    splitter_->addWidget(panel_);
    splitter_->setStretchFactor(1, 1);
    splitter_->setCollapsible(1, false);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(message_);
    column->addWidget(modelNotice_);
    column->addWidget(splitter_, 1);

    own(actions_->every());
    opener_ =
        new PictureOpener(session_.jobs(), session_.runners().files, *filmstrip_, recentPictures_, this);
    connectOpener();
    connectSession();
    connectActions();
    connectStage();
    connectNeighbours();
    connectPanel();
    setPlacement(tr("Starting"), {});
    showSettings();
    showQuery();
    showState();
}

QWidget* ExploreWorkspace::makeHeader() {
    auto* header = new QFrame;
    header->setObjectName(QStringLiteral("header"));
    pictureName_ = new ElidedLabel;
    pictureName_->setObjectName(QStringLiteral("pictureName"));
    pictureName_->setText(tr("No picture"));
    modelButton_ = makeModelButton(QStringLiteral("modelButton"));
    modelMenu_ = new ModelMenu(actions_->openWeights, recentModels_, modelButton_);
    modelButton_->setMenu(modelMenu_);
    connect(modelMenu_, &ModelMenu::chosen, this, &ExploreWorkspace::openModel);

    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(2 * kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kHalfStep);
    row->addWidget(pictureName_, 1);
    row->addWidget(modelButton_);
    row->addSpacing(kStep);
    row->addWidget(makeActionButton(*actions_->neighbours));
    row->addWidget(makeActionButton(*actions_->neighboursOfPart));
    row->addWidget(makeActionButton(*actions_->compareModels));
    row->addSpacing(kStep);
    row->addWidget(makeActionButton(*actions_->copyCommand));
    row->addWidget(makeActionButton(*actions_->copyPicture));
    row->addWidget(makeActionButton(*actions_->exportFiles));
    row->addSpacing(kStep);
    row->addWidget(makeActionButton(*actions_->grid));
    row->addWidget(makeActionButton(*actions_->strip));
    row->addWidget(makeActionButton(*actions_->panel));
    return header;
}

QWidget* ExploreWorkspace::makeFooter() {
    auto* footer = new QFrame;
    footer->setObjectName(QStringLiteral("footer"));
    colourBar_ = new ColourBar;
    colourBar_->setObjectName(QStringLiteral("colourBar"));
    colourBar_->setMaximumWidth(420);
    zoomText_ = new QLabel;
    zoomText_->setProperty("look", "muted");
    zoomText_->setObjectName(QStringLiteral("zoomText"));
    zoomText_->setAlignment(Qt::AlignCenter);
    zoomText_->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("6400 %")));
    auto* row = new QHBoxLayout(footer);
    row->setContentsMargins(2 * kStep, 0, kStep, 0);
    row->setSpacing(kHalfStep);
    row->addWidget(colourBar_, 2);
    row->addStretch(1);
    row->addWidget(makeActionButton(*actions_->zoomOut));
    row->addWidget(zoomText_);
    row->addWidget(makeActionButton(*actions_->zoomIn));
    row->addWidget(makeActionButton(*actions_->zoomFit));
    return footer;
}

QWidget* ExploreWorkspace::makeCentre() {
    strip_ = new HeadGrid(HeadGrid::Arrangement::Row);
    strip_->setObjectName(QStringLiteral("headStrip"));
    stripArea_ = new QScrollArea;
    stripArea_->setWidgetResizable(true);
    stripArea_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    stripArea_->setFrameShape(QFrame::NoFrame);
    stripArea_->setFocusPolicy(Qt::NoFocus);
    stripArea_->setWidget(strip_);
    stripArea_->setMinimumHeight(strip_->minimumSizeHint().height() +
                                 stripArea_->horizontalScrollBar()->sizeHint().height());
    stripArea_->hide();
    footer_ = makeFooter();
    footer_->installEventFilter(this);
    footer_->hide();
    auto* centre = new QWidget;
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(stage_, 1);
    column->addWidget(footer_);
    column->addWidget(stripArea_);
    return centre;
}

void ExploreWorkspace::connectOpener() {
    connect(opener_, &PictureOpener::begun, message_, &QWidget::hide);
    connect(opener_, &PictureOpener::filmChanged, this, &ExploreWorkspace::showState);
    connect(opener_, &PictureOpener::opened, &session_, &ExploreSession::showPicture);
    connect(opener_, &PictureOpener::failed, this, &ExploreWorkspace::tellError);
}

void ExploreWorkspace::connectSession() {
    connect(&session_, &ExploreSession::pictureChanged, this, &ExploreWorkspace::showPicture);
    connect(&session_, &ExploreSession::modelChanged, this, &ExploreWorkspace::showModel);
    connect(&session_, &ExploreSession::modelRefused, this, [this] {
        if (session_.model()) panel_->model().setOpen(true);
    });
    connect(&session_, &ExploreSession::modelInfoChanged, this,
            [this] { panel_->model().setModel(session_.modelInfo(), session_.model()->bytes()); });
    connect(&session_, &ExploreSession::headsUnknown, this, &ExploreWorkspace::askHeadsOf);
    connect(&session_, &ExploreSession::costChanged, this, &ExploreWorkspace::showCost);
    connect(&session_, &ExploreSession::fieldChanged, this, &ExploreWorkspace::showField);
    connect(&session_, &ExploreSession::mapChanged, this, &ExploreWorkspace::showMap);
    connect(&session_, &ExploreSession::settingsChanged, this, &ExploreWorkspace::showSettings);
    connect(&session_, &ExploreSession::queryChanged, this, &ExploreWorkspace::showQuery);
    connect(&session_, &ExploreSession::stateChanged, this, &ExploreWorkspace::showState);
    connect(&session_, &ExploreSession::failed, this, &ExploreWorkspace::tellError);
    connect(&session_, &ExploreSession::cannotCompute, this, [this](const QString& sentence) {
        tellError(sentence);
        messageIsOfView_ = true;
    });
    connect(&session_.jobs(), &JobBridge::progressChanged, this, &ExploreWorkspace::showProgress);
    connect(&session_.jobs(), &JobBridge::pendingChanged, this, &ExploreWorkspace::activityChanged);
    connect(filmstrip_, &Filmstrip::pendingChanged, this, &ExploreWorkspace::activityChanged);
    connect(&stage_->empty(), &EmptyState::pendingChanged, this, &ExploreWorkspace::activityChanged);
}

void ExploreWorkspace::connectActions() {
    const ExploreActions& a = *actions_;
    connect(a.openWeights, &QAction::triggered, this, &ExploreWorkspace::openWeights);
    connect(a.copyPicture, &QAction::triggered, this, &ExploreWorkspace::copyPicture);
    connect(a.copyCommand, &QAction::triggered, this, &ExploreWorkspace::copyCommand);
    connect(a.exportFiles, &QAction::triggered, this, &ExploreWorkspace::startExport);
    connect(a.previous, &QAction::triggered, this, [this] { filmstrip_->step(-1); });
    connect(a.next, &QAction::triggered, this, [this] { filmstrip_->step(1); });
    connect(&a, &AttentionActions::tileChosen, this, &ExploreWorkspace::chooseTile);
    const auto stepHead = [this](int by) {
        chooseTile(std::clamp(tileOf(session_.settings().heads) + by, 0, strip_->count() - 1));
    };
    connect(a.previousHead, &QAction::triggered, this, [stepHead] { stepHead(-1); });
    connect(a.nextHead, &QAction::triggered, this, [stepHead] { stepHead(1); });
    connect(a.cls, &QAction::triggered, this, &ExploreWorkspace::askFromCls);
    connect(a.follow, &QAction::triggered, this, &ExploreWorkspace::setFollow);
    connect(a.mask, &QAction::triggered, this,
            [this](bool on) { edit([=](ExploreSettings& s) { s.maskOn = on; }); });
    connect(a.grid, &QAction::toggled, this, [this] { showState(); });
    connect(a.strip, &QAction::toggled, this, [this] { showState(); });
    connect(a.panel, &QAction::toggled, panel_, &QWidget::setVisible);
    connect(a.panel, &QAction::triggered, this, [this] { panelChosen_ = true; });
    ImageCanvas& canvas = stage_->canvas();
    connect(a.zoomIn, &QAction::triggered, &canvas, [&canvas] { canvas.zoomBySteps(1); });
    connect(a.zoomOut, &QAction::triggered, &canvas, [&canvas] { canvas.zoomBySteps(-1); });
    connect(a.zoomFit, &QAction::triggered, &canvas, &ImageCanvas::fit);
    connect(a.zoomOne, &QAction::triggered, &canvas, [&canvas] { canvas.setZoom(1); });
    connect(a.compareModels, &QAction::triggered, this, &ExploreWorkspace::compareRequested);
    connect(a.compute, &QAction::triggered, &session_, &ExploreSession::compute);
    connect(a.cancel, &QAction::triggered, &session_, &ExploreSession::cancel);
}

void ExploreWorkspace::connectStage() {
    connect(&stage_->canvas(), &ImageCanvas::cellHovered, this, &ExploreWorkspace::hoverCell);
    connect(&stage_->canvas(), &ImageCanvas::cellClicked, this, &ExploreWorkspace::clickCell);
    connect(&stage_->canvas(), &ImageCanvas::cellKey, this, &ExploreWorkspace::handleCellKey);
    connect(&stage_->canvas(), &ImageCanvas::zoomChanged, this,
            [this](double zoom) { zoomText_->setText(tr("%1 %").arg(int(std::lround(zoom * 100)))); });
    for (HeadGrid* heads : {strip_, &stage_->grid()}) {
        connect(heads, &HeadGrid::chosen, this, &ExploreWorkspace::chooseTile);
        connect(heads, &HeadGrid::cellHovered, this, &ExploreWorkspace::hoverCell);
    }
    connect(&stage_->grid(), &HeadGrid::opened, this, [this](int tile) {
        chooseTile(tile);
        actions_->grid->setChecked(false);
    });
    connect(&stage_->empty(), &EmptyState::openImageRequested, this, &ExploreWorkspace::openPictureRequested);
    connect(&stage_->empty(), &EmptyState::openFolderRequested, this, &ExploreWorkspace::openFolderRequested);
    connect(&stage_->empty(), &EmptyState::trainRequested, this, &ExploreWorkspace::trainRequested);
    connect(&stage_->empty(), &EmptyState::sampleChosen, this,
            [this](const QString& file) { openPictures({file}); });
    connect(&stage_->card(), &FloatingCard::clicked, this, [this] {
        if (stage_->card().isQuestion()) {
            session_.compute();
        } else {
            session_.cancel();
        }
    });
    connect(modelNotice_, &MessageBar::actionTriggered, this, &ExploreWorkspace::openWeights);
    connect(message_, &MessageBar::actionTriggered, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(messageAction_)); });
}

void ExploreWorkspace::connectNeighbours() {
    const ExploreActions& a = *actions_;
    ImageCanvas& canvas = stage_->canvas();
    connect(a.neighbours, &QAction::triggered, this, &ExploreWorkspace::askNeighbours);
    connect(a.neighboursOfMask, &QAction::triggered, this, &ExploreWorkspace::askNeighboursOfMask);
    connect(a.neighboursOfPart, &QAction::toggled, this, [this](bool on) {
        if (on) actions_->grid->setChecked(false);  // one picture to drag on
        stage_->canvas().setRegionMode(on);
        showState();  // Escape ends it
    });
    connect(&canvas, &ImageCanvas::regionSelected, this, &ExploreWorkspace::askNeighboursOfPart);
    canvas.setContextMenuPolicy(Qt::CustomContextMenu);
    connect(&canvas, &QWidget::customContextMenuRequested, this, [this, &canvas](const QPoint& position) {
        if (!session_.picture()) return;
        auto* menu = new QMenu(&canvas);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        actions_->fillNeighboursMenu(*menu);
        menu->addSeparator();
        menu->addAction(actions_->copyPicture);
        menu->addAction(actions_->exportFiles);
        menu->popup(canvas.mapToGlobal(position));
    });
}

void ExploreWorkspace::connectPanel() {
    connect(&panel_->appearance(), &AppearanceSection::edited, &session_, &ExploreSession::setSettings);
    connect(&panel_->input(), &InputSection::edited, &session_, &ExploreSession::setSettings);
    connect(&panel_->query(), &QuerySection::clsChosen, this, &ExploreWorkspace::askFromCls);
    connect(&panel_->query(), &QuerySection::followChosen, this, [this] { setFollow(true); });
    connect(&panel_->model(), &ModelSection::openRequested, this, &ExploreWorkspace::openWeights);
    connect(&panel_->model(), &ModelSection::hashRequested, &session_, &ExploreSession::hashModel);
    connect(&panel_->model(), &ModelSection::reloadRequested, this, &ExploreWorkspace::openModel);
}

void ExploreWorkspace::fillMenu(Menu which, QMenu& menu) {
    const ExploreActions& a = *actions_;
    switch (which) {
        case Menu::File:
            menu.addAction(a.openWeights);
            menu.addAction(a.compareModels);
            menu.addSeparator();
            menu.addAction(a.previous);
            menu.addAction(a.next);
            menu.addSeparator();
            menu.addAction(a.exportFiles);
            break;
        case Menu::Edit:
            menu.addAction(a.copyPicture);
            menu.addAction(a.copyCommand);
            break;
        case Menu::View:
            a.fillViewMenu(menu);
            break;
    }
}

QList<QMenu*> ExploreWorkspace::makeMenus(QWidget* parent) {
    auto* attention = new QMenu(tr("&Attention"), parent);
    actions_->fillHeadsMenu(*attention);
    auto* neighbours = new QMenu(tr("&Neighbours"), parent);
    actions_->fillNeighboursMenu(*neighbours);
    return {attention, neighbours};
}

QString ExploreWorkspace::otherKeys() const {
    return tr(
        "<p>On the picture: the wheel zooms to the cursor, dragging pans, a click keeps a "
        "patch.<br>Enter keeps the patch in the middle, arrows move it.</p>");
}

/// Where there is no room for all, the numbers of the colours matter more than the zoom's.
bool ExploreWorkspace::eventFilter(QObject* watched, QEvent* event) {
    if (watched == footer_ && event->type() == QEvent::Resize)
        zoomText_->setVisible(footer_->width() >= kRoomForZoom);
    return QWidget::eventFilter(watched, event);
}

/// In a narrow window the picture comes first, until the person says otherwise.
void ExploreWorkspace::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (!panelChosen_) actions_->panel->setChecked(width() >= kRoomForPanel);
}

void ExploreWorkspace::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right) {
        filmstrip_->step(event->key() == Qt::Key_Left ? -1 : 1);
        return;
    }
    QWidget::keyPressEvent(event);
}

}  // namespace dinoscope
