#include <QTest>
#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "tests/gui/run_fixture.h"
#include "ui/train/crop_section.h"
#include "ui/train/probes_page.h"
#include "ui/train/train_state.h"
#include "ui/train/train_text.h"
#include "ui/widgets/thumbnail_grid.h"

using namespace dinoscope;

namespace {

RunState at(RunPhase phase) {
    return {.phase = phase};
}

RunState after(RunState state, const std::vector<RunEvent>& events) {
    for (const RunEvent event : events)
        state = afterEvent(state, event);
    return state;
}

constexpr RunPhase kPhases[] = {RunPhase::Idle,     RunPhase::Starting,  RunPhase::Training,
                                RunPhase::Stopping, RunPhase::Completed, RunPhase::Stopped,
                                RunPhase::Failed};
constexpr RunEvent kEvents[] = {RunEvent::Start,        RunEvent::Began,    RunEvent::AskPause,
                                RunEvent::AskResume,    RunEvent::AskStop,  RunEvent::SaveBegan,
                                RunEvent::SaveEnded,    RunEvent::AskClose, RunEvent::AcceptClose,
                                RunEvent::DeclineClose, RunEvent::Finished, RunEvent::Interrupted,
                                RunEvent::Failure};

/// Every state that can be reached from Idle.
std::vector<RunState> reachable() {
    std::vector<RunState> found{RunState{}};
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const RunEvent event : kEvents) {
            const RunState next = afterEvent(found[i], event);
            if (std::find(found.begin(), found.end(), next) == found.end()) found.push_back(next);
        }
    }
    return found;
}

/// Images, options and memory are as they should be, and a run is on show.
TrainState ready(RunPhase phase) {
    TrainState state;
    state.run.phase = phase;
    state.images = state.valid = state.fits = state.shown = state.driven = state.known = true;
    state.checkpoint = state.recorded = true;
    state.own = state.run.active();
    return state;
}

}  // namespace

