#include "ui/train/train_workspace.h"

#include <QAction>
#include <QFrame>
#include <QHBoxLayout>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/paths.h"
#include "ui/dialogs.h"
#include "ui/train/probes_page.h"
#include "ui/train/run_page.h"
#include "ui/train/runs_page.h"
#include "ui/train/train_actions.h"
#include "ui/train/watch_page.h"
#include "ui/widgets/drop_frame.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

QToolButton* segmentFor(QAction* action, const char* name) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setObjectName(QLatin1String(name));
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setProperty("look", "switch");
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

}  // namespace

TrainWorkspace::TrainWorkspace(const Parts& parts)
    : runners_(parts.runners),
      dialogs_(parts.dialogs),
      settings_(parts.settings),
      actions_(new TrainActions(parts.window)),
      message_(new MessageBar) {
    setObjectName(QStringLiteral("train"));
    setFocusPolicy(Qt::ClickFocus);
    message_->setObjectName(QStringLiteral("trainMessage"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(message_);
    column->addWidget(makePages(), 1);
    dropFrame_ = new DropFrame(this);
    own(actions_->every());
    const std::pair<QAction*, TrainPage> pages[] = {{actions_->setUp, TrainPage::SetUp},
                                                    {actions_->watch, TrainPage::Watch},
                                                    {actions_->learn, TrainPage::Learn},
                                                    {actions_->runs, TrainPage::Runs}};
    for (const auto& [action, page] : pages)
        connect(action, &QAction::triggered, this, [this, shown = page] { showPage(shown); });
    showPage(TrainPage::SetUp);
}

TrainWorkspace::~TrainWorkspace() = default;

QWidget* TrainWorkspace::makeHeader() {
    auto* header = new QFrame;
    header->setObjectName(QStringLiteral("header"));
    runName_ = new ElidedLabel;
    runName_->setObjectName(QStringLiteral("runName"));
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(kStep, kHalfStep, kStep, kHalfStep);
    row->setSpacing(kHalfStep);
    row->addWidget(segmentFor(actions_->setUp, "pageSetUp"));
    row->addWidget(segmentFor(actions_->watch, "pageWatch"));
    row->addWidget(segmentFor(actions_->learn, "pageLearn"));
    row->addWidget(segmentFor(actions_->runs, "pageRuns"));
    row->addSpacing(kStep);
    row->addWidget(runName_, 1);
    return header;
}

/// In the order of TrainPage.
QWidget* TrainWorkspace::makePages() {
    stack_ = new QStackedWidget;
    stack_->setObjectName(QStringLiteral("trainPages"));
    stack_->addWidget(new QWidget);
    addRunPage(new WatchPage(runners_, dialogs_, settings_));
    addRunPage(new ProbesPage(runners_, dialogs_, settings_));
    runs_ = new RunsPage(runners_, dialogs_, settings_);
    stack_->addWidget(runs_);
    connect(runs_, &RunsPage::runChosen, this, [this](const std::filesystem::path& run) {
        showRun(run);
        showPage(TrainPage::Watch);
    });
    connect(runs_, &RunsPage::activityChanged, this, &TrainWorkspace::activityChanged);
    connect(runs_, &RunsPage::failed, this, &TrainWorkspace::tellError);
    return stack_;
}

void TrainWorkspace::addRunPage(RunPage* page) {
    runPages_ << page;
    stack_->addWidget(page);
    connect(page, &RunPage::activityChanged, this, &TrainWorkspace::activityChanged);
    connect(page, &RunPage::failed, this, &TrainWorkspace::tellError);
}

void TrainWorkspace::showPage(TrainPage page) {
    page_ = page;
    stack_->setCurrentIndex(int(page));
    actions_->setPage(page);
}

void TrainWorkspace::showRun(const std::filesystem::path& run) {
    run_ = run;
    runName_->setText(pathText(run.filename()));
    runName_->setToolTip(pathText(run));
    for (RunPage* page : runPages_)
        page->setRun(run);
    setDocumentName(pathText(run.filename()));
}

void TrainWorkspace::fillMenu(Menu which, QMenu& menu) {
    if (which == Menu::View) actions_->fillViewMenu(menu);
}

QList<QMenu*> TrainWorkspace::makeMenus(QWidget*) {
    return {};
}

void TrainWorkspace::openPictures(const QStringList&) {}

void TrainWorkspace::openFolder(const QString&) {
    showPage(TrainPage::SetUp);
}

void TrainWorkspace::openPicture(const QImage&, const QString&) {}

void TrainWorkspace::setDropHint(bool shown) {
    dropFrame_->setShown(shown);
}

void TrainWorkspace::tellError(const QString& sentence) {
    message_->tell(MessageBar::Kind::Error, sentence);
    Q_EMIT failed(sentence);
}

bool TrainWorkspace::isSettled() const {
    return runs_->isSettled() &&
           std::ranges::all_of(runPages_, [](const RunPage* page) { return page->isSettled(); });
}

}  // namespace dinoscope
