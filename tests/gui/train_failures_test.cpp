#include <sys/resource.h>

#include <QAction>
#include <QCloseEvent>
#include <QFile>
#include <QLabel>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <csignal>
#include <filesystem>

#include "tests/gui/train_fixture.h"
#include "ui/train/doctor_cards.h"
#include "ui/train/runs_page.h"

using namespace dinoscope;

namespace {

/// A limit of this process as long as it lives.
class Limit {
public:
    Limit(int resource, rlim_t most) : resource_(__rlimit_resource(resource)) {
        getrlimit(resource_, &before_);
        const rlimit limit{most, before_.rlim_max};
        setrlimit(resource_, &limit);
    }
    ~Limit() { setrlimit(resource_, &before_); }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

private:
    __rlimit_resource resource_;
    rlimit before_{};
};

rlim_t addressSpace() {
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly)) return 0;
    return rlim_t(file.readAll().split(' ').front().toLongLong()) * rlim_t(sysconf(_SC_PAGESIZE));
}

}  // namespace

/// Whatever happens to a run, the window goes on, its last checkpoint is whole, and a failure is called one.
class TrainFailuresTest : public TrainFixture {
    Q_OBJECT

private:
    void start(int epochs) {
        setUp(epochs);
        action("actionStartTraining").trigger();
        QVERIFY(driver().state().active());
    }

    /// Until the window has looked so many times at what the trainer left.
    [[nodiscard]] bool looks(int count) {
        QSignalSpy progressed(&driver(), &RunDriver::progressed);
        while (progressed.size() < count) {
            if (!progressed.wait(30000)) return false;
        }
        return true;
    }
    /// Until the trainer heard what was asked of it: what is interactive is computed where it listens.
    [[nodiscard]] bool heard() {
        JobBridge bridge;
        QSignalSpy pending(&bridge, &JobBridge::pendingChanged);
        JobBridge::Task task;
        task.run = [](JobControl&) {};
        bridge.submit(session().runners().engine, std::move(task));
        while (bridge.pending() > 0) {
            if (!pending.wait(30000)) return false;
        }
        return true;
    }
    void pauseAsSoonAsItTrains() {
        connect(&driver(), &RunDriver::stateChanged, &driver(), [this] {
            if (driver().state().phase == RunPhase::Training) driver().pause();
        });
    }
    void drop(const QString& picture) { workspace().openPictures({picture}); }
    bool selectRun(QTableView& table, const QString& name) {
        for (int row = 0; row < table.model()->rowCount(); ++row) {
            if (table.model()->index(row, 0).data().toString() != name) continue;
            table.selectRow(row);
            return true;
        }
        return false;
    }

