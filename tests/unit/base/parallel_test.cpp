#include "engine/base/parallel.h"

#include <QtTest>
#include <atomic>
#include <limits>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace dinoscope;

class ParallelTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { setThreadCount(4); }

    void piecesCoverTheRangeOnce_data() {
        QTest::addColumn<qint64>("begin");
        QTest::addColumn<qint64>("end");
        QTest::addColumn<qint64>("grain");
        QTest::newRow("empty") << qint64(3) << qint64(3) << qint64(1);
        QTest::newRow("backwards") << qint64(5) << qint64(3) << qint64(1);
        QTest::newRow("one") << qint64(0) << qint64(1) << qint64(8);
        QTest::newRow("uneven") << qint64(0) << qint64(1'003) << qint64(10);
        QTest::newRow("even") << qint64(0) << qint64(1'000) << qint64(10);
        QTest::newRow("negative start") << qint64(-7) << qint64(90) << qint64(4);
        QTest::newRow("grain of nothing") << qint64(0) << qint64(100) << qint64(0);
        QTest::newRow("negative grain") << qint64(0) << qint64(100) << qint64(-5);
        QTest::newRow("grain past the range")
            << qint64(5) << qint64(100) << std::numeric_limits<qint64>::max();
    }

    void piecesCoverTheRangeOnce() {
        QFETCH(const qint64, begin);
        QFETCH(const qint64, end);
        QFETCH(const qint64, grain);
        const qint64 size = std::max<qint64>(0, end - begin);
        const qint64 piece = std::max<qint64>(1, grain);
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(size));
        std::atomic<bool> sizesAreRight{true};
        parallelFor(begin, end, grain, [&](std::int64_t first, std::int64_t last) {
            const bool isLast = last == end;
            if (last - first > piece || (!isLast && last - first != piece)) sizesAreRight = false;
            for (std::int64_t i = first; i < last; ++i)
                ++visits[static_cast<std::size_t>(i - begin)];
        });
        QVERIFY(sizesAreRight);
        for (const auto& count : visits)
            QCOMPARE(count.load(), 1);
    }

    void severalThreadsTakePart() {
        std::mutex mutex;
        std::set<std::thread::id> threads;
        std::atomic<int> inside{0};
        parallelFor(0, 2, 1, [&](std::int64_t, std::int64_t) {
            // Both pieces are held at once, which one thread could not do.
            ++inside;
            while (inside < 2)
                std::this_thread::yield();
            const std::lock_guard lock(mutex);
            threads.insert(std::this_thread::get_id());
        });
        QCOMPARE(threads.size(), std::size_t(2));
    }

    void anExceptionReachesTheCallerAndStopsTheRest() {
        std::atomic<int> pieces{0};
        const auto failing = [&] {
            parallelFor(0, 1'000'000, 1, [&](std::int64_t first, std::int64_t) {
                ++pieces;
                if (first == 3) throw std::runtime_error("piece 3");
            });
        };
        QVERIFY_EXCEPTION_THROWN(failing(), std::runtime_error);
        QVERIFY(pieces < 1'000'000);
    }

    void ofSeveralExceptionsOneArrives() {
        const auto failing = [] {
            parallelFor(0, 64, 1, [](std::int64_t, std::int64_t) { throw std::out_of_range("all of them"); });
        };
        for (int i = 0; i < 50; ++i)
            QVERIFY_EXCEPTION_THROWN(failing(), std::out_of_range);
    }

    void itWorksAgainAfterAnException() {
        try {
            parallelFor(0, 64, 1, [](std::int64_t, std::int64_t) { throw 1; });
            QFAIL("nothing was thrown");
        } catch (int) {
        }
        std::atomic<std::int64_t> sum{0};
        parallelFor(0, 100, 7, [&](std::int64_t first, std::int64_t last) { sum += last - first; });
        QCOMPARE(sum.load(), std::int64_t(100));
    }

    void aCallInsideAnotherRunsOnTheCallingThread() {
        std::atomic<bool> stayed{true};
        std::atomic<std::int64_t> sum{0};
        parallelFor(0, 8, 1, [&](std::int64_t, std::int64_t) {
            const auto outer = std::this_thread::get_id();
            if (threadCount() != 1) stayed = false;
            parallelFor(0, 100, 1, [&](std::int64_t first, std::int64_t last) {
                if (std::this_thread::get_id() != outer) stayed = false;
                sum += last - first;
            });
        });
        QVERIFY(stayed);
        QCOMPARE(sum.load(), std::int64_t(800));
    }

    void theThreadCountIsWhatWasSet() {
        for (const int count : {1, 2, 3}) {
            setThreadCount(count);
            QCOMPARE(threadCount(), count);
        }
        setThreadCount(0);
        QCOMPARE(threadCount(), availableCores());
    }

    void theThreadCountBelongsToTheThread() {
        setThreadCount(3);
        int other = 0;
        std::jthread([&other] {
            setThreadCount(2);
            other = threadCount();
        }).join();
        QCOMPARE(other, 2);
        QCOMPARE(threadCount(), 3);
    }

    void oneThreadDoesAllItself() {
        setThreadCount(1);
        const auto caller = std::this_thread::get_id();
        bool stayed = true;
        std::int64_t next = 0;
        parallelFor(0, 100, 1, [&](std::int64_t first, std::int64_t last) {
            stayed = stayed && std::this_thread::get_id() == caller && first == next;
            next = last;
        });
        QVERIFY(stayed);
        QCOMPARE(next, std::int64_t(100));
    }

    void severalThreadsMayCallAtOnce() {
        std::atomic<std::int64_t> sum{0};
        {
            std::vector<std::jthread> callers;
            for (int t = 0; t < 3; ++t) {
                callers.emplace_back([&sum] {
                    setThreadCount(2);
                    for (int i = 0; i < 20; ++i) {
                        parallelFor(0, 100, 3,
                                    [&](std::int64_t first, std::int64_t last) { sum += last - first; });
                    }
                });
            }
        }
        QCOMPARE(sum.load(), std::int64_t(3 * 20 * 100));
    }

    void thereIsAtLeastOneCoreAndNoMoreThanTheMachineHas() {
        QVERIFY(availableCores() >= 1);
        QVERIFY(availableCores() <= int(std::max(1U, std::thread::hardware_concurrency())));
    }
};

QTEST_APPLESS_MAIN(ParallelTest)
#include "parallel_test.moc"
