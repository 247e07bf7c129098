#include "engine/base/inline_runner.h"

#include <QtTest>
#include <thread>

using namespace dinoscope;

class InlineRunnerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void runsTheJobBeforeSubmitReturnsOnTheCallersThread() {
        InlineRunner runner;
        std::vector<std::string> events;
        const auto thread = std::this_thread::get_id();
        const auto control = runner.submit({.name = "job",
                                            .run =
                                                [&](JobControl& running) {
                                                    QCOMPARE(std::this_thread::get_id(), thread);
                                                    running.setTotal(2, "images");
                                                    running.advance(2);
                                                    events.push_back("run");
                                                },
                                            .finished =
                                                [&](const JobResult& result) {
                                                    QCOMPARE(result.outcome, JobOutcome::Done);
                                                    events.push_back("finished");
                                                }});
        QCOMPARE(events, (std::vector<std::string>{"run", "finished"}));
        QCOMPARE(control->progress().done, std::int64_t(2));
    }

    void aFailureReachesFinishedAndNotTheCaller() {
        InlineRunner runner;
        JobResult seen;
        runner.submit({.name = "job",
                       .run = [](JobControl&) { throw Error("it broke"); },
                       .finished = [&](const JobResult& result) { seen = result; }});
        QCOMPARE(seen.outcome, JobOutcome::Failed);
        QCOMPARE(seen.error->problem(), std::string("it broke"));
    }

    void aJobMaySubmitAnother() {
        InlineRunner runner;
        std::vector<int> order;
        runner.submit({.name = "outer", .run = [&](JobControl&) {
                           order.push_back(1);
                           runner.submit({.name = "inner", .run = [&](JobControl&) { order.push_back(2); }});
                           order.push_back(3);
                       }});
        QCOMPARE(order, (std::vector<int>{1, 2, 3}));
    }
};

QTEST_APPLESS_MAIN(InlineRunnerTest)
#include "inline_runner_test.moc"
