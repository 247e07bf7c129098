#include "engine/base/error.h"

#include <QtTest>
#include <new>
#include <stdexcept>

#include "engine/base/memory.h"

using dinoscope::Cancelled;
using dinoscope::currentError;
using dinoscope::Error;
using dinoscope::UsageError;

namespace {

/// What currentError() makes of `thrown`.
template <typename Thrown>
Error translated(const Thrown& thrown) {
    try {
        throw thrown;
    } catch (...) {
        return currentError();
    }
}

}  // namespace

class ErrorTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sentenceNamesPlaceProblemAndRemedy() {
        const Error error("the file is torn", "a/b.pth", "fetch it again");
        QCOMPARE(error.what(), "a/b.pth: the file is torn; fetch it again");
        QCOMPARE(error.problem(), std::string("the file is torn"));
        QCOMPARE(error.where(), std::string("a/b.pth"));
        QCOMPARE(error.remedy(), std::string("fetch it again"));
    }

    void sentenceLeavesOutWhatIsNotKnown() {
        QCOMPARE(Error("it broke").what(), "it broke");
        QCOMPARE(Error("it broke", "x").what(), "x: it broke");
        QCOMPARE(Error("it broke", {}, "mend it").what(), "it broke; mend it");
    }

    void usageErrorIsAnErrorAndCancelledIsNone() {
        QVERIFY((std::is_base_of_v<Error, UsageError>));
        QVERIFY((!std::is_base_of_v<Error, Cancelled>));
    }

    void anErrorStaysItself() {
        const Error error = translated(UsageError("what", "where", "remedy"));
        QCOMPARE(error.what(), "where: what; remedy");
    }

    void runningOutOfMemoryGetsARemedy() {
        const Error error = translated(std::bad_alloc());
        QCOMPARE(error.problem(), std::string("memory ran out"));
        QVERIFY(!error.remedy().empty());
    }

    void runningOutOfMemoryInsideLibTorchGetsTheSame_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("cpu") << QByteArray(
            "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you "
            "tried to allocate 1 bytes.");
        QTest::newRow("cuda") << QByteArray("CUDA out of memory. Tried to allocate 20.00 GiB.\nframe #0: …");
    }

    void runningOutOfMemoryInsideLibTorchGetsTheSame() {
        QFETCH(const QByteArray, text);
        const Error error = translated(std::runtime_error(text.constData()));
        QCOMPARE(error.problem(), std::string("memory ran out"));
        QVERIFY(!error.remedy().empty());
    }

    void memoryThatRanOutIsToldFromTheRest() {
        const auto isMemory = [](const auto& thrown) {
            try {
                throw thrown;
            } catch (...) {
                return dinoscope::isOutOfMemory();
            }
        };
        QVERIFY(isMemory(std::bad_alloc()));
        QVERIFY(isMemory(std::runtime_error("DefaultCPUAllocator: can't allocate memory")));
        QVERIFY(isMemory(std::runtime_error("CUDA out of memory. Tried to allocate 20.00 GiB.")));
        QVERIFY(!isMemory(std::runtime_error("bad shape")));
        QVERIFY(!isMemory(Error("DefaultCPUAllocator: is a word of this sentence")));
        QVERIFY(!isMemory(42));
    }

    void aForeignExceptionKeepsItsFirstLine() {
        QCOMPARE(translated(std::runtime_error("bad shape\nframe #0: at::native")).what(), "bad shape");
        QCOMPARE(translated(std::runtime_error("one line")).what(), "one line");
    }

    void whatIsNoExceptionIsStillTold() { QVERIFY(!translated(42).problem().empty()); }
};

QTEST_APPLESS_MAIN(ErrorTest)
#include "error_test.moc"
