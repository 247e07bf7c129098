#include "ui/compare/compare_workspace.h"

#include <QAction>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/compare/compare_actions.h"
#include "ui/compare/compare_pane.h"
#include "ui/dialogs.h"
#include "ui/explore/appearance_section.h"
#include "ui/explore/empty_state.h"
#include "ui/explore/explore_text.h"
#include "ui/explore/filmstrip.h"
#include "ui/explore/input_section.h"
#include "ui/explore/model_menu.h"
#include "ui/explore/picture_opener.h"
#include "ui/explore/query_section.h"
#include "ui/recent.h"
#include "ui/widgets/drop_frame.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/side_panel.h"

namespace dinoscope {

namespace {

constexpr int kRoomForPanel = 1000;

}  // namespace

CompareWorkspace::CompareWorkspace(CompareSession& session, Dialogs& dialogs, Recent& pictures,
                                   Recent& models, QWidget* window)
    : session_(session),
      dialogs_(dialogs),
      recentPictures_(pictures),
      recentModels_(models),
      actions_(new CompareActions(window)),
      message_(new MessageBar),
      filmstrip_(new Filmstrip) {
    setObjectName(QStringLiteral("compare"));
    setFocusPolicy(Qt::ClickFocus);
    message_->setObjectName(QStringLiteral("compareMessage"));
    filmstrip_->hide();
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setHandleWidth(1);
    splitter->addWidget(filmstrip_);
    splitter->addWidget(makeStage());
    splitter->addWidget(makePanel());
    splitter->setStretchFactor(1, 1);
    splitter->setCollapsible(1, false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(message_);
    column->addWidget(splitter, 1);
    dropFrame_ = new DropFrame(this);
    own(actions_->every());
    opener_ =
        new PictureOpener(session_.jobs(), session_.runners().files, *filmstrip_, recentPictures_, this);
    connectOpener();
    connectSession();
    connectActions();
    while (int(panes_.size()) < session_.count())
        addPane();
    showSettings();
    showQuery();
    showState();
}

CompareWorkspace::~CompareWorkspace() = default;

QWidget* CompareWorkspace::makeHeader() {
    auto* header = new QFrame;
    header->setObjectName(QStringLiteral("header"));
    pictureName_ = new ElidedLabel;
    pictureName_->setObjectName(QStringLiteral("comparePicture"));
    pictureName_->setText(tr("No picture"));
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(2 * kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kHalfStep);
    row->addWidget(pictureName_, 1);
    row->addWidget(makeActionButton(*actions_->addModel));
    row->addSpacing(kStep);
    for (QAction* action : {actions_->zoomOut, actions_->zoomIn, actions_->zoomFit})
        row->addWidget(makeActionButton(*action));
    row->addSpacing(kStep);
    for (QAction* action : {actions_->copyCommand, actions_->copyPicture, actions_->exportFiles})
        row->addWidget(makeActionButton(*action));
    row->addSpacing(kStep);
    row->addWidget(makeActionButton(*actions_->strip));
    row->addWidget(makeActionButton(*actions_->panel));
    return header;
}

QWidget* CompareWorkspace::makeStage() {
    empty_ = new EmptyState;
    empty_->setTexts(tr("See what several models make of one picture"),
                     tr("Drop a picture, a folder or weights here, or paste a picture."));
    empty_->setTrainOffered(false);
    auto* panes = new QWidget;
    panes->setObjectName(QStringLiteral("comparePanes"));
    panesRow_ = new QHBoxLayout(panes);
    panesRow_->setContentsMargins(0, 0, 0, 0);
    panesRow_->setSpacing(1);
    stage_ = new QStackedWidget;
    empty_->setBackgroundRole(QPalette::Dark);
    empty_->setAutoFillBackground(true);
    stage_->addWidget(empty_);
    stage_->addWidget(panes);
    card_ = new FloatingCard(stage_);
    connect(card_, &FloatingCard::clicked, &session_, &CompareSession::cancel);
    return stage_;
}

QWidget* CompareWorkspace::makePanel() {
    appearance_ = new AppearanceSection;
    query_ = new QuerySection;
    input_ = new InputSection;
    panel_ = new SidePanel;
    for (QWidget* section :
         {static_cast<QWidget*>(appearance_), static_cast<QWidget*>(query_), static_cast<QWidget*>(input_)})
        panel_->addSection(section);
    connect(appearance_, &AppearanceSection::edited, &session_, &CompareSession::setSettings);
    connect(input_, &InputSection::edited, &session_, &CompareSession::setSettings);
    connect(query_, &QuerySection::clsChosen, this, &CompareWorkspace::askFromCls);
    connect(query_, &QuerySection::followChosen, this, [this] { setFollow(true); });
    return panel_;
}

void CompareWorkspace::connectOpener() {
    connect(opener_, &PictureOpener::begun, message_, &QWidget::hide);
    connect(opener_, &PictureOpener::filmChanged, this, &CompareWorkspace::showState);
    connect(opener_, &PictureOpener::opened, &session_, &CompareSession::showPicture);
    connect(opener_, &PictureOpener::failed, this, &CompareWorkspace::tellError);
}

void CompareWorkspace::connectSession() {
    connect(&session_, &CompareSession::pictureChanged, this, &CompareWorkspace::showPicture);
    connect(&session_, &CompareSession::settingsChanged, this, &CompareWorkspace::showSettings);
    connect(&session_, &CompareSession::placeChanged, this, &CompareWorkspace::showQuery);
    connect(&session_.jobs(), &JobBridge::pendingChanged, this, &CompareWorkspace::activityChanged);
    connect(&session_.jobs(), &JobBridge::progressChanged, this, [this](const JobBridge::Shown& shown) {
        if (shown.title.isEmpty()) {
            card_->hide();
        } else {
            card_->showProgress(shown.title, shown.progress.done, shown.progress.total, tr("Cancel"));
        }
    });
    connect(filmstrip_, &Filmstrip::pendingChanged, this, &CompareWorkspace::activityChanged);
    connect(empty_, &EmptyState::pendingChanged, this, &CompareWorkspace::activityChanged);
    connect(empty_, &EmptyState::openImageRequested, this, &CompareWorkspace::openPictureRequested);
    connect(empty_, &EmptyState::openFolderRequested, this, &CompareWorkspace::openFolderRequested);
    connect(empty_, &EmptyState::sampleChosen, this, [this](const QString& file) { openPictures({file}); });
    connect(message_, &MessageBar::actionTriggered, this, [this] { dialogs_.reveal(written_); });
}

void CompareWorkspace::connectActions() {
    const CompareActions& a = *actions_;
    connect(a.addModel, &QAction::triggered, this, &CompareWorkspace::addModel);
    connect(a.copyPicture, &QAction::triggered, this, &CompareWorkspace::copySheet);
    connect(a.copyCommand, &QAction::triggered, this, &CompareWorkspace::copyCommands);
    connect(a.exportFiles, &QAction::triggered, this, &CompareWorkspace::saveSheet);
    connect(a.previous, &QAction::triggered, this, [this] { filmstrip_->step(-1); });
    connect(a.next, &QAction::triggered, this, [this] { filmstrip_->step(1); });
    connect(&a, &AttentionActions::tileChosen, this, &CompareWorkspace::chooseTile);
    const auto stepHeads = [this](int by) {
        for (ComparePane* pane : panes_)
            pane->stepHead(by);
    };
    connect(a.previousHead, &QAction::triggered, this, [stepHeads] { stepHeads(-1); });
    connect(a.nextHead, &QAction::triggered, this, [stepHeads] { stepHeads(1); });
    connect(a.cls, &QAction::triggered, this, &CompareWorkspace::askFromCls);
    connect(a.follow, &QAction::triggered, this, &CompareWorkspace::setFollow);
    connect(a.mask, &QAction::triggered, this,
            [this](bool on) { edit([=](ExploreSettings& s) { s.maskOn = on; }); });
    connect(a.strip, &QAction::toggled, this, [this](bool on) {
        for (ComparePane* pane : panes_)
            pane->setStripShown(on);
    });
    connect(a.panel, &QAction::toggled, panel_, &QWidget::setVisible);
    connect(a.panel, &QAction::triggered, this, [this] { panelChosen_ = true; });
    connect(a.zoomIn, &QAction::triggered, this, [this] { panes_.front()->canvas().zoomBySteps(1); });
    connect(a.zoomOut, &QAction::triggered, this, [this] { panes_.front()->canvas().zoomBySteps(-1); });
    connect(a.zoomFit, &QAction::triggered, this, [this] { panes_.front()->canvas().fit(); });
    connect(a.zoomOne, &QAction::triggered, this, [this] { panes_.front()->canvas().setZoom(1); });
    connect(a.compute, &QAction::triggered, &session_, &CompareSession::compute);
    connect(a.cancel, &QAction::triggered, &session_, &CompareSession::cancel);
}

void CompareWorkspace::addPane() {
    auto* pane = new ComparePane(session_.side(int(panes_.size())), *actions_, recentModels_);
    panes_.push_back(pane);
    pane->modelMenu().setLiveRun(liveRun_);
    pane->setStripShown(actions_->strip->isChecked());
    panesRow_->addWidget(pane, 1);
    connectPane(*pane);
    if (panes_.size() > 1) pane->canvas().follow(panes_.front()->canvas());
    for (ComparePane* each : panes_)
        each->setClosable(int(panes_.size()) > kFewestSides);
}

void CompareWorkspace::connectPane(ComparePane& pane) {
    ExploreSession& session = pane.session();
    connect(&pane, &ComparePane::openRequested, this, [this, &pane] { askForWeights(pane); });
    connect(&pane, &ComparePane::modelChosen, this,
            [this, &pane](const api::ModelSource& source) { openModel(indexOf(&pane), source); });
    // Once the button that was clicked has done its part: it goes with the pane.
    connect(
        &pane, &ComparePane::closeRequested, this, [this, closed = &pane] { closePane(closed); },
        Qt::QueuedConnection);
    connect(&pane, &ComparePane::tileChosen, this,
            [this, &pane](int tile) { session_.setHeads(indexOf(&pane), choiceOf(tile)); });
    connect(&pane, &ComparePane::pointed, this, &CompareWorkspace::point);
    connect(&pane, &ComparePane::clicked, this, &CompareWorkspace::click);
    connect(&pane, &ComparePane::keyPressed, this, [this, &pane](int key) { handleKey(pane, key); });
    connect(&pane, &ComparePane::viewMoved, this, [this, &pane] {
        for (ComparePane* each : panes_) {
            if (each != &pane) each->canvas().follow(pane.canvas());
        }
    });
    connect(&pane, &ComparePane::stateChanged, this, &CompareWorkspace::showState);
    connect(&session, &ExploreSession::modelChanged, this, [this, &pane] {
        const std::string& weights = pane.session().modelSource().weights;
        if (!api::isNamed(weights)) recentModels_.add(pathText(weights));
        showModels();
    });
    connect(&session, &ExploreSession::costChanged, this, &CompareWorkspace::showPlan);
    connect(&session, &ExploreSession::failed, this, &CompareWorkspace::tellError);
    connect(&session, &ExploreSession::cannotCompute, this, [this](const QString& sentence) {
        tellError(sentence);
        messageIsOfView_ = true;
    });
    connect(&session, &ExploreSession::fieldChanged, this, [this, &session] {
        if (messageIsOfView_ && session.field()) message_->hide();
        showQuery();
    });
    connect(&session, &ExploreSession::headsUnknown, this,
            [this, &pane](const api::ModelSource& source, const UnknownHeads& unknown) {
                askHeadsOf(indexOf(&pane), source, unknown);
            });
    connect(&session.jobs(), &JobBridge::pendingChanged, this, &CompareWorkspace::activityChanged);
}

int CompareWorkspace::indexOf(const ComparePane* pane) const {
    const auto found = std::find(panes_.begin(), panes_.end(), pane);
    return found == panes_.end() ? -1 : int(found - panes_.begin());
}

void CompareWorkspace::closePane(ComparePane* pane) {
    const int index = indexOf(pane);
    if (index < 0 || session_.count() <= kFewestSides) return;
    panes_.erase(panes_.begin() + index);
    delete pane;
    session_.removeSide(index);
    for (ComparePane* each : panes_)
        each->setClosable(int(panes_.size()) > kFewestSides);
    showModels();
    showState();
    Q_EMIT activityChanged();
}

void CompareWorkspace::fillMenu(Menu which, QMenu& menu) {
    const CompareActions& a = *actions_;
    switch (which) {
        case Menu::File:
            menu.addAction(a.addModel);
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
            a.fillZoomMenu(menu);
            menu.addSeparator();
            menu.addAction(a.strip);
            menu.addAction(a.panel);
            break;
    }
}

QList<QMenu*> CompareWorkspace::makeMenus(QWidget* parent) {
    auto* attention = new QMenu(tr("&Attention"), parent);
    actions_->fillHeadsMenu(*attention);
    return {attention};
}

QString CompareWorkspace::otherKeys() const {
    return tr(
        "<p>On a picture: the wheel zooms all of them, dragging pans them, a click asks from that place of "
        "each.<br>Enter asks from the middle, arrows move the place. Keys choose a head of every model "
        "that has it, a click in a strip one of that model.</p>");
}

bool CompareWorkspace::isSettled() const {
    return session_.isSettled() && filmstrip_->loader().pending() == 0 && empty_->loader().pending() == 0;
}

void CompareWorkspace::setDropHint(bool shown) {
    dropFrame_->setShown(shown);
}

void CompareWorkspace::setSamples(const QStringList& files) {
    empty_->setSamples(files);
}

void CompareWorkspace::setLiveRun(const QString& run) {
    liveRun_ = run;
    for (ComparePane* pane : panes_)
        pane->modelMenu().setLiveRun(run);
}

/// In a narrow window the pictures come first, until the person says otherwise.
void CompareWorkspace::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (!panelChosen_) actions_->panel->setChecked(width() >= kRoomForPanel);
}

void CompareWorkspace::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right) {
        filmstrip_->step(event->key() == Qt::Key_Left ? -1 : 1);
        return;
    }
    QWidget::keyPressEvent(event);
}

