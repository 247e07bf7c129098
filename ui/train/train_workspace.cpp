#include "ui/train/train_workspace.h"

#include <QAction>
#include <QFrame>
#include <QHBoxLayout>
#include <QMenu>
#include <QSettings>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "engine/api/run.h"
#include "ui/bridge/paths.h"
#include "ui/dialogs.h"
#include "ui/theme.h"
#include "ui/train/doctor_cards.h"
#include "ui/train/probes_page.h"
#include "ui/train/run_page.h"
#include "ui/train/run_strip.h"
#include "ui/train/runs_page.h"
#include "ui/train/setup_page.h"
#include "ui/train/train_actions.h"
#include "ui/train/watch_page.h"
#include "ui/widgets/drop_frame.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/looks.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

const auto kSourceKey = QStringLiteral("train/images");
const auto kPageKey = QStringLiteral("train/page");
const auto kRunKey = QStringLiteral("train/run");

QToolButton* runButton(const TrainActions& actions) {
    auto* button = new QToolButton;
    button->setObjectName(QStringLiteral("runButton"));
    button->setProperty("look", "button");
    button->setProperty("menu", true);
    // The space stands between icon and text, where a style sheet puts none.
    button->setText(TrainWorkspace::tr(" Run"));
    button->setIcon(themeIcon(QStringLiteral("folder")));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setToolTip(TrainWorkspace::tr("Open a run, go on with it, use what it learnt"));
    button->setFocusPolicy(Qt::StrongFocus);
    auto* menu = new QMenu(button);
    menu->setToolTipsVisible(true);
    menu->addAction(actions.openRun);
    menu->addSeparator();
    actions.fillRunMenu(*menu);
    button->setMenu(menu);
    return button;
}

}  // namespace

TrainWorkspace::TrainWorkspace(const Parts& parts)
    : session_(parts.session),
      dialogs_(parts.dialogs),
      desktop_(parts.desktop),
      settings_(parts.settings),
      actions_(new TrainActions(parts.window)),
      message_(new MessageBar) {
    setObjectName(QStringLiteral("train"));
    setFocusPolicy(Qt::ClickFocus);
    message_->setObjectName(QStringLiteral("trainMessage"));
    strip_ =
        new RunStrip(session_.driver(), {actions_->pause, actions_->resume, actions_->save, actions_->stop,
                                         actions_->goOn, actions_->extend, actions_->explore});
    strip_->setObjectName(QStringLiteral("header"));
    doctor_ = new DoctorCards(session_.runners());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(strip_);
    column->addWidget(message_);
    column->addWidget(doctor_);
    column->addWidget(makePages(), 1);
    card_ = new FloatingCard(stack_);
    card_->setObjectName(QStringLiteral("trainCard"));
    card_->setLeft(true);  // the plan and its button are at the right
    dropFrame_ = new DropFrame(this);
    own(actions_->every());
    connectSession();
    connectActions();
    setupPage_->restore(settings_);
    session_.setup().restore(settings_);
    runs_->restore();
    const QString source = settings_.value(kSourceKey).toString();
    remembered_ = isFolder(source) ? source : QString();
    rememberedRun_ = settings_.value(kRunKey).toString();
    const int page = settings_.value(kPageKey, int(TrainPage::SetUp)).toInt();
    showPage(TrainPage(std::clamp(page, int(TrainPage::SetUp), int(TrainPage::Runs))));
    showState();
}

TrainWorkspace::~TrainWorkspace() = default;

void TrainWorkspace::save() {
    setupPage_->save(settings_);
    runs_->save();
    settings_.setValue(kPageKey, int(page_));
    const QString& source = session_.setup().source();
    // Those of the last time stay as long as nobody has looked.
    if (remembered_.isEmpty()) settings_.setValue(kSourceKey, source);
    session_.setup().save(settings_);
    const std::filesystem::path& run = session_.shown();
    if (!run.empty()) settings_.setValue(kRunKey, pathText(run));
}

