#include "ui/bridge/job_bridge.h"

#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <atomic>
#include <optional>
#include <semaphore>

using namespace dinoscope;

namespace {

/// Until nothing is pending, by events.
void drain(JobBridge& bridge) {
    QSignalSpy spy(&bridge, &JobBridge::pendingChanged);
    while (bridge.pending() > 0)
        QVERIFY(spy.wait(10000));
}

}  // namespace

class JobBridgeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void resultsArriveOnTheThreadOfTheWindow() {
        ThreadRunner runner;
        JobBridge bridge;
        const QThread* here = QThread::currentThread();
        std::atomic<const QThread*> worked{nullptr};
        const QThread* told = nullptr;
        bridge.submit(runner, {QString(), "", [&](JobControl&) { worked = QThread::currentThread(); },
                               [&](const JobResult&) { told = QThread::currentThread(); }});
        QCOMPARE(bridge.pending(), 1);
        drain(bridge);
        QVERIFY(worked != nullptr && worked != here);
        QCOMPARE(told, here);
    }

    void aTaskThatWaitsSaysSoAndCanBeCancelled() {
        ThreadRunner runner;
        JobBridge bridge;
        std::binary_semaphore started(0);
        const auto ahead = bridge.submit(runner, {QString(),
                                                  "ahead",
                                                  [&](JobControl& control) {
                                                      started.release();
                                                      control.pause();
                                                      control.poll();
                                                  },
                                                  {},
                                                  JobPriority::Long});
        started.acquire();
        QSignalSpy shown(&bridge, &JobBridge::progressChanged);
        std::optional<JobOutcome> outcome;
        bridge.submit(runner,
                      {QStringLiteral("Behind"), "behind", [](JobControl&) {},
                       [&](const JobResult& result) { outcome = result.outcome; }, JobPriority::Long});
        while (shown.isEmpty())
            QVERIFY(shown.wait(10000));
        QVERIFY(shown.front().front().value<JobBridge::Shown>().waiting);
        QVERIFY(bridge.isWaiting("behind") && !bridge.isWaiting("ahead"));
        QSignalSpy pending(&bridge, &JobBridge::pendingChanged);
        bridge.cancelSlot("behind");
        while (!outcome)
            QVERIFY(pending.wait(10000));
        QVERIFY(*outcome == JobOutcome::Cancelled);
        QVERIFY(ahead->isPaused() && bridge.pending() == 1);
        ahead->cancel();
        drain(bridge);
    }

    void aBridgeThatDiedIsToldNothing() {
        bool told = false;
        std::binary_semaphore started(0);
        std::binary_semaphore goOn(0);
        {
            ThreadRunner runner;
            {
                JobBridge bridge;
                bridge.submit(runner, {QString(), "",
                                       [&](JobControl&) {
                                           started.release();
                                           goOn.acquire();
                                       },
                                       [&](const JobResult&) { told = true; }});
                started.acquire();
            }
            goOn.release();
        }
        QCoreApplication::processEvents();
        QVERIFY(!told);
    }

    void theLatestOfASlotWins() {
        ThreadRunner runner;
        JobBridge bridge;
        std::binary_semaphore goOn(0);
        std::vector<JobOutcome> outcomes;
        const auto remember = [&](const JobResult& result) { outcomes.push_back(result.outcome); };
        bridge.submit(runner, {QString(), "", [&](JobControl&) { goOn.acquire(); }, {}});
        for (int i = 0; i < 3; ++i)
            bridge.submit(runner, {QString(), "map", [](JobControl&) {}, remember});
        goOn.release();
        drain(bridge);
        QCOMPARE(outcomes.size(), std::size_t(3));
        QVERIFY(outcomes[0] == JobOutcome::Cancelled);
        QVERIFY(outcomes[1] == JobOutcome::Cancelled);
        QVERIFY(outcomes[2] == JobOutcome::Done);
    }

    void slotsOfTwoBridgesAreTheirOwn() {
        ThreadRunner runner;
        JobBridge first;
        JobBridge second;
        std::binary_semaphore goOn(0);
        std::vector<JobOutcome> outcomes;
        const auto remember = [&](const JobResult& result) { outcomes.push_back(result.outcome); };
        first.submit(runner, {QString(), "", [&](JobControl&) { goOn.acquire(); }, {}});
        first.submit(runner, {QString(), "map", [](JobControl&) {}, remember});
        second.submit(runner, {QString(), "map", [](JobControl&) {}, remember});
        goOn.release();
        drain(first);
        drain(second);
        QCOMPARE(outcomes, (std::vector<JobOutcome>{JobOutcome::Done, JobOutcome::Done}));
    }

    void failuresKeepTheirSentence() {
        ThreadRunner runner;
        JobBridge bridge;
        QString sentence;
        bridge.submit(runner,
                      {QString(), "", [](JobControl&) { throw Error("it broke", "x.png", "mend it"); },
                       [&](const JobResult& result) { sentence = QString::fromUtf8(result.error->what()); }});
        drain(bridge);
        QCOMPARE(sentence, QStringLiteral("x.png: it broke; mend it"));
    }

    void aTitledJobShowsProgressAfterAWhileAndCanBeCancelled() {
        ThreadRunner runner;
        JobBridge bridge;
        JobOutcome outcome = JobOutcome::Done;
        bridge.submit(runner, {QStringLiteral("Working"), "",
                               [](JobControl& control) {
                                   control.setTotal(12, "blocks");
                                   while (true) {
                                       control.poll();
                                       QThread::yieldCurrentThread();
                                   }
                               },
                               [&](const JobResult& result) { outcome = result.outcome; }});
        QSignalSpy progress(&bridge, &JobBridge::progressChanged);
        QVERIFY(progress.wait(10000));
        const auto shown = progress.first().first().value<JobBridge::Shown>();
        QCOMPARE(shown.title, QStringLiteral("Working"));
        QCOMPARE(shown.progress.total, std::int64_t(12));
        bridge.cancelShown();
        drain(bridge);
        QVERIFY(outcome == JobOutcome::Cancelled);
        QVERIFY(progress.last().first().value<JobBridge::Shown>().title.isEmpty());
    }
};

QTEST_GUILESS_MAIN(JobBridgeTest)
#include "job_bridge_test.moc"
