#include "engine/base/thread_runner.h"

#include <QtTest>

#include "tests/unit/base/runner_test_tools.h"

using namespace dinoscope;

namespace {

/// Lets a little time pass without giving the processor away.
void spin(int rounds) {
    for (std::atomic<int> spent = 0; spent < rounds;)
        ++spent;
}

}  // namespace

class ThreadRunnerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void runsEverythingOnOneThreadOfItsOwn() {
        std::vector<std::thread::id> ids;
        {
            ThreadRunner runner([&] { ids.push_back(std::this_thread::get_id()); });
            for (int i = 0; i < 3; ++i) {
                runner.submit(
                    {.name = "job",
                     .run = [&](JobControl&) { ids.push_back(std::this_thread::get_id()); },
                     .finished = [&](const JobResult&) { ids.push_back(std::this_thread::get_id()); }});
            }
            drain(runner);
        }
        QCOMPARE(ids.size(), std::size_t(7));
        QVERIFY(ids.front() != std::this_thread::get_id());
        for (const auto& id : ids)
            QCOMPARE(id, ids.front());
    }

    void runsJobsOfOnePriorityInTheOrderGiven() {
        Record record;
        ThreadRunner runner;
        for (const char* name : {"a", "b", "c"})
            runner.submit(recorded(record, name));
        drain(runner);
        QCOMPARE(record.events(), (std::vector<std::string>{"a", "a done", "b", "b done", "c", "c done"}));
    }

    void interactiveJobsComeBeforeQueuedLongOnes() {
        Record record;
        Semaphore goOn(0);
        ThreadRunner runner;
        runner.submit({.name = "gate", .run = [&](JobControl&) { goOn.acquire(); }});
        runner.submit(recorded(record, "long", JobPriority::Long));
        runner.submit(recorded(record, "quick"));
        goOn.release();
        drain(runner);
        QCOMPARE(record.events(), (std::vector<std::string>{"quick", "quick done", "long", "long done"}));
    }

    void interactiveJobsRunInsideThePollOfALongOne() {
        Record record;
        Semaphore started(0);
        Semaphore goOn(0);
        ThreadRunner runner({}, [&](const std::function<void()>& job) {
            record.add("save");
            job();
            record.add("restore");
        });
        runner.submit({.name = "long",
                       .run =
                           [&](JobControl& control) {
                               record.add("first step");
                               started.release();
                               goOn.acquire();
                               JobControl part(control);
                               part.poll();
                               record.add("second step");
                           },
                       .priority = JobPriority::Long});
        started.acquire();
        runner.submit(recorded(record, "quick"));
        runner.submit(recorded(record, "other long", JobPriority::Long));
        goOn.release();
        drain(runner);
        QCOMPARE(record.events(),
                 (std::vector<std::string>{"first step", "save", "quick", "quick done", "restore",
                                           "second step", "other long", "other long done"}));
    }

    void aQueuedInteractiveJobIsNotWrappedByItself() {
        std::atomic<int> wrapped{0};
        Record record;
        {
            ThreadRunner runner({}, [&](const std::function<void()>& job) {
                ++wrapped;
                job();
            });
            runner.submit(recorded(record, "quick"));
            drain(runner);
        }
        QCOMPARE(wrapped.load(), 0);
    }

    void interactiveJobsRunWhileALongOneIsPaused() {
        Semaphore started(0);
        Semaphore ran(0);
        ThreadRunner runner;
        const auto training = runner.submit(
            {.name = "training", .run = untilCancelled(started), .priority = JobPriority::Long});
        started.acquire();
        for (int i = 0; i < 100; ++i) {
            runner.submit({.name = "look", .run = [&](JobControl&) { ran.release(); }});
            ran.acquire();
        }
        QVERIFY(training->isPaused());
        QVERIFY(!training->isCancelled());
        training->cancel();
    }

    void aQueuedLongJobThatIsCancelledEndsWithoutWaitingForTheOneAhead() {
        Semaphore started(0);
        Semaphore ended(0);
        Record record;
        ThreadRunner runner;
        const auto training = runner.submit(
            {.name = "training", .run = untilCancelled(started), .priority = JobPriority::Long});
        started.acquire();
        const auto first = runner.submit(recorded(record, "first", JobPriority::Long));
        Job second = recorded(record, "second", JobPriority::Long);
        second.finished = [&](const JobResult& result) {
            record.add("second " + outcomeName(result));
            ended.release();
        };
        runner.submit(std::move(second))->cancel();
        runner.submit({.name = "anything", .run = [](JobControl&) {}});  // one that is paused hears of it
        ended.acquire();
        QVERIFY(training->isPaused());
        QCOMPARE(record.events(), std::vector<std::string>{"second cancelled"});
        training->cancel();
        drain(runner);
        QCOMPARE(record.events(), (std::vector<std::string>{"second cancelled", "first", "first done"}));
    }

    void aFailingInteractiveJobLeavesTheLongOneRunning() {
        Record record;
        Semaphore started(0);
        Semaphore failed(0);
        Semaphore goOn(0);
        ThreadRunner runner;
        runner.submit({.name = "long",
                       .run =
                           [&](JobControl& control) {
                               started.release();
                               goOn.acquire();
                               control.poll();
                               record.add("still here");
                           },
                       .finished = [&](const JobResult& result) { record.add(outcomeName(result)); },
                       .priority = JobPriority::Long});
        started.acquire();
        runner.submit({.name = "bad",
                       .run = [](JobControl&) { throw Error("it broke"); },
                       .finished = [&](const JobResult& result) { record.add(outcomeName(result)); }});
        goOn.release();
        drain(runner);
        QCOMPARE(record.events(), (std::vector<std::string>{"failed", "still here", "done"}));
    }

    void theLatestJobOfASlotWins() {
        Record record;
        Semaphore goOn(0);
        ThreadRunner runner;
        runner.submit({.name = "gate", .run = [&](JobControl&) { goOn.acquire(); }});
        runner.submit(recorded(record, "first", JobPriority::Interactive, "map"));
        runner.submit(recorded(record, "other", JobPriority::Interactive, "image"));
        runner.submit(recorded(record, "second", JobPriority::Interactive, "map"));
        runner.submit(recorded(record, "free"));
        runner.submit(recorded(record, "free too"));
        goOn.release();
        drain(runner);
        QCOMPARE(record.events(),
                 (std::vector<std::string>{"first cancelled", "other", "other done", "second", "second done",
                                           "free", "free done", "free too", "free too done"}));
    }

    void aNewJobOfASlotCancelsTheOneThatRuns() {
        Record record;
        Semaphore started(0);
        ThreadRunner runner;
        runner.submit({.name = "old",
                       .run = untilCancelled(started),
                       .finished = [&](const JobResult& result) { record.add("old " + outcomeName(result)); },
                       .slot = "map"});
        started.acquire();
        runner.submit(recorded(record, "new", JobPriority::Interactive, "map"));
        drain(runner);
        QCOMPARE(record.events(), (std::vector<std::string>{"old cancelled", "new", "new done"}));
    }

    void aNewJobOfASlotCancelsTheOneThatRunsInsideALongOne() {
        Record record;
        Semaphore longStarted(0);
        Semaphore started(0);
        ThreadRunner runner;
        const auto training = runner.submit(
            {.name = "training", .run = untilCancelled(longStarted), .priority = JobPriority::Long});
        longStarted.acquire();
        runner.submit({.name = "old",
                       .run = untilCancelled(started),
                       .finished = [&](const JobResult& result) { record.add("old " + outcomeName(result)); },
                       .slot = "map"});
        started.acquire();
        Semaphore ended(0);
        Job latest = recorded(record, "new", JobPriority::Interactive, "map");
        latest.finished = [&](const JobResult&) { ended.release(); };
        runner.submit(std::move(latest));
        ended.acquire();
        QVERIFY(!training->isCancelled());
        QCOMPARE(record.events(), (std::vector<std::string>{"old cancelled", "new"}));
    }

    // The first job of a slot may be queued, just taken or running when the second comes.
    void noJobOfASlotSlipsThroughUncancelled() {
        Semaphore started(0);
        Semaphore ended(0);
        ThreadRunner runner;
        for (int i = 0; i < 20'000; ++i) {
            runner.submit({.name = "wait", .run = untilCancelled(started), .slot = "one"});
            spin(i % 4'000);
            runner.submit({.name = "next", .run = [&](JobControl&) { ended.release(); }, .slot = "one"});
            ended.acquire();
        }
    }

    void destructionCancelsWhatRunsAndWhatIsQueued() {
        Record record;
        Semaphore started(0);
        {
            ThreadRunner runner;
            runner.submit({.name = "running",
                           .run = untilCancelled(started),
                           .finished = [&](const JobResult& r) { record.add("running " + outcomeName(r)); },
                           .priority = JobPriority::Long});
            started.acquire();
            runner.submit(recorded(record, "queued", JobPriority::Long));
        }
        QCOMPARE(record.events(), (std::vector<std::string>{"running cancelled", "queued cancelled"}));
    }

    void destructionEndsAPausedJob() {
        Semaphore started(0);
        ThreadRunner runner;
        runner.submit({.name = "paused", .run = untilCancelled(started)});
        started.acquire();
    }

    // The job may be queued, about to start or running: destruction must reach it everywhere.
    void destructionNeverMissesAJobThatIsJustStarting() {
        Semaphore started(0);
        for (int i = 0; i < 4'000; ++i) {
            ThreadRunner runner;
            runner.submit({.name = "wait", .run = untilCancelled(started), .priority = JobPriority::Long});
            spin(i * 2);
        }
    }

    void theControlOfAnEndedJobOutlivesItsRunner() {
        std::shared_ptr<JobControl> control;
        {
            ThreadRunner runner;
            control =
                runner.submit({.name = "long", .run = [](JobControl&) {}, .priority = JobPriority::Long});
            drain(runner);
        }
        control->poll();
        control->cancel();
        QVERIFY(control->isCancelled());
    }

    void aJobMaySubmitTheNextWhenItFinished() {
        Record record;
        ThreadRunner runner;
        std::latch ended(1);
        runner.submit({.name = "first",
                       .run = [](JobControl&) {},
                       .finished =
                           [&](const JobResult&) {
                               Job next = recorded(record, "next");
                               next.finished = [&](const JobResult&) { ended.count_down(); };
                               runner.submit(std::move(next));
                           }});
        ended.wait();
        QCOMPARE(record.events(), std::vector<std::string>{"next"});
    }

    void manyThreadsMaySubmitAtOnce() {
        std::atomic<int> ran{0};
        ThreadRunner runner;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([&] {
                    for (int i = 0; i < 200; ++i) {
                        const auto control =
                            runner.submit({.name = "count", .run = [&](JobControl&) { ++ran; }});
                        static_cast<void>(control->progress());
                    }
                });
            }
        }
        drain(runner);
        QCOMPARE(ran.load(), 800);
    }
};

QTEST_APPLESS_MAIN(ThreadRunnerTest)
#include "thread_runner_test.moc"