void CompareWorkspace::showPicture() {
    const Picture& picture = *session_.picture();
    pictureName_->setText(
        tr("%1   %2 × %3").arg(picture.name).arg(picture.image->width).arg(picture.image->height));
    filmstrip_->setCurrentFile(picture.file);
    pointer_.reset();
    setDocumentName(picture.name);
    showState();
}

void CompareWorkspace::showSettings() {
    const ExploreSettings& settings = session_.settings();
    appearance_->setSettings(settings);
    appearance_->setShownRange(panes_.front()->shownRange());
    input_->setSettings(settings);
    actions_->follow->setChecked(settings.follow);
    actions_->mask->setChecked(settings.maskOn);
    showQuery();
    showState();
}

/// The patch is that of the first side; the others' lie over the same place.
void CompareWorkspace::showQuery() {
    Query query;
    const auto field = panes_.front()->session().field();
    if (session_.place() && field)
        query.patch = field->geometry().patchAt(session_.place()->x(), session_.place()->y());
    query_->setQuery(query, session_.settings().follow);
    showStatus();
}

void CompareWorkspace::showModels() {
    const std::vector<ExploreState> states = session_.states();
    input_->setLayers(layersOf(states));
    int patch = 1;
    QString device;
    QString description;
    for (const ComparePane* pane : panes_) {
        const api::Model* model = pane->session().model();
        if (!model) continue;
        patch = std::max(patch, model->info().patchSize);
        device = placementText(model->placement());
        if (pane->session().device())
            description = QString::fromStdString(pane->session().device()->description);
    }
    input_->setPatchSize(patch);
    input_->setSettings(session_.settings());
    setPlacement(device, description);
    showPlan();
}

