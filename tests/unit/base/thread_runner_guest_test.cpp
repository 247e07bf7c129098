#include <QtTest>
#include <algorithm>
#include <atomic>

#include "tests/unit/base/runner_test_tools.h"

using namespace dinoscope;

namespace {

using namespace std::chrono_literals;

using Work = std::function<void(JobControl&)>;

/// A Long job that shares its time, as training does.
Job hosting(Work work) {
    return {.name = "host", .run = std::move(work), .priority = JobPriority::Long, .sharesTime = true};
}

Job longJob(Work work, std::function<void(const JobResult&)> finished = {}) {
    return {.name = "long",
            .run = std::move(work),
            .finished = std::move(finished),
            .priority = JobPriority::Long};
}

/// Polls until it is cancelled, and counts.
Work counting(std::atomic<int>& polls) {
    return [&polls](JobControl& control) {
        while (true) {
            ++polls;
            control.poll();
        }
    };
}

/// Until `counted` has grown by so many, or for ever.
void awaitMore(const std::atomic<int>& counted, int more) {
    const int goal = counted + more;
    while (counted < goal)
        std::this_thread::yield();
}

/// An interactive job that was run.
void passThrough(JobRunner& runner) {
    Semaphore passed(0);
    runner.submit({.name = "pass",
                   .run = [](JobControl&) {},
                   .finished = [&passed](const JobResult&) { passed.release(); }});
    passed.acquire();
}

}  // namespace