    /// What is in the folder is a run that another session goes on with, to its end.
    void theRunGoesOnToItsEnd(int epochs) {
        QVERIFY(fixture_->settle());
        QVERIFY2(session().facts(), qPrintable(message()));
        QVERIFY(action("actionGoOn").isEnabled());
        action("actionGoOn").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(driver().state().phase == RunPhase::Completed, qPrintable(driver().sentence()));
        QCOMPARE(recordedSteps(), std::size_t(epochs * kStepsPerEpoch));
        QVERIFY(run().latestCheckpoint()->position == (RunPosition{epochs, 0}));
    }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void pauseRightAfterTheStart() {
        start(1);
        action("actionPauseTraining").trigger();
        QVERIFY(driver().state().paused);
        QVERIFY(action("actionResumeTraining").isEnabled());
        QVERIFY(!fixture_->desktop.awake);
        QVERIFY(looks(5));
        QVERIFY(driver().state().paused && !driver().lastStep());
        action("actionResumeTraining").trigger();
        QVERIFY(fixture_->desktop.awake);
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Completed);
        QCOMPARE(recordedSteps(), std::size_t(kStepsPerEpoch));
        QVERIFY(!fixture_->desktop.awake);
    }

    void theButtonsOfTheStripStayInTheirPlaces() {
        start(50);
        QVERIFY(untilSteps(2));
        auto& pause = find<QToolButton>("actionPauseTrainingButton");
        auto& save = find<QToolButton>("actionSaveCheckpointButton");
        QCOMPARE(pause.defaultAction(), &action("actionPauseTraining"));
        const QRect place = save.geometry();
        click("actionPauseTrainingButton");
        QCoreApplication::processEvents();
        QVERIFY(driver().state().paused);
        QCOMPARE(pause.defaultAction(), &action("actionResumeTraining"));
        QCOMPARE(pause.actions().size(), 1);  // more would be a menu
        QVERIFY(save.isVisible() && !save.isEnabled());
        QCOMPARE(save.geometry(), place);
        click("actionPauseTrainingButton");
        QVERIFY(!driver().state().paused);
        driver().stop();
        QVERIFY(fixture_->settle());
        QVERIFY(!pause.isVisible() && !save.isVisible());
        QVERIFY(find<QToolButton>("actionGoOnButton").isVisible());
    }

    void noStepPassesWhilePaused() {
        start(50);
        QVERIFY(untilSteps(2));
        action("actionPauseTraining").trigger();
        QVERIFY(heard());
        const std::int64_t steps = driver().progress().done;
        QVERIFY(looks(5));
        QCOMPARE(driver().progress().done, steps);
        action("actionResumeTraining").trigger();
        QVERIFY(until([this, steps] { return driver().progress().done > steps; }));
        driver().stop();
        QVERIFY(fixture_->settle());
    }

    void closeWhilePaused() {
        start(50);
        QVERIFY(untilSteps(2));
        action("actionPauseTraining").trigger();
        QVERIFY(driver().state().paused);
        fixture_->window->close();
        QVERIFY(driver().state().asking && driver().state().paused);
        fixture_->dialogs.reply(false);
        QVERIFY(driver().state().paused && fixture_->window->isVisible());
        fixture_->dialogs.answer = true;
        fixture_->window->close();
        QVERIFY(fixture_->settle());
        QVERIFY(!fixture_->window->isVisible());
        QCOMPARE(driver().state().phase, RunPhase::Stopped);
        QVERIFY(run().latestCheckpoint().has_value());
    }

    void stopWhilePaused() {
        start(50);
        QVERIFY(untilSteps(2));
        action("actionPauseTraining").trigger();
        QVERIFY(driver().state().paused);
        action("actionStopTraining").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Stopped);
        QVERIFY(run().latestCheckpoint().has_value());
        QVERIFY(!lockHolder(run().lock()));
        QVERIFY(message().contains(QStringLiteral("was stopped")));
    }

    void stopBeforeTheFirstStep() {
        start(50);
        action("actionStopTraining").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Stopped);
        QVERIFY(action("actionStartTraining").isEnabled());
        QVERIFY(!run().latestCheckpoint().has_value());
        QVERIFY2(!message().contains(QStringLiteral("from its checkpoint")), qPrintable(message()));
    }

    /// What the doctor's button and pinning need is there before the first checkpoint is.
    void inItsFirstEpochARunIsKnownAndPinsAreAdded() {
        addImages(kImages, 300);  // an epoch that is not over before the pause is heard
        setUp(50);
        set("batch-size-per-gpu", "2");
        QVERIFY(fixture_->settle());
        QCOMPARE(session().setup().options().paths("probe").size(), std::size_t(4));
        pauseAsSoonAsItTrains();
        QSignalSpy facts(&session(), &TrainSession::factsChanged);
        action("actionStartTraining").trigger();
        QVERIFY(!action("actionLikeThis").isEnabled());
        while (!session().facts())
            QVERIFY(facts.wait(30000));
        QSignalSpy states(&driver(), &RunDriver::stateChanged);
        while (!driver().state().paused)  // what was read may come first
            QVERIFY(states.wait(30000));
        disconnect(&driver(), &RunDriver::stateChanged, &driver(), nullptr);
        QVERIFY(!run().latestCheckpoint());
        QVERIFY(action("actionLikeThis").isEnabled());
        Q_EMIT fixture_->find<DoctorCards>("doctorCards")
            .changeRequested(QStringLiteral("teacher-temp"), QStringLiteral("0.03"));
        QCOMPARE(session().setup().options().real("teacher-temp"), 0.03);
        QCOMPARE(session().setup().options().integer("out-dim"), std::int64_t(64));

        QSignalSpy pinned(&session(), &TrainSession::pinned), failed(&session(), &TrainSession::failed);
        drop(fixture_->makePicture(QStringLiteral("cat.png")));
        QVERIFY(pinned.wait(30000));
        session().show({});  // another run, or none
        drop(fixture_->makePicture(QStringLiteral("dog.png")));
        QVERIFY(pinned.wait(30000));
        QCOMPARE(session().probes().size(), std::size_t(6));
        // What cannot be read does not take the others with it.
        QVERIFY(QFile::copy(SOURCE_DIR "/README.md", path("broken.png")));
        drop(path("broken.png"));
        QVERIFY(failed.wait(30000));
        QCOMPARE(session().probes().size(), std::size_t(6));
        const std::int64_t steps = driver().progress().done;
        action("actionResumeTraining").trigger();
        QVERIFY(until([this, steps] { return driver().progress().done > steps; }));
        driver().stop();
        QVERIFY(fixture_->settle());
        QCOMPARE(readRunRecord(run().record()).options.paths("probe").size(), std::size_t(6));
    }

    void aStoppedRunFromElsewhereOffersToGoOn() {
        start(3);
        QVERIFY(untilSteps(2));
        action("actionStopTraining").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Stopped);
        auto& goOn = find<QToolButton>("goOnWithShown");
        QVERIFY(!goOn.isVisible());  // the strip offers it
        std::filesystem::copy(path("run").toStdString(), path("copied").toStdString(),
                              std::filesystem::copy_options::recursive);
        workspace().showRun(path("copied").toStdString());
        QVERIFY(fixture_->settle());
        QVERIFY(goOn.isVisible());
        click("goOnWithShown");
        QVERIFY(fixture_->settle());
        QVERIFY2(driver().state().phase == RunPhase::Completed, qPrintable(driver().sentence()));
        QCOMPARE(driver().folder(), std::filesystem::path(path("copied").toStdString()));
        QVERIFY(!goOn.isVisible());
    }

    void whatAnotherDoesToTheRunOnShowIsFollowed() {
        start(1);
        QVERIFY(fixture_->settle());
        const QString checkpoints = QString::fromStdString(run().checkpoints().string());
        QVERIFY(QDir().rename(checkpoints, path("kept")));
        workspace().showRun(path("run").toStdString());
        QVERIFY(fixture_->settle());
        QVERIFY(!action("actionExtend").isEnabled() && !action("actionGoOn").isEnabled());
        QVERIFY(QDir().rename(path("kept"), checkpoints));
        QSignalSpy facts(&session(), &TrainSession::factsChanged);
        MetricsWriter writer(run().metrics());
        writer.add(StepMetrics{.step = kStepsPerEpoch});
        writer.sync();
        while (!action("actionExtend").isEnabled())
            QVERIFY(facts.wait(30000));
    }

    void theRunThatShipsIsNeitherContinuedNorExtended() {
        if (api::shippedRuns().empty()) QSKIP("no run ships with this program");
        fixture_->window->setWorkspace(QStringLiteral("train"));
        workspace().showRun(api::shippedRuns().front());
        QVERIFY(fixture_->settle());
        QVERIFY(session().facts() && session().facts()->recorded && !session().facts()->checkpoint);
        QVERIFY(!action("actionGoOn").isEnabled() && !action("actionExtend").isEnabled());
        QVERIFY(action("actionLikeThis").isEnabled());
    }

    void aTrialOfTheSpeedThatWasGivenUpIsToldAndMadeUpFor() {
        setUp(50);
        const auto& time = fixture_->find<QLabel>("planTime");
        RunSetup& setup = session().setup();
        QVERIFY(time.text().contains(QStringLiteral("not measured")));
        setup.setNeverMeasure(false);
        session().measureSpeed();
        QVERIFY(setup.isMeasuring() && time.text().contains(QStringLiteral("being found out")));
        action("actionStartTraining").trigger();  // takes the engine from it
        QVERIFY(untilSteps(1));
        QVERIFY(!setup.isMeasuring() && !setup.speed());
        QVERIFY(time.text().contains(QStringLiteral("not measured")));
        // It would wait for the end of the run.
        fixture_->window->setWorkspace(QStringLiteral("explore"));
        fixture_->window->setWorkspace(QStringLiteral("train"));
        QVERIFY(!setup.isMeasuring());
        action("actionStopTraining").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(!setup.isMeasuring() && !setup.speed());  // the run is on show, not the form
        action("actionSetUp").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(setup.speed().has_value());
    }

    void theTrialOfTheSpeedIsForTheFormAlone() {
        setUp(1);
        RunSetup& setup = session().setup();
        setup.setNeverMeasure(false);
        session().measureSpeed();
        QVERIFY(setup.isMeasuring());
        action("actionRuns").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(!setup.isMeasuring() && !setup.speed());
        action("actionSetUp").trigger();
        QVERIFY(setup.isMeasuring());
        QVERIFY(fixture_->settle());
        QVERIFY(setup.speed().has_value());
    }

    void aRunThatCannotBeMovedToTheTrashStaysListed() {
        start(1);
        QVERIFY(fixture_->settle());
        action("actionRuns").trigger();
        QVERIFY(fixture_->settle());
        const auto& page = fixture_->find<RunsPage>("runsPage");
        const QStringList folders = page.folders();
        QVERIFY(!folders.isEmpty());
        QVERIFY(selectRun(fixture_->find<QTableView>("runsTable"), QStringLiteral("run")));
        QVERIFY(fixture_->settle());
        const RunLock writer(run().lock());
        fixture_->dialogs.answer = true;
        QTest::mouseClick(&fixture_->find<QWidget>("runsRemove"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("being written")), qPrintable(message()));
        QCOMPARE(page.folders(), folders);
    }

    void stopWhileSaving() {
        start(4);
        connect(&driver(), &RunDriver::stateChanged, &driver(), [this] {
            if (driver().state().saving) driver().stop();
        });
        QVERIFY(untilSteps(2));
        action("actionSaveCheckpoint").trigger();
        QVERIFY(fixture_->settle());
        // The stop is heard while the checkpoint is written, or by a run that has just ended.
        QVERIFY2(driver().state().phase == RunPhase::Stopped || driver().state().phase == RunPhase::Completed,
                 qPrintable(driver().sentence()));
        disconnect(&driver(), &RunDriver::stateChanged, &driver(), nullptr);
        if (driver().state().phase == RunPhase::Stopped) theRunGoesOnToItsEnd(4);
        QCOMPARE(recordedSteps(), std::size_t(4 * kStepsPerEpoch));
    }

    void theWindowAsksBeforeItClosesAndTheRunIsSaved() {
        start(50);
        QVERIFY(untilSteps(2));
        fixture_->dialogs.answer = false;
        fixture_->window->close();
        QVERIFY2(fixture_->dialogs.asked.contains(QStringLiteral("being trained")),
                 qPrintable(fixture_->dialogs.asked));
        QVERIFY(fixture_->window->isVisible());
        QCOMPARE(driver().state().phase, RunPhase::Training);
        fixture_->dialogs.answer = true;
        fixture_->window->close();
        QVERIFY(fixture_->window->isVisible());  // until the checkpoint is written
        QVERIFY(fixture_->settle());
        QVERIFY(!fixture_->window->isVisible());
        QCOMPARE(driver().state().phase, RunPhase::Stopped);
        QVERIFY(run().latestCheckpoint().has_value());
    }

    void aQuestionLeftOpenHoldsNothingUp() {
        start(1);
        fixture_->window->close();
        QVERIFY(driver().state().asking);
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Completed);
        QVERIFY(fixture_->window->isVisible());
        fixture_->dialogs.reply(true);
        QVERIFY(!fixture_->window->isVisible());
    }

    void aWindowThatDiesSavesItsRun() {
        start(50);
        QVERIFY(untilSteps(2));
        const RunPaths paths(path("run").toStdString());
        const std::filesystem::path kept = paths.folder();
        fixture_->window.reset();  // the session of a desktop ends so, without a question
        // The thread of the engine ends before the folder is looked at.
        fixture_->endThreads();
        QVERIFY(paths.latestCheckpoint().has_value());
        QVERIFY(!lockHolder(paths.lock()));
    }

    void theFolderOfImagesVanishes() {
        start(4);
        QVERIFY(untilSteps(2));
        QVERIFY(QDir().rename(path("images"), path("elsewhere")));
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Failed);
        QVERIFY2(message().contains(QStringLiteral("gone")), qPrintable(message()));
        QCOMPARE(fixture_->desktop.notified, QStringList{QStringLiteral("Training failed")});
        // What was learnt since the last checkpoint is kept.
        QVERIFY(run().latestCheckpoint().has_value());
        QVERIFY(QDir().rename(path("elsewhere"), path("images")));
        theRunGoesOnToItsEnd(4);
    }

    void nothingCanBeWrittenAnyMore() {
        start(3);
        connect(&driver(), &RunDriver::written, &driver(), [this] { ++written_; });
        written_ = 0;
        QVERIFY(until([this] { return written_ > 0; }));  // the first epoch's checkpoint
        {
            // As a full disk: each write past the first bytes fails. A signal comes with it, which is not
            // for us.
            const auto before = std::signal(SIGXFSZ, SIG_IGN);
            const Limit limit(RLIMIT_FSIZE, 4096);
            QVERIFY(fixture_->settle());
            std::signal(SIGXFSZ, before);
        }
        QCOMPARE(driver().state().phase, RunPhase::Failed);
        QVERIFY2(message().contains(QStringLiteral("File too large")), qPrintable(message()));
        QVERIFY(run().latestCheckpoint().has_value());
        theRunGoesOnToItsEnd(3);
    }

    void memoryRunsOut() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer takes more address space than the limit of this test");