/// What follows what, and what can be done where.
class TrainStateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The phases that each event leads to, from each phase in the order of kPhases.
    void phasesFollowTheTable_data() {
        using enum RunPhase;
        QTest::addColumn<int>("event");
        QTest::addColumn<QList<int>>("expected");
        const auto row = [](const char* name, RunEvent event, const std::vector<RunPhase>& expected) {
            QList<int> phases;
            for (const RunPhase phase : expected)
                phases << int(phase);
            QTest::newRow(name) << int(event) << phases;
        };
        const std::vector<RunPhase> unchanged(std::begin(kPhases), std::end(kPhases));
        row("start", RunEvent::Start, {Starting, Starting, Training, Stopping, Starting, Starting, Starting});
        row("began", RunEvent::Began, {Idle, Training, Training, Stopping, Completed, Stopped, Failed});
        row("pause", RunEvent::AskPause, unchanged);
        row("resume", RunEvent::AskResume, unchanged);
        row("stop", RunEvent::AskStop, {Idle, Stopping, Stopping, Stopping, Completed, Stopped, Failed});
        row("save began", RunEvent::SaveBegan, unchanged);
        row("save ended", RunEvent::SaveEnded, unchanged);
        row("close", RunEvent::AskClose, unchanged);
        row("accept", RunEvent::AcceptClose,
            {Idle, Stopping, Stopping, Stopping, Completed, Stopped, Failed});
        row("decline", RunEvent::DeclineClose, unchanged);
        row("finished", RunEvent::Finished,
            {Idle, Completed, Completed, Completed, Completed, Stopped, Failed});
        row("interrupted", RunEvent::Interrupted,
            {Idle, Stopped, Stopped, Stopped, Completed, Stopped, Failed});
        row("failure", RunEvent::Failure, {Idle, Failed, Failed, Failed, Completed, Stopped, Failed});
    }
    void phasesFollowTheTable() {
        QFETCH(int, event);
        QFETCH(QList<int>, expected);
        for (std::size_t i = 0; i < std::size(kPhases); ++i)
            QCOMPARE(int(afterEvent(at(kPhases[i]), RunEvent(event)).phase), expected[qsizetype(i)]);
    }

    void aFailureIsNeverTakenForAnEnd() {
        for (const RunState& state : reachable()) {
            if (!state.active()) continue;
            const RunState failed = afterEvent(state, RunEvent::Failure);
            QCOMPARE(failed.phase, RunPhase::Failed);
            // And it stays on show until something else is begun.
            for (const RunEvent event : kEvents) {
                if (event != RunEvent::Start) QCOMPARE(afterEvent(failed, event).phase, RunPhase::Failed);
            }
        }
    }

    void whatIsNotActiveIsNeitherPausedNorSavingNorAsking() {
        for (const RunState& state : reachable()) {
            if (state.active()) continue;
            QVERIFY(!state.paused && !state.saving && !state.asking);
        }
        for (const RunState& state : reachable())
            QVERIFY(!state.paused || state.running());
    }

    void nothingHangs() {
        // From wherever it is, the job's end is an end; and a stop is heard at once.
        for (const RunState& state : reachable()) {
            if (!state.active()) continue;
            for (const RunEvent end : {RunEvent::Finished, RunEvent::Interrupted, RunEvent::Failure})
                QVERIFY(!afterEvent(state, end).active());
            QCOMPARE(afterEvent(state, RunEvent::AskStop).phase, RunPhase::Stopping);
        }
    }

    void pauseRightAfterTheStartHoldsWhenTrainingBegins() {
        const RunState state = after({}, {RunEvent::Start, RunEvent::AskPause, RunEvent::Began});
        QCOMPARE(state.phase, RunPhase::Training);
        QVERIFY(state.paused);
    }

    void stopWhilePausedEndsThePause() {
        const RunState state =
            after({}, {RunEvent::Start, RunEvent::Began, RunEvent::AskPause, RunEvent::AskStop});
        QCOMPARE(state.phase, RunPhase::Stopping);
        QVERIFY(!state.paused);
        QCOMPARE(afterEvent(state, RunEvent::Interrupted).phase, RunPhase::Stopped);
    }

    void stopWhileSavingWaitsForTheCheckpoint() {
        RunState state =
            after({}, {RunEvent::Start, RunEvent::Began, RunEvent::SaveBegan, RunEvent::AskStop});
        QCOMPARE(state.phase, RunPhase::Stopping);
        QVERIFY(state.saving);
        state = afterEvent(state, RunEvent::SaveEnded);
        QVERIFY(!state.saving && state.active());
    }

    void aStopThatComesTooLateFindsARunThatIsCompleted() {
        QCOMPARE(after({}, {RunEvent::Start, RunEvent::Began, RunEvent::AskStop, RunEvent::Finished}).phase,
                 RunPhase::Completed);
    }

    void closingAsksSavesAndThenCloses() {
        RunState state = after({}, {RunEvent::Start, RunEvent::Began, RunEvent::AskClose});
        QVERIFY(state.asking && !state.closing);
        QCOMPARE(state.phase, RunPhase::Training);
        const RunState declined = afterEvent(state, RunEvent::DeclineClose);
        QCOMPARE(declined, after({}, {RunEvent::Start, RunEvent::Began}));
        state = afterEvent(state, RunEvent::AcceptClose);
        QVERIFY(state.closing && !state.asking);
        QCOMPARE(state.phase, RunPhase::Stopping);
        state = afterEvent(state, RunEvent::Interrupted);
        QVERIFY(state.closing && !state.active());
    }

    void aRunThatStopsAnywayNeedsNoQuestion() {
        const RunState state =
            after({}, {RunEvent::Start, RunEvent::Began, RunEvent::AskStop, RunEvent::AskClose});
        QVERIFY(state.closing && !state.asking);
    }

    void aFailureKeepsTheWindowOpen() {
        RunState state = after({}, {RunEvent::Start, RunEvent::Began, RunEvent::AskClose,
                                    RunEvent::AcceptClose, RunEvent::Failure});
        QVERIFY(!state.closing);
        // An answer that comes after the failure closes nothing either; asking again does.
        state = after({}, {RunEvent::Start, RunEvent::AskClose, RunEvent::Failure, RunEvent::AcceptClose});
        QVERIFY(!state.closing);
        QVERIFY(afterEvent(state, RunEvent::AskClose).closing);
    }

    void aQuestionThatARunOutlivedIsStillAnswered() {
        const RunState state = after({}, {RunEvent::Start, RunEvent::Began, RunEvent::AskClose,
                                          RunEvent::Finished, RunEvent::AcceptClose});
        QVERIFY(state.closing);
        QCOMPARE(state.phase, RunPhase::Completed);
    }

    void controlsFollowTheTable_data() {
        QTest::addColumn<int>("phase");
        QTest::addColumn<QString>("expected");
        QTest::newRow("idle") << int(RunPhase::Idle) << "start goOn startFrom likeThis explore reveal";
        QTest::newRow("starting") << int(RunPhase::Starting)
                                  << "pause stop startFrom likeThis explore reveal strip";
        QTest::newRow("training") << int(RunPhase::Training)
                                  << "pause stop save startFrom likeThis explore reveal strip";
        QTest::newRow("stopping") << int(RunPhase::Stopping) << "startFrom likeThis explore reveal strip";
        QTest::newRow("completed") << int(RunPhase::Completed)
                                   << "start goOn startFrom likeThis explore reveal strip";
        QTest::newRow("stopped") << int(RunPhase::Stopped)
                                 << "start goOn startFrom likeThis explore reveal strip";
        QTest::newRow("failed") << int(RunPhase::Failed)
                                << "start goOn startFrom likeThis explore reveal strip";
    }
    void controlsFollowTheTable() {
        QFETCH(int, phase);
        QFETCH(QString, expected);
        QCOMPARE(namesOf(controlsFor(ready(RunPhase(phase)))), expected);
    }

    void aRunThatHasEndedIsNotToldOfBesideAnother() {
        TrainState state = ready(RunPhase::Stopped);
        state.driven = false;
        QVERIFY(!controlsFor(state).strip && controlsFor(state).goOn);
        state.run.phase = RunPhase::Training;
        QVERIFY(controlsFor(state).strip);
    }

    void aPauseCanOnlyBeEnded() {
        TrainState state = ready(RunPhase::Training);
        state.run.paused = true;
        QCOMPARE(namesOf(controlsFor(state)),
                 QStringLiteral("resume stop startFrom likeThis explore reveal strip"));
    }

    void aPauseBeforeTheFirstStepCanOnlyBeEndedToo() {
        TrainState state = ready(RunPhase::Starting);
        state.run.paused = true;
        QCOMPARE(namesOf(controlsFor(state)),
                 QStringLiteral("resume stop startFrom likeThis explore reveal strip"));
    }

    void whileACheckpointIsWrittenNoOtherIsAskedFor() {
        TrainState state = ready(RunPhase::Training);
        state.run.saving = true;
        QCOMPARE(namesOf(controlsFor(state)),
                 QStringLiteral("pause stop startFrom likeThis explore reveal strip"));
    }

    void withoutARunOnShowOneCanOnlyBeStarted() {
        TrainState state = ready(RunPhase::Idle);
        state.shown = state.known = false;
        QCOMPARE(namesOf(controlsFor(state)), QStringLiteral("start"));
    }

    /// A run without a checkpoint that has steps is a replay, or was killed early: to go on would begin anew.
    void withoutACheckpointARunGoesOnOnlyBeforeItsFirstStep() {
        TrainState state = ready(RunPhase::Stopped);
        state.checkpoint = false;
        QCOMPARE(namesOf(controlsFor(state)), QStringLiteral("start likeThis reveal strip"));
        state.recorded = false;
        QCOMPARE(namesOf(controlsFor(state)), QStringLiteral("start goOn likeThis reveal strip"));
        state.finished = true;
        QVERIFY(!controlsFor(state).extend);
    }

    void aRunWhoseLossIsNoNumberIsNotContinued() {
        TrainState state = ready(RunPhase::Stopped);
        state.broken = true;
        QCOMPARE(namesOf(controlsFor(state)),
                 QStringLiteral("start startFrom likeThis explore reveal strip"));
    }

    void whatWasNotReadYetIsNotTakenForAModel() {
        TrainState state = ready(RunPhase::Starting);
        state.known = state.checkpoint = state.recorded = false;
        QCOMPARE(namesOf(controlsFor(state)), QStringLiteral("pause stop reveal strip"));
    }

    void aFinishedRunIsExtendedNotContinued() {
        TrainState state = ready(RunPhase::Idle);
        state.finished = true;
        QVERIFY(controlsFor(state).extend && !controlsFor(state).goOn);
    }

    void aRunThatAnotherProcessWritesIsOnlyLookedAt() {
        TrainState state = ready(RunPhase::Idle);
        state.elsewhere = true;
        const TrainControls controls = controlsFor(state);
        QVERIFY(!controls.goOn && !controls.extend);
        QVERIFY(controls.explore && controls.start);
    }

    void nothingStartsWithoutImagesOptionsOrMemory() {
        for (bool TrainState::*needed : {&TrainState::images, &TrainState::valid, &TrainState::fits}) {
            TrainState state = ready(RunPhase::Idle);
            state.*needed = false;
            QVERIFY(!controlsFor(state).start);
        }
        TrainState state = ready(RunPhase::Idle);
        state.scanning = true;
        QVERIFY(!controlsFor(state).start);
    }

    void itsTeacherCanBeSeenBeforeTheFirstCheckpoint() {
        TrainState state = ready(RunPhase::Training);
        state.checkpoint = false;
        QVERIFY(controlsFor(state).explore);
        state.own = false;
        QVERIFY(!controlsFor(state).explore);
    }

    void optionsAreCalledAsTheFormCallsThem() {
        QCOMPARE(inWords(QStringLiteral("--lr: '9' is not allowed; give 1, or more --epochs.")),
                 QStringLiteral("Learning rate: '9' is not allowed; give 1, or more epochs."));
        QCOMPARE(inWords(QStringLiteral("give --no-such-thing")), QStringLiteral("Give --no-such-thing"));
        QCOMPARE(inWords(QStringLiteral("/a -o/b--lr: the folder holds a run already; go on with it by "
                                        "--resume, or give another folder with -o.")),
                 QStringLiteral("/a -o/b--lr: the folder holds a run already; go on with it by “Continue "
                                "the run”, or give another folder with “Kept in”."));
    }

    void fewImagesAreWarnedOf() {
        QCOMPARE(fewImagesText(60, 14, 1000),
                 QStringLiteral("60 images make 14 steps: nothing will be learnt below about 1,000."));
        QVERIFY(fewImagesText(60, 1, 1000).contains(QStringLiteral("1 step:")));
        QVERIFY(fewImagesText(1000, 400, 1000).isEmpty() && fewImagesText(5, 1, 0).isEmpty());
    }

    void aLossThatStaysWhereItBeginsIsNoLearning() {
        const double uniform = std::log(256.0);
        QVERIFY(learntNothing(5.5, uniform) && learntNothing(6, uniform));
        QVERIFY(!learntNothing(5.2, uniform) && !learntNothing(5, 0));
        QVERIFY(!learntNothing(std::nan(""), uniform) && !learntNothing(kNotMeasured, uniform));
    }

    void timeLeftIsOnlyToldWhereItIsKnown() {
        Progress progress{.done = 1, .total = 100, .unit = "steps", .rate = 1, .secondsLeft = 600};
        const RunState training = at(RunPhase::Training);
        QVERIFY(timeLeftText(training, progress, 1).contains(QStringLiteral("not known")));
        progress.done = 10;
        QCOMPARE(timeLeftText(training, progress, 10), QStringLiteral("about 10 min left"));
        // A run that goes on at step 10 has only begun again.
        QVERIFY(timeLeftText(training, progress, 0).contains(QStringLiteral("not known")));
        progress.secondsLeft.reset();
        QVERIFY(timeLeftText(training, progress, 10).contains(QStringLiteral("not known")));
        QVERIFY(timeLeftText(at(RunPhase::Completed), progress, 10).isEmpty());
        RunState paused = training;
        paused.paused = true;
        QVERIFY(timeLeftText(paused, progress, 10).isEmpty());
    }

    void aRunWithoutAStepIsNotToldAsAQuickOne() {
        QCOMPARE(runTimeText(720), aboutText(720));
        QVERIFY(runTimeText(0).contains(QStringLiteral("too few images")));
    }

    void onlyACheckpointIsPromised() {
        const QString name = QStringLiteral("run"), promise = QStringLiteral("from its checkpoint");
        QVERIFY(stoppedText(name, true, true).contains(promise));
        QVERIFY(!stoppedText(name, false, true).contains(promise));
        QVERIFY(!stoppedText(name, false, false).contains(promise));
        QVERIFY(stoppedText(name, false, false).contains(QStringLiteral("nothing of it is kept")));
    }

    void everyCropHasItsPlace_data() {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("locals");
        for (const int width : {90, 180, 420, 1200}) {
            for (const int locals : {0, 2, 7, 24})
                QTest::addRow("%d px, %d local", width, locals) << width << locals;
        }
    }
    void everyCropHasItsPlace() {
        QFETCH(int, width);
        QFETCH(int, locals);
        std::vector<bool> globals(std::size_t(2 + locals), false);
        globals[0] = globals[1] = true;
        const QRectF room(100, 0, width, 184);
        const std::vector<QRectF> places = cropPlaces(globals, room);
        QCOMPARE(places.size(), globals.size());
        for (std::size_t i = 0; i < places.size(); ++i) {
            QVERIFY(places[i].width() >= 1 && places[i].width() == places[i].height());
            QVERIFY(room.adjusted(-0.01, -0.01, 0.01, 0.01).contains(places[i]));
            for (std::size_t k = 0; k < i; ++k)
                QVERIFY(!places[i].intersects(places[k]));
        }
        // Where there is room they are as high as the image.
        if (width == 1200 && locals == 7) QCOMPARE(places[0].height(), room.height());
    }

    /// Both have as many pinned pictures, of the same names.
    void anotherRunsPinnedPicturesTakeThePlaceOfThose() {
        applyTheme(*qApp, ThemeChoice::Dark);
        RunFixture fixture;
        const std::filesystem::path first = fixture.makeRun("first", 40);
        const std::filesystem::path second = fixture.makeRun("second", 40);
        for (const auto& run : {first, second})
            RunFixture::addLook(run, "a.jpg", 1);
        Image white(96, 64);
        std::ranges::fill(white.pixels, std::uint8_t(255));
        writeJpeg(second / "probes/pictures/a.jpg", white, 90);
        ProbesPage page(fixture.runners(), fixture.dialogs, fixture.settings);
        page.resize(1200, 700);
        page.show();
        const auto shown = [&page](const std::filesystem::path& run) {
            page.setRun(run);
            if (!RunFixture::settle(page)) return QImage();
            const QAbstractItemModel& pinned =
                *page.findChild<ThumbnailGrid*>(QStringLiteral("pinned"))->model();
            return pinned.index(0, 0).data(ThumbnailGrid::PictureRole).value<QImage>();
        };
        const QImage before = shown(first), after = shown(second);
        QVERIFY(!before.isNull() && !after.isNull());
        QVERIFY(qGray(after.pixel(20, 20)) > 250);
        QVERIFY(before != after);
        QCOMPARE(shown(first), before);
    }

private:
    static QString namesOf(const TrainControls& controls) {
        const std::pair<const char*, bool> all[] = {
            {"start", controls.start},     {"pause", controls.pause},         {"resume", controls.resume},
            {"stop", controls.stop},       {"save", controls.save},           {"goOn", controls.goOn},
            {"extend", controls.extend},   {"startFrom", controls.startFrom}, {"likeThis", controls.likeThis},
            {"explore", controls.explore}, {"reveal", controls.reveal},       {"strip", controls.strip}};
        QStringList names;
        for (const auto& [name, on] : all) {
            if (on) names << QLatin1String(name);
        }
        return names.join(QLatin1Char(' '));
    }
};

QTEST_MAIN(TrainStateTest)
#include "train_state_test.moc"