/// One line where the models see the same, else one a model.
void CompareWorkspace::showPlan() {
    QStringList lines;
    for (const ComparePane* pane : panes_) {
        const ExploreSession& side = pane->session();
        if (!side.plannedGeometry() || !side.model()) continue;
        const QString seen = geometryText(*side.plannedGeometry(), side.model()->info().convolutional);
        if (!lines.contains(seen)) lines << seen;
    }
    input_->setPlan(lines.join(QLatin1Char('\n')), {});
}

void CompareWorkspace::showState() {
    std::vector<ExploreState> states;
    for (const ComparePane* pane : panes_)
        states.push_back(pane->state());
    const ExploreControls controls = controlsFor(
        CompareState{states, drawing_, int(filmstrip_->files().size()), filmstrip_->currentRow()});
    actions_->setControls(controls, headsOf(states), session_.count() < kMostSides);
    appearance_->setControls(controls);
    query_->setControls(controls);
    input_->setControls(controls);
    stage_->setCurrentIndex(session_.picture() ? 1 : 0);
    filmstrip_->setVisible(filmstrip_->files().size() > 1);
    showStatus();
}

void CompareWorkspace::showStatus() {
    if (!session_.picture()) {
        setStatus(tr("Open a picture to begin"));
        return;
    }
    const bool shown = std::ranges::any_of(panes_, [](const ComparePane* pane) { return pane->hasMap(); });
    if (!shown) {
        setStatus({});
        return;
    }
    if (!session_.place()) {
        setStatus(tr("Asked from [CLS] on every side"));
        return;
    }
    setStatus(tr("Asked on every side from the patch over %1, %2 px")
                  .arg(std::lround(session_.place()->x()))
                  .arg(std::lround(session_.place()->y())));
}

}  // namespace dinoscope
