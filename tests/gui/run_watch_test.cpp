#include "ui/train/run_watch.h"

#include "tests/gui/run_fixture.h"

using namespace dinoscope;

class RunWatchTest : public QObject {
    Q_OBJECT

    std::unique_ptr<RunFixture> fixture_;
    std::unique_ptr<RunWatch> watch_;

    [[nodiscard]] bool settle() {
        QSignalSpy settled(watch_.get(), &RunWatch::settledChanged);
        while (!watch_->isSettled()) {
            if (!settled.wait(30000)) return false;
        }
        return true;
    }
    double last(const Curve& curve) { return curve.y->back(); }

private Q_SLOTS:
    void init() {
        fixture_ = std::make_unique<RunFixture>();
        watch_ = std::make_unique<RunWatch>(fixture_->runners(), MetricsFollower::Wanted::All);
    }
    void cleanup() {
        watch_.reset();
        fixture_.reset();
    }

    void aRunIsReadWhole() {
        watch_->setRun(fixture_->makeRun("run", 25));
        QVERIFY(!watch_->isSettled());
        QVERIFY(settle());
        QCOMPARE(watch_->curves().steps(), std::size_t(25));
        QCOMPARE(watch_->curves().evaluations(), std::size_t(2));
        QCOMPARE(watch_->summary().epochsDone(), 2.5);
        QCOMPARE(watch_->scores().bestKnn, 59.0);
        const Curve loss = watch_->curves().curve(StepQuantity::Loss, CurveAxis::Epoch);
        QCOMPARE(loss.x->back(), 2.5);
        QCOMPARE(last(loss), 9 - 0.05 * 24);
        const Curve knn = watch_->curves().curve(EpochQuantity::Knn, CurveAxis::Time);
        QCOMPARE(knn.x->back(), 20.0);
        QVERIFY(watch_->curves().has(EpochQuantity::Knn) && !watch_->curves().has(EpochQuantity::Rank));
    }

    void whatAnotherWritesIsFollowed() {
        const auto run = fixture_->makeRun("run", 5);
        watch_->setRun(run);
        QVERIFY(settle());
        QSignalSpy grown(watch_.get(), &RunWatch::grown);
        RunFixture::addSteps(run, 5, 12);
        while (watch_->curves().steps() < 12)
            QVERIFY(grown.wait(30000));
        QCOMPARE(watch_->curves().evaluations(), std::size_t(1));
    }

    void aRunThatAResumeCutBackIsReadAnew() {
        const auto run = fixture_->makeRun("run", 20);
        watch_->setRun(run);
        QVERIFY(settle());
        QSignalSpy restarted(watch_.get(), &RunWatch::restarted);
        cutBackMetrics(run / "metrics.jsonl", 10);
        watch_->setRun(run);
        QVERIFY(settle());
        QCOMPARE(restarted.size(), 1);
        QCOMPARE(watch_->curves().steps(), std::size_t(10));
        QCOMPARE(watch_->curves().evaluations(), std::size_t(1));
    }

    void stepsThatGoBackAreLeftOut() {
        const auto run = fixture_->makeRun("run", 10);
        RunFixture::addSteps(run, 4, 6);
        RunFixture::addSteps(run, 10, 11);
        watch_->setRun(run);
        QVERIFY(settle());
        QCOMPARE(watch_->curves().steps(), std::size_t(11));
        const auto& x = *watch_->curves().curve(StepQuantity::Loss, CurveAxis::Step).x;
        QVERIFY(std::is_sorted(x.begin(), x.end()));
    }

    void aFolderThatIsNoRunIsTold() {
        watch_->setRun(fixture_->path("nowhere"));
        QVERIFY(settle());
        QCOMPARE(watch_->summary().state, api::RunState::Unreadable);
        QVERIFY(!watch_->summary().problem.empty());
        watch_->setRun({});
        QVERIFY(watch_->isSettled() && !watch_->isKnown());
    }

    void anotherRunTakesItsPlaceWhileTheFirstIsBeingRead() {
        const auto first = fixture_->makeRun("first", 40);
        const auto second = fixture_->makeRun("second", 7);
        watch_->setRun(first);
        watch_->setRun(second);
        QVERIFY(settle());
        QCOMPARE(watch_->curves().steps(), std::size_t(7));
    }
};

QTEST_MAIN(RunWatchTest)
#include "run_watch_test.moc"