/// Long jobs beside one that shares its time.
class ThreadRunnerGuestTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hostAndGuestTakeTurnsAndTheGuestGoesOnAlone() {
        Record record;
        Semaphore started(0);
        Semaphore goOn(0);
        const auto thrice = [&record](const char* what) {
            return [&record, what](JobControl& control) {
                for (int i = 0; i < 3; ++i) {
                    record.add(what);
                    control.poll();
                }
            };
        };
        ThreadRunner runner({}, {}, 0ms);
        runner.submit(hosting([&, train = thrice("step")](JobControl& control) {
            started.release();
            goOn.acquire();
            train(control);
        }));
        started.acquire();
        runner.submit(longJob(thrice("image")));
        goOn.release();
        drain(runner);
        // The guest's first turn ends with the poll before its work.
        QCOMPARE(record.events(),
                 (std::vector<std::string>{"step", "step", "image", "step", "image", "image"}));
    }

    void onlyOneOfThemRunsAtAnyTime() {
        std::atomic<int> inside{0};
        std::atomic<int> together{0};
        std::atomic<int> polls{0};
        const Work work = [&](JobControl& control) {
            while (true) {
                if (++inside > 1) ++together;
                ++polls;
                --inside;
                control.poll();
            }
        };
        ThreadRunner runner({}, {}, 0ms);
        const auto host = runner.submit(hosting(work));
        const auto guest = runner.submit(longJob(work));
        awaitMore(polls, 10'000);
        host->cancel();
        guest->cancel();
        drain(runner);
        QCOMPARE(together.load(), 0);
    }

    void eachHasTimeWhileTheOtherWorks() {
        std::atomic<int> steps{0};
        std::atomic<int> images{0};
        ThreadRunner runner({}, {}, 1ms);
        runner.submit(hosting(counting(steps)));
        runner.submit(longJob(counting(images)));
        for (int i = 0; i < 5; ++i) {
            awaitMore(steps, 1);
            awaitMore(images, 1);
        }
    }

    void interactiveJobsStayOnTheRunnersThread() {
        std::atomic<int> polls{0};
        std::atomic<int> starts{0};
        std::atomic<std::thread::id> ofGuest;
        std::thread::id ofHost;
        ThreadRunner runner([&] { ++starts; }, {}, 1ms);
        runner.submit({.name = "where", .run = [&](JobControl&) { ofHost = std::this_thread::get_id(); }});
        std::atomic<int> steps{0};
        runner.submit(hosting(counting(steps)));
        runner.submit(longJob([&](JobControl& control) {
            ofGuest = std::this_thread::get_id();
            counting(polls)(control);
        }));
        awaitMore(polls, 1);
        QVERIFY(ofGuest.load() != ofHost);
        QCOMPARE(starts.load(), 2);
        for (int i = 0; i < 50; ++i) {
            std::thread::id ran;
            Semaphore passed(0);
            runner.submit({.name = "look",
                           .run = [&](JobControl&) { ran = std::this_thread::get_id(); },
                           .finished = [&](const JobResult&) { passed.release(); }});
            passed.acquire();
            QCOMPARE(ran, ofHost);
        }
    }

    void anInteractiveJobEndsTheGuestsTurn() {
        std::atomic<int> polls{0};
        Semaphore started(0);
        ThreadRunner runner({}, {}, std::chrono::hours(1));
        runner.submit(hosting(untilCancelled(started)));
        started.acquire();
        runner.submit(longJob(counting(polls)));
        awaitMore(polls, 1);
        for (int i = 0; i < 50; ++i)
            passThrough(runner);
        awaitMore(polls, 1);
    }

    void aPausedHostLeavesAllTimeToItsGuest() {
        Record record;
        Semaphore started(0);
        Semaphore ended(0);
        ThreadRunner runner;
        const auto host = runner.submit(hosting(untilCancelled(started)));
        started.acquire();
        runner.submit(longJob([&](JobControl&) { record.add("index"); },
                              [&](const JobResult& result) {
                                  record.add(outcomeName(result));
                                  ended.release();
                              }));
        ended.acquire();
        QVERIFY(host->isPaused() && !host->isCancelled());
        QCOMPARE(record.events(), (std::vector<std::string>{"index", "done"}));
        host->cancel();
    }

    void aPausedGuestLeavesAllTimeToItsHost() {
        std::atomic<int> steps{0};
        Semaphore started(0);
        Semaphore ended(0);
        ThreadRunner runner({}, {}, 1ms);
        runner.submit(hosting(counting(steps)));
        const auto guest =
            runner.submit(longJob(untilCancelled(started), [&](const JobResult&) { ended.release(); }));
        started.acquire();
        awaitMore(steps, 1000);
        QVERIFY(guest->isPaused());
        guest->cancel();
        ended.acquire();
        awaitMore(steps, 1);
    }

    void ofTwoThatArePausedEachGoesOnByItself() {
        Record record;
        Semaphore started(0);
        Semaphore ended(0);
        std::atomic<int> images{0};
        ThreadRunner runner({}, {}, 1ms);
        const auto host = runner.submit(hosting(untilCancelled(started)));
        started.acquire();
        const auto guest = runner.submit(longJob(counting(images), [&](const JobResult& result) {
            record.add(outcomeName(result));
            ended.release();
        }));
        awaitMore(images, 1);
        for (int i = 0; i < 100; ++i) {
            guest->pause();
            passThrough(runner);
            guest->resume();
            awaitMore(images, 1);
        }
        guest->pause();
        passThrough(runner);
        QVERIFY(host->isPaused());
        guest->cancel();
        ended.acquire();
        QCOMPARE(record.events(), std::vector<std::string>{"cancelled"});
        host->cancel();
    }

    void thereIsOneGuestAtATime() {
        Record record;
        std::atomic<int> steps{0};
        Semaphore started(0);
        Semaphore ended(0);
        ThreadRunner runner({}, {}, 0ms);
        runner.submit(hosting(counting(steps)));
        const auto first = runner.submit(longJob(untilCancelled(started)));
        started.acquire();
        Job second = recorded(record, "second", JobPriority::Long);
        second.finished = [&](const JobResult&) { ended.release(); };
        runner.submit(std::move(second));
        awaitMore(steps, 100);
        QVERIFY(record.events().empty());
        first->cancel();
        ended.acquire();
        QCOMPARE(record.events(), std::vector<std::string>{"second"});
    }

    void whatSharesItsTimeIsNoGuestItself() {
        Record record;
        Semaphore started(0);
        ThreadRunner runner({}, {}, 0ms);
        const auto first = runner.submit(hosting(untilCancelled(started)));
        started.acquire();
        runner.submit(hosting([&](JobControl&) { record.add("second"); }));
        for (int i = 0; i < 50; ++i)
            passThrough(runner);
        QVERIFY(record.events().empty());
        first->cancel();
        drain(runner);
        QCOMPARE(record.events(), std::vector<std::string>{"second"});
    }

    void aNewJobOfASlotCancelsTheGuest() {
        Record record;
        std::atomic<int> steps{0};
        Semaphore started(0);
        Semaphore ended(0);
        ThreadRunner runner({}, {}, 0ms);
        runner.submit(hosting(counting(steps)));
        Job old = longJob(untilCancelled(started),
                          [&](const JobResult& result) { record.add("old " + outcomeName(result)); });
        old.slot = "index";
        runner.submit(std::move(old));
        started.acquire();
        Job latest =
            longJob([&](JobControl&) { record.add("new"); }, [&](const JobResult&) { ended.release(); });
        latest.slot = "index";
        runner.submit(std::move(latest));
        ended.acquire();
        QCOMPARE(record.events(), (std::vector<std::string>{"old cancelled", "new"}));
    }

    // Each may be running, waiting for its turn or paused.
    void destructionEndsBoth() {
        for (int i = 0; i < 500; ++i) {
            Record record;
            {
                std::atomic<int> polls{0};
                Semaphore started(0);
                const auto tell = [&record](const char* name) {
                    return [&record, name](const JobResult& result) {
                        record.add(name + (" " + outcomeName(result)));
                    };
                };
                ThreadRunner runner({}, {}, 0ms);
                Job host = hosting(i % 2 ? untilCancelled(started) : counting(polls));
                host.finished = tell("host");
                runner.submit(std::move(host));
                runner.submit(longJob(i % 4 < 2 ? untilCancelled(started) : counting(polls), tell("guest")));
                if (i % 3 > 0 && i % 2) started.acquire();
                if (i % 3 > 0 && !(i % 2)) awaitMore(polls, i % 50);
            }
            std::vector<std::string> events = record.events();
            std::ranges::sort(events);
            QCOMPARE(events, (std::vector<std::string>{"guest cancelled", "host cancelled"}));
        }
    }
};

QTEST_APPLESS_MAIN(ThreadRunnerGuestTest)
#include "thread_runner_guest_test.moc"
