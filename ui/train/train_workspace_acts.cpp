// What the Train workspace does and shows when something happened.
#include <QAction>
#include <QDir>
#include <QShowEvent>
#include <QStackedWidget>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/api/run.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/desktop.h"
#include "ui/dialogs.h"
#include "ui/train/doctor_cards.h"
#include "ui/train/extend_dialog.h"
#include "ui/train/probes_page.h"
#include "ui/train/run_page.h"
#include "ui/train/run_setup.h"
#include "ui/train/run_strip.h"
#include "ui/train/runs_page.h"
#include "ui/train/setup_page.h"
#include "ui/train/train_actions.h"
#include "ui/train/train_text.h"
#include "ui/train/train_workspace.h"
#include "ui/train/watch_page.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/message_bar.h"

namespace dinoscope {

namespace {

/// A folder that cannot be read has none to go on from.
bool hasCheckpoint(const std::filesystem::path& run) {
    try {
        return RunPaths(run).latestCheckpoint().has_value();
    } catch (const Error&) {
        return false;
    }
}

}  // namespace

void TrainWorkspace::showPage(TrainPage page) {
    page_ = page;
    stack_->setCurrentIndex(int(page));
    actions_->setPage(page);
    // What is wrong with the run on show says nothing about the one that is set up.
    const bool aboutRun = page == TrainPage::Watch || page == TrainPage::Learn;
    doctor_->setVisible(aboutRun && !doctor_->diagnoses().empty());
    showChosenRun();
    measureSpeedIfAsked();
}

void TrainWorkspace::showChosenRun() {
    const bool looks = isVisible() && page_ == TrainPage::Runs;
    const auto run = looks ? runs_->chosen() : std::nullopt;
    if (run && *run != session_.shown()) session_.show(*run);
}

/// Only the form tells times; whoever watches a run has no use for the trial.
void TrainWorkspace::measureSpeedIfAsked() {
    if (!isVisible()) return;
    if (page_ == TrainPage::SetUp) {
        session_.measureSpeed();
    } else {
        session_.setup().stopMeasuring();
    }
}

void TrainWorkspace::showRun(const std::filesystem::path& run) {
    session_.show(run);
    if (page_ == TrainPage::SetUp) showPage(TrainPage::Watch);
}

void TrainWorkspace::showShownRun(const std::filesystem::path& run) {
    runName_->setText(pathText(run.filename()));
    runName_->setToolTip(pathText(run));
    // One that only begins has nothing to be read yet.
    const bool readable = run.empty() || !session_.showsOwn() || api::isRun(run);
    tellPages(readable ? run : std::filesystem::path());
    setDocumentName(pathText(run.filename()));
    showState();
}

void TrainWorkspace::tellPages(const std::filesystem::path& run) {
    for (RunPage* page : runPages_)
        page->setRun(run);
    doctor_->setRun(run);
}

void TrainWorkspace::showState() {
    const TrainState state = session_.state();
    const TrainControls controls = controlsFor(state);
    actions_->setEnabled(controls);
    strip_->setVisible(controls.strip);
    strip_->refresh();
    watch_->setToldAbove(controls.strip && state.driven);
    runs_->setOwnRun(session_.driver().folder(), state.run);
    goOn_->setVisible(controls.goOn && !controls.strip);
    setupPage_->setStartEnabled(controls.start, controls.start ? QString() : whyNot());
    probes_->setPinning(state.own && state.run.running());
    const bool training = state.run.phase == RunPhase::Training;
    if (training && liveRun_.isEmpty() && state.own) tellPages(session_.shown());
    const QString live = training ? pathText(session_.driver().folder()) : QString();
    if (std::exchange(liveRun_, live) != live) Q_EMIT liveRunChanged(live);
    const bool computing = state.run.active() && !state.run.paused;
    if (std::exchange(awake_, computing) != computing)
        desktop_.setAwake(computing, tr("A network is being trained"));
    showProgress();
}

namespace {

/// The field that it is about may be out of sight: it is named, where the sentence does not begin with it.
QString problemText(const SetupProblem& problem) {
    const OptionSpec* spec = trainOptions().find(problem.option.toStdString());
    const QString label = spec ? QString::fromStdString(spec->label) : QString();
    if (problem.sentence.startsWith(label, Qt::CaseInsensitive)) return problem.sentence;
    return QStringLiteral("%1: %2").arg(label, problem.sentence);
}

}  // namespace

/// The first thing that is missing.
QString TrainWorkspace::whyNot() const {
    const RunSetup& setup = session_.setup();
    if (session_.driver().state().active()) return tr("One run at a time: this window trains already.");
    if (setup.isScanning()) return tr("The images are being looked at.");
    if (!setup.data()) return tr("Choose the images to learn from.");
    if (setup.problem()) return problemText(*setup.problem());
    if (const QString problem = setup.outputProblem(); !problem.isEmpty()) return problem;
    if (setup.plan() && !setup.fits()) return tr("It will not fit into memory.");
    return {};
}

void TrainWorkspace::showProgress() {
    const RunDriver& driver = session_.driver();
    const Progress progress = driver.progress();
    const bool known = driver.state().active() && progress.total > 0 && progress.unit == "steps";
    const double share = known ? double(progress.done) / double(progress.total) : 0;
    const QString text = known ? tr("%1 %").arg(int(100 * share)) : QString();
    if (std::exchange(progressText_, text) == text) return;
    desktop_.setProgress(known ? std::optional(share) : std::nullopt);
    Q_EMIT progressTextChanged();
}

/// What is still being typed counts too: the keys that start leave it in its field.
void TrainWorkspace::startRun() {
    if (QWidget* typing = window()->focusWidget()) typing->clearFocus();
    if (!controlsFor(session_.state()).start) return;
    message_->hide();  // it is about the run before
    session_.start();
    showPage(TrainPage::Watch);
}

/// A failure is told where the person looks, and to one who looks elsewhere.
void TrainWorkspace::showEnd() {
    const RunDriver& driver = session_.driver();
    const QString name = pathText(driver.folder().filename());
    const bool folder = api::isRun(driver.folder());
    if (driver.folder() == session_.shown() && folder) tellPages(driver.folder());
    // The start took the engine from the trial of the machine's speed.
    if (!driver.state().closing) measureSpeedIfAsked();
    switch (driver.state().phase) {
        case RunPhase::Completed:
            tellCompleted(name);
            break;
        case RunPhase::Failed:
            tellError(driver.sentence());
            message_->setAction({});
            desktop_.notify(tr("Training failed"), driver.sentence());
            break;
        default: {
            const bool broken = driver.lastStep() && !std::isfinite(driver.lastStep()->loss);
            message_->tell(
                broken ? MessageBar::Kind::Warning : MessageBar::Kind::Info,
                broken ? brokenText(name) : stoppedText(name, hasCheckpoint(driver.folder()), folder));
            message_->setAction({});
            break;
        }
    }
}

void TrainWorkspace::tellCompleted(const QString& name) {
    const std::optional<api::TrainReport>& report = session_.driver().report();
    QString text = tr("%1 is trained").arg(name);
    if (report && report->knnTop1 != kNotMeasured)
        text += tr(": k-NN accuracy %1 %").arg(report->knnTop1, 0, 'f', 1);
    text += QLatin1Char('.');
    const bool nothing = report && learntNothing(report->loss, api::summarise(report->run).uniformLoss());
    if (nothing) {
        text += tr(" But its loss stayed at ln K, where it begins: hardly anything was learnt.");
        if (report->images < session_.leastImages())
            text += tr(" %1 images are too few; give it %2 or more.")
                        .arg(countText(report->images), countText(session_.leastImages()));
    }
    message_->tell(nothing ? MessageBar::Kind::Warning : MessageBar::Kind::Info, text);
    message_->setAction(tr("Explore with it"));
    desktop_.notify(tr("Training completed"), text);
}

bool TrainWorkspace::askClose() {
    RunDriver& driver = session_.driver();
    if (!driver.state().active()) return true;
    driver.askClose();
    return false;
}

void TrainWorkspace::askWhetherToClose() {
    RunDriver& driver = session_.driver();
    dialogs_.ask(window(),
                 {tr("Training goes on"),
                  tr("%1 is being trained. It can be stopped with a checkpoint, and continued another time.")
                      .arg(pathText(driver.folder().filename())),
                  tr("Stop, save and close"), tr("Go on training")},
                 [this](bool close) { session_.driver().answerClose(close); });
}

void TrainWorkspace::openRunDialog() {
    dialogs_.chooseFolder(this, tr("Open a run"), {}, [this](const QString& folder) {
        if (!folder.isEmpty()) showRun(filePath(folder));
    });
}

void TrainWorkspace::extend() {
    if (!session_.facts()) return;
    auto* dialog = new ExtendDialog(pathText(session_.shown().filename()),
                                    int(session_.facts()->record.options.integer("epochs")), window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { session_.goOn(std::int64_t(dialog->epochs())); });
    dialog->open();
}

void TrainWorkspace::setUpLike(const std::optional<TrainSession::Change>& change, bool weights) {
    if (!session_.setUpLikeShown(change, weights)) {
        tellError(tr("The run is still being read: try again in a moment."));
        return;
    }
    showPage(TrainPage::SetUp);
    if (change) setupPage_->point(QString::fromStdString(change->option));
}

void TrainWorkspace::openPictures(const QStringList& files) {
    std::vector<std::string> chosen;
    for (const QString& file : files)
        chosen.push_back(std::filesystem::absolute(filePath(file)).string());
    if (session_.driver().state().running()) {
        session_.pin(chosen);
        return;
    }
    std::vector<std::string> paths;
    if (!session_.setup().pinsAreSuggested()) paths = session_.probes();
    for (const std::string& path : chosen) {
        if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
    }
    session_.setup().edit("probe", OptionValue(paths));
    showPage(TrainPage::SetUp);
    setupPage_->point(QStringLiteral("probe"));
}

void TrainWorkspace::openFolder(const QString& folder) {
    if (api::isRun(filePath(folder))) {
        showRun(filePath(folder));
        return;
    }
    session_.setup().setSource(folder);
    showPage(TrainPage::SetUp);
}

void TrainWorkspace::openPicture(const QImage&, const QString&) {
    tellError(tr("Training reads files: save the picture first, and drop the file here to pin it."));
}

void TrainWorkspace::tellError(const QString& sentence) {
    message_->tell(MessageBar::Kind::Error, sentence);
    Q_EMIT failed(sentence);
}

/// What costs time is found out once somebody looks.
void TrainWorkspace::showEvent(QShowEvent* event) {
    Workspace::showEvent(event);
    showRemembered();
    showChosenRun();
    measureSpeedIfAsked();
}

/// Images and run of the last time, unless others came on show since, or they are gone.
void TrainWorkspace::showRemembered() {
    const QString images = std::exchange(remembered_, {});
    if (!images.isEmpty() && session_.setup().source().isEmpty()) session_.setup().setSource(images);
    const std::filesystem::path run = filePath(std::exchange(rememberedRun_, {}));
    if (!run.empty() && session_.shown().empty() && api::isRun(run)) session_.show(run);
}

}  // namespace dinoscope
