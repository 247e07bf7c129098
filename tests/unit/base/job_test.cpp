#include "engine/base/job.h"

#include <QtTest>
#include <latch>
#include <new>
#include <semaphore>
#include <thread>

using namespace dinoscope;

namespace {

JobResult outcomeOf(const std::function<void(JobControl&)>& work) {
    JobControl control;
    return runJob({.name = "test", .run = work}, control);
}

}  // namespace

class JobTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pollThrowsOnceCancelled() {
        JobControl control;
        control.poll();
        QVERIFY(!control.isCancelled());
        control.cancel();
        QVERIFY(control.isCancelled());
        QVERIFY_EXCEPTION_THROWN(control.poll(), Cancelled);
        QVERIFY_EXCEPTION_THROWN(control.poll(), Cancelled);
    }

    void pollWaitsWhilePausedAndGoesOnAfterResume() {
        JobControl control;
        std::counting_semaphore<> polled(0);
        std::atomic<int> units{0};
        control.pause();
        std::jthread worker([&] {
            polled.release();
            control.poll();
            ++units;
            polled.release();
        });
        polled.acquire();
        QCOMPARE(units.load(), 0);
        control.resume();
        polled.acquire();
        QCOMPARE(units.load(), 1);
    }

    void pausesAreCounted() {
        JobControl whole;
        JobControl part(whole);
        whole.poll();
        QCOMPARE(whole.pausedSeconds(), 0.0);
        whole.pause();
        QElapsedTimer elapsed;
        elapsed.start();
        std::counting_semaphore<> waits(0);
        whole.setPauseHook([&waits](bool begins) {
            if (begins) waits.release();
        });
        std::jthread worker([&] { part.poll(); });
        waits.acquire();
        whole.resume();
        worker.join();
        QVERIFY(part.pausedSeconds() > 0);
        QCOMPARE(part.pausedSeconds(), whole.pausedSeconds());
        QVERIFY(part.pausedSeconds() <= double(elapsed.nsecsElapsed()) / 1e9);
    }

    void cancellingEndsAPause() {
        JobControl control;
        control.pause();
        std::atomic<bool> cancelled{false};
        {
            std::jthread worker([&] {
                try {
                    control.poll();
                } catch (const Cancelled&) {
                    cancelled = true;
                }
            });
            control.cancel();
        }
        QVERIFY(cancelled);
    }

    void aPausedJobStillRunsWhatTheRunnerAsksFor() {
        JobControl control;
        std::counting_semaphore<> yielded(0);
        control.setYield([&] { yielded.release(); });
        control.pause();
        std::jthread worker([&] { control.poll(); });
        yielded.acquire();  // before it waits
        control.wake();
        yielded.acquire();  // while it waits
        control.wake();
        yielded.acquire();
        QVERIFY(control.isPaused());
        control.resume();
    }

    void theRunnerHearsWherePausesBeginAndEnd() {
        JobControl control;
        JobControl part(control);
        std::string told;
        std::counting_semaphore<> begun(0);
        control.setPauseHook([&](bool waits) {
            told += waits ? '(' : ')';
            if (waits) begun.release();
        });
        part.poll();
        control.pause();
        {
            std::jthread worker([&] { part.poll(); });
            begun.acquire();
            control.resume();
        }
        QCOMPARE(told, std::string("()"));
    }

    void aPartIsCancelledWithTheWholeAndNotTheOtherWayRound() {
        JobControl whole;
        JobControl part(whole);
        JobControl partOfPart(part);
        partOfPart.poll();
        part.cancel();
        QVERIFY(part.isCancelled());
        QVERIFY(partOfPart.isCancelled());
        QVERIFY(!whole.isCancelled());
        QVERIFY_EXCEPTION_THROWN(partOfPart.poll(), Cancelled);
        whole.poll();
        JobControl another(whole);
        whole.cancel();
        QVERIFY_EXCEPTION_THROWN(another.poll(), Cancelled);
    }

    void aPartWaitsWhileTheWholeIsPaused() {
        JobControl whole;
        JobControl part(whole);
        std::counting_semaphore<> passed(0);
        whole.pause();
        std::jthread worker([&] {
            part.poll();
            passed.release();
        });
        QVERIFY(!passed.try_acquire());
        whole.resume();
        passed.acquire();
    }

    void cancellingTheWholeEndsThePauseOfAPart() {
        JobControl whole;
        JobControl part(whole);
        std::counting_semaphore<> polling(0);
        std::atomic<bool> cancelled{false};
        whole.setYield([&] { polling.release(); });
        part.pause();
        {
            std::jthread worker([&] {
                try {
                    part.poll();
                } catch (const Cancelled&) {
                    cancelled = true;
                }
            });
            polling.acquire();  // the whole let it pass
            whole.wake();
            polling.acquire();  // the part waits
            whole.cancel();
        }
        QVERIFY(cancelled);
    }

    void aPartPollsTheRunnersYield() {
        JobControl whole;
        int yields = 0;
        whole.setYield([&] { ++yields; });
        JobControl part(whole);
        part.poll();
        QCOMPARE(yields, 1);
        whole.poll();
        QCOMPARE(yields, 2);
    }

    void progressStartsUnknownAndCounts() {
        JobControl control;
        QCOMPARE(control.progress().total, std::int64_t(0));
        control.setTotal(4, "images");
        control.advance();
        Progress progress = control.progress();
        QCOMPARE(progress.done, std::int64_t(1));
        QCOMPARE(progress.total, std::int64_t(4));
        QCOMPARE(progress.unit, std::string("images"));
        // The first unit may have paid for warming up: no rate yet.
        QCOMPARE(progress.rate, 0.0);
        QVERIFY(!progress.secondsLeft);
        while (control.progress().rate == 0)
            control.advance();
        progress = control.progress();
        QVERIFY(progress.rate > 0);
        QVERIFY(progress.secondsLeft);
        QVERIFY(*progress.secondsLeft >= 0);
    }

    void aBatchToldUnitByUnitIsNoRate() {
        JobControl control;
        control.setTotal(4096, "images");
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < 32; ++i)
            control.advance();
        const auto took = std::chrono::steady_clock::now() - start;
        // If the machine stood still in between, they are no batch.
        if (took < std::chrono::milliseconds(50)) QCOMPARE(control.progress().rate, 0.0);
    }

    void theTimeLeftIsNeverNegative() {
        JobControl control;
        control.setTotal(1, "images");
        control.advance();
        while (control.progress().rate == 0)
            control.advance();
        QVERIFY(control.progress().done > 1);
        QCOMPARE(*control.progress().secondsLeft, 0.0);
    }

    void anotherTotalCountsAnew() {
        JobControl control;
        control.setTotal(2, "images");
        control.advance(2);
        control.setTotal(9, "blocks");
        const Progress progress = control.progress();
        QCOMPARE(progress.done, std::int64_t(0));
        QCOMPARE(progress.total, std::int64_t(9));
        QCOMPARE(progress.unit, std::string("blocks"));
        QCOMPARE(progress.rate, 0.0);
    }

    void aPauseDoesNotCountTowardsTheRate() {
        JobControl control;
        control.setTotal(100, "images");
        control.advance();
        while (control.progress().rate == 0)
            control.advance();
        const double before = control.progress().rate;
        std::counting_semaphore<> yielded(0);
        control.setYield([&] { yielded.release(); });
        control.pause();
        {
            std::jthread worker([&] { control.poll(); });
            yielded.acquire();
            control.resume();
        }
        QCOMPARE(control.progress().rate, before);
    }

    void aPartHasProgressOfItsOwn() {
        JobControl whole;
        whole.setTotal(2, "images");
        JobControl part(whole);
        part.setTotal(12, "blocks");
        part.advance(7);
        QCOMPARE(whole.progress().done, std::int64_t(0));
        QCOMPARE(part.progress().done, std::int64_t(7));
    }

    void notesReachTheListenerOfThePartAndOfTheWhole() {
        std::vector<std::string> atPart;
        std::vector<std::string> atWhole;
        JobControl whole;
        JobControl part(whole);
        part.note("nobody listens");
        whole.setListener([&](const std::string& line) { atWhole.push_back(line); });
        part.setListener([&](const std::string& line) { atPart.push_back(line); });
        part.note("from the part");
        whole.note("from the whole");
        QCOMPARE(atPart, std::vector<std::string>{"from the part"});
        QCOMPARE(atWhole, (std::vector<std::string>{"from the part", "from the whole"}));
        whole.setListener({});
        whole.note("nobody listens any more");
        QCOMPARE(atWhole.size(), std::size_t(2));
    }

    void aRemovedListenerIsNotBeingCalledAnyMore() {
        JobControl control;
        std::latch called(1);
        std::binary_semaphore goOn(0);
        std::atomic<bool> listening{false};
        control.setListener([&](const std::string&) {
            listening = true;
            called.count_down();
            goOn.acquire();
            listening = false;
        });
        std::jthread worker([&] { control.note("line"); });
        called.wait();
        std::jthread helper([&] { goOn.release(); });
        control.setListener({});
        QVERIFY(!listening);
    }

    void runJobTranslatesEveryEnding() {
        QCOMPARE(outcomeOf([](JobControl&) {}).outcome, JobOutcome::Done);
        const JobResult cancelled = outcomeOf([](JobControl& control) {
            control.cancel();
            control.poll();
        });
        QCOMPARE(cancelled.outcome, JobOutcome::Cancelled);
        QVERIFY(!cancelled.error);
        const JobResult failed = outcomeOf([](JobControl&) { throw Error("it broke", "x.jpg", "mend it"); });
        QCOMPARE(failed.outcome, JobOutcome::Failed);
        QCOMPARE(failed.error->what(), "x.jpg: it broke; mend it");
        QVERIFY(!failed.isWrongUsage);
        const JobResult usage = outcomeOf([](JobControl&) { throw UsageError("no", "--x"); });
        QCOMPARE(usage.outcome, JobOutcome::Failed);
        QVERIFY(usage.isWrongUsage);
        QCOMPARE(outcomeOf([](JobControl&) { throw std::bad_alloc(); }).error->problem(),
                 std::string("memory ran out"));
        QCOMPARE(outcomeOf([](JobControl&) { throw 1; }).outcome, JobOutcome::Failed);
    }

    void aJobCancelledBeforeItStartsNeverRuns() {
        JobControl control;
        control.cancel();
        bool ran = false;
        std::optional<JobOutcome> told;
        const Job job{.name = "late",
                      .run = [&](JobControl&) { ran = true; },
                      .finished = [&](const JobResult& result) { told = result.outcome; }};
        QCOMPARE(runJob(job, control).outcome, JobOutcome::Cancelled);
        QVERIFY(!ran);
        QCOMPARE(told, std::optional(JobOutcome::Cancelled));
    }

    void controlIsSafeToUseFromManyThreads() {
        JobControl control;
        control.setTotal(4'000, "units");
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&control] {
                for (int i = 0; i < 1'000; ++i) {
                    control.advance();
                    control.note("line");
                    static_cast<void>(control.progress());
                }
            });
        }
        for (int i = 0; i < 100; ++i) {
            control.setListener([](const std::string&) {});
            control.pause();
            control.resume();
        }
        threads.clear();
        QCOMPARE(control.progress().done, std::int64_t(4'000));
    }
};

QTEST_APPLESS_MAIN(JobTest)
#include "job_test.moc"