#endif
        setUp(1);
        set("out-dim", "1048576");
        session().setup().setForce(true);
        QVERIFY(fixture_->settle());
        {
            constexpr rlim_t kRoom = rlim_t{700'000'000};  // prototypes of 1,048,576 x 256 numbers take more
            const Limit limit(RLIMIT_AS, addressSpace() + kRoom);
            action("actionStartTraining").trigger();
            QVERIFY(fixture_->settle());
        }
        QCOMPARE(driver().state().phase, RunPhase::Failed);
        QVERIFY2(message().contains(QStringLiteral("memory ran out")), qPrintable(message()));
        QVERIFY(action("actionStartTraining").isEnabled());
    }

    void theFirstStepFails() {
        setUp(1);
        // Their headers are whole, which is all that was looked at.
        for (const char* name : {"images/along", "images/across"}) {
            for (const QFileInfo& file : QDir(path(name)).entryInfoList(QDir::Files)) {
                QFile cut(file.filePath());
                QVERIFY(cut.resize(40));
            }
        }
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Failed);
        QVERIFY(!message().isEmpty());
        // A run that cannot begin leaves no folder, and the next try is not in its way.
        QVERIFY(!run().holdsRun());
        QVERIFY(action("actionStartTraining").isEnabled());
    }

    void itCannotEvenBegin() {
        setUp(1);
        set("probe", qPrintable(path("no-such.png")));
        QVERIFY(fixture_->settle());
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Failed);
        QVERIFY2(message().contains(QStringLiteral("no-such.png")), qPrintable(message()));
        QVERIFY(!run().holdsRun());
        QCOMPARE(session().setup().output(), path("run"));  // nothing took it
        QVERIFY(!action("actionGoOn").isEnabled());
    }

private:
    int written_ = 0;
};

QTEST_MAIN(TrainFailuresTest)
#include "train_failures_test.moc"