QWidget* TrainWorkspace::makeHeader() {
    auto* header = new QFrame;
    header->setObjectName(QStringLiteral("header"));
    runName_ = new ElidedLabel;
    runName_->setObjectName(QStringLiteral("runName"));
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kHalfStep);
    row->addWidget(makeSwitch(*actions_->setUp, "pageSetUp"));
    row->addWidget(makeSwitch(*actions_->watch, "pageWatch"));
    row->addWidget(makeSwitch(*actions_->learn, "pageLearn"));
    row->addWidget(makeSwitch(*actions_->runs, "pageRuns"));
    row->addSpacing(kStep);
    row->addWidget(runName_, 1);
    goOn_ = new QToolButton;
    goOn_->setObjectName(QStringLiteral("goOnWithShown"));
    goOn_->setDefaultAction(actions_->goOn);
    goOn_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    goOn_->setProperty("look", "button");
    goOn_->setFocusPolicy(Qt::StrongFocus);
    row->addWidget(goOn_);
    row->addWidget(runButton(*actions_));
    return header;
}

/// In the order of TrainPage.
QWidget* TrainWorkspace::makePages() {
    stack_ = new QStackedWidget;
    stack_->setObjectName(QStringLiteral("trainPages"));
    setupPage_ = new SetupPage(session_.setup(), session_.runners(), dialogs_);
    stack_->addWidget(setupPage_);
    const Runners& runners = session_.runners();
    watch_ = new WatchPage(runners, dialogs_, settings_);
    addRunPage(watch_);
    probes_ = new ProbesPage(runners, dialogs_, settings_);
    addRunPage(probes_);
    connect(probes_, &ProbesPage::pinsWanted, this, [this](const QStringList& files) {
        std::vector<std::string> paths;
        for (const QString& file : files)
            paths.push_back(filePath(file).string());
        session_.pin(paths);
    });
    runs_ = new RunsPage(runners, dialogs_, settings_, api::shippedRuns());
    stack_->addWidget(runs_);
    connectRuns();
    return stack_;
}

void TrainWorkspace::connectRuns() {
    runs_->setRunActions({actions_->goOn, actions_->explore, actions_->likeThis});
    connect(runs_, &RunsPage::selectionChanged, this, &TrainWorkspace::showChosenRun);
    connect(runs_, &RunsPage::runChosen, this, [this](const std::filesystem::path& run) {
        showRun(run);
        showPage(TrainPage::Watch);
    });
    connect(&session_, &TrainSession::shownChanged, runs_, [this] {
        if (!session_.shown().empty()) runs_->addRun(session_.shown());
    });
    connect(runs_, &RunsPage::compareRequested, this, &TrainWorkspace::compareRequested);
    connect(runs_, &RunsPage::activityChanged, this, &TrainWorkspace::activityChanged);
    connect(runs_, &RunsPage::failed, this, &TrainWorkspace::tellError);
}

void TrainWorkspace::addRunPage(RunPage* page) {
    runPages_ << page;
    stack_->addWidget(page);
    connect(page, &RunPage::activityChanged, this, &TrainWorkspace::activityChanged);
    connect(page, &RunPage::failed, this, &TrainWorkspace::tellError);
    connect(page, &RunPage::told, this, [this](const QString& sentence) {
        message_->setAction({});
        message_->tell(MessageBar::Kind::Info, sentence);
    });
    connect(page, &RunPage::runChanged, &session_, &TrainSession::refresh);
    connect(page, &RunPage::exampleWanted, this, [this] { showRun(api::shippedRuns().front()); });
}

void TrainWorkspace::connectSession() {
    RunDriver& driver = session_.driver();
    connect(&session_, &TrainSession::stateChanged, this, &TrainWorkspace::showState);
    connect(&session_, &TrainSession::shownChanged, this, &TrainWorkspace::showShownRun);
    connect(&session_, &TrainSession::activityChanged, this, &TrainWorkspace::activityChanged);
    connect(&session_, &TrainSession::failed, this, &TrainWorkspace::tellError);
    connect(&session_, &TrainSession::pinned, this,
            [this] { setStatus(tr("Pinned: their attention is recorded from the next epoch's end on.")); });
    connect(&driver, &RunDriver::progressed, this, &TrainWorkspace::showProgress);
    connect(&driver, &RunDriver::written, this, [this] {
        if (session_.showsOwn()) tellPages(session_.shown());
    });
    connect(&driver, &RunDriver::noted, this, &TrainWorkspace::setStatus);
    connect(&driver, &RunDriver::ended, this, &TrainWorkspace::showEnd);
    connect(&driver, &RunDriver::closeQuestion, this, &TrainWorkspace::askWhetherToClose);
    connect(&driver, &RunDriver::closeReady, this, &TrainWorkspace::closeReady);
    connectProgress(session_.setup().jobs());
    for (RunPage* page : runPages_) {
        if (JobBridge* exports = page->exports()) connectProgress(*exports);
    }
    connect(message_, &MessageBar::actionTriggered, actions_->explore, &QAction::trigger);
    connect(card_, &FloatingCard::clicked, this, [this] {
        if (onCard_) onCard_->cancelShown();
    });
    connect(setupPage_, &SetupPage::activityChanged, this, &TrainWorkspace::activityChanged);
    connect(setupPage_, &SetupPage::startRequested, actions_->start, &QAction::trigger);
    connect(doctor_, &DoctorCards::activityChanged, this, &TrainWorkspace::activityChanged);
    connect(doctor_, &DoctorCards::diagnosesChanged, this, [this] { showPage(page_); });
    connect(doctor_, &DoctorCards::changeRequested, this,
            [this](const QString& option, const QString& value) {
                setUpLike(TrainSession::Change{option.toStdString(), value.toStdString()}, false);
            });
}

void TrainWorkspace::connectProgress(JobBridge& jobs) {
    connect(&jobs, &JobBridge::progressChanged, this, [this, &jobs](const JobBridge::Shown& shown) {
        if (shown.title.isEmpty()) {
            if (onCard_ == &jobs) card_->hide();
            return;
        }
        onCard_ = &jobs;
        const QString text =
            shown.waiting ? tr("%1: waits for its turn").arg(shown.title) : shown.title + QStringLiteral("…");
        card_->showProgress(text, shown.progress.done, shown.progress.total, tr("Cancel"));
    });
}

void TrainWorkspace::connectActions() {
    const TrainActions& a = *actions_;
    const std::pair<QAction*, TrainPage> pages[] = {{a.setUp, TrainPage::SetUp},
                                                    {a.watch, TrainPage::Watch},
                                                    {a.learn, TrainPage::Learn},
                                                    {a.runs, TrainPage::Runs}};
    for (const auto& [action, page] : pages)
        connect(action, &QAction::triggered, this, [this, shown = page] { showPage(shown); });
    RunDriver& driver = session_.driver();
    connect(a.start, &QAction::triggered, this, &TrainWorkspace::startRun);
    connect(a.pause, &QAction::triggered, &driver, &RunDriver::pause);
    connect(a.resume, &QAction::triggered, &driver, &RunDriver::resume);
    connect(a.stop, &QAction::triggered, &driver, &RunDriver::stop);
    connect(a.save, &QAction::triggered, &driver, &RunDriver::save);
    connect(a.goOn, &QAction::triggered, this, [this] { session_.goOn(); });
    connect(a.extend, &QAction::triggered, this, &TrainWorkspace::extend);
    connect(a.openRun, &QAction::triggered, this, &TrainWorkspace::openRunDialog);
    connect(a.explore, &QAction::triggered, this,
            [this] { Q_EMIT exploreRequested(pathText(session_.shown()), pinnedPictures()); });
    connect(a.likeThis, &QAction::triggered, this, [this] { setUpLike({}, false); });
    connect(a.startFrom, &QAction::triggered, this, [this] { setUpLike({}, true); });
    connect(a.reveal, &QAction::triggered, this,
            [this] { dialogs_.reveal(pathText(session_.shown() / "run.toml")); });
}

QStringList TrainWorkspace::pinnedPictures() const {
    QStringList pictures;
    for (const std::string& file : session_.probesOfShown()) {
        if (pathExists(pathText(file))) pictures << pathText(file);
    }
    return pictures;
}

void TrainWorkspace::fillMenu(Menu which, QMenu& menu) {
    if (which == Menu::File) menu.addAction(actions_->openRun);
    if (which == Menu::View) actions_->fillViewMenu(menu);
}

QList<QMenu*> TrainWorkspace::makeMenus(QWidget* parent) {
    auto* run = new QMenu(tr("&Run"), parent);
    actions_->fillRunMenu(*run);
    return {run};
}

void TrainWorkspace::setDropHint(bool shown) {
    dropFrame_->setShown(shown);
}

bool TrainWorkspace::isSettled() const {
    return session_.isSettled() && setupPage_->isSettled() && doctor_->isSettled() && runs_->isSettled() &&
           std::ranges::all_of(runPages_, [](const RunPage* page) { return page->isSettled(); });
}

}  // namespace dinoscope
