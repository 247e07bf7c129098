#include "engine/scale/process_group.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <array>
#include <atomic>
#include <mutex>

#include "engine/base/error.h"
#include "tests/unit/scale/group_fixture.h"

using namespace dinoscope;

namespace {

QString told(const std::exception_ptr& failure) {
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class ProcessGroupTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sumsAreThoseOfAllAndEqualInAll() {
        constexpr int kCount = 3;
        std::array<std::vector<at::Tensor>, kCount> found;
        rethrowAny(inProcesses(kCount, [&](const std::shared_ptr<ProcessGroup>& group) {
            const at::Tensor ramp = at::arange(12, at::kFloat) / 7 + group->rank();
            const std::vector<at::Tensor> tensors{ramp.view({3, 4}).t(), at::full({}, group->rank() + 0.5),
                                                  ramp.to(at::kDouble), at::zeros({0})};
            group->sum(tensors);
            found[std::size_t(group->rank())] = tensors;
        }));
        const at::Tensor ramp = at::arange(12, at::kFloat) / 7 * kCount + 3;
        QVERIFY(at::allclose(found[0][0], ramp.view({3, 4}).t()));
        QCOMPARE(found[0][1].item<double>(), 4.5);
        QVERIFY(at::allclose(found[0][2], ramp.to(at::kDouble), 1e-6));
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY(at::equal(found[0][i], found[1][i]));
            QVERIFY(at::equal(found[0][i], found[2][i]));
        }
    }

    void manyLargeTensorsAreSummedPieceByPiece() {
        std::atomic<int> right = 0;
        rethrowAny(inProcesses(2, [&](const std::shared_ptr<ProcessGroup>& group) {
            std::vector<at::Tensor> tensors;
            for (int i = 0; i < 5; ++i)
                tensors.push_back(at::full({(4 << 20) + 17 * i}, group->rank() + i + 1.0, at::kFloat));
            group->sum(tensors);
            bool all = true;
            for (int i = 0; i < 5; ++i)
                all = all && (tensors[std::size_t(i)] == 2.0 * i + 3).all().item<bool>();
            right += all;
        }));
        QCOMPARE(right.load(), 2);
    }

    void whatProcess0HasIsGivenToAll() {
        std::atomic<int> right = 0;
        rethrowAny(inProcesses(3, [&](const std::shared_ptr<ProcessGroup>& group) {
            const std::vector<at::Tensor> tensors{at::full({2, 3}, group->rank() + 7.0).t(),
                                                  at::full({4}, group->rank() - 5, at::kLong),
                                                  at::full({2}, group->rank() + 1.5, at::kBFloat16)};
            group->broadcast(tensors);
            right += (tensors[0] == 7).all().item<bool>() && (tensors[1] == -5).all().item<bool>() &&
                     (tensors[2] == 1.5).all().item<bool>();
        }));
        QCOMPARE(right.load(), 3);
    }

    void textsOfAnyLengthReachAllInOrder() {
        std::atomic<int> right = 0;
        const std::vector<std::string> expected{"", "x", std::string("longer \0 text", 13)};
        rethrowAny(inProcesses(3, [&](const std::shared_ptr<ProcessGroup>& group) {
            right += group->gather(expected[std::size_t(group->rank())]) == expected;
        }));
        QCOMPARE(right.load(), 3);
    }

    void oneIsEnoughForAny() {
        std::atomic<int> none = 0;
        std::atomic<int> one = 0;
        rethrowAny(inProcesses(3, [&](const std::shared_ptr<ProcessGroup>& group) {
            none += group->any(false);
            one += group->any(group->rank() == 2);
        }));
        QCOMPARE(none.load(), 0);
        QCOMPARE(one.load(), 3);
    }

    void aProcessThatIsGoneIsToldToTheOthers() {
        const auto failures = inProcesses(2, [](std::shared_ptr<ProcessGroup> group) {
            group->any(false);
            if (group->rank() == 1) return group.reset();
            group->sum(std::array{at::ones({100})});
        });
        const QString sentence = told(failures[0]);
        QVERIFY2(sentence.startsWith("process 0 of 2: another process ended"), qPrintable(sentence));
        QVERIFY(!failures[1]);
    }

    void aWaitForOthersCanBeCancelled() {
        JobControl control;
        control.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, ProcessGroup::join(placeOf(0, 2, freePort()), control));
        QVERIFY_THROWS_EXCEPTION(Cancelled, ProcessGroup::join(placeOf(1, 2, freePort()), control));
    }

    void aProcessThatDoesNotWaitAnyMoreIsToldToThoseWhoDo() {
        const int port = freePort();
        std::array<QString, 2> sentences;
        JobControl control;
        const auto join = [&](int rank, JobControl& own) {
            try {
                ProcessGroup::join(placeOf(rank, 3, port), own);
            } catch (const Cancelled&) {
            } catch (const Error& error) {
                sentences[std::size_t(rank)] = error.what();
            }
        };
        JobControl leaving;
        std::thread first([&] { join(0, control); });
        std::thread second([&] { join(1, leaving); });
        QVERIFY(
            QTest::qWaitFor([&] { return leaving.progress().status.ends_with("2 of 3 are here"); }, 60'000));
        leaving.cancel();
        first.join();
        second.join();
        QVERIFY2(sentences[0].startsWith("process 1 of 3: it left before all had come"),
                 qPrintable(sentences[0]));
        QVERIFY(sentences[1].isEmpty());
    }

    void aSocketThatListensIsTakenOver() {
        const int handle = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* const name = reinterpret_cast<sockaddr*>(&address);
        QVERIFY(::bind(handle, name, size) == 0 && ::listen(handle, 8) == 0);
        ::getsockname(handle, name, &size);
        std::atomic<int> met = 0;
        const auto join = [&](int rank) {
            ProcessPlace place = placeOf(rank, 2, ntohs(address.sin_port));
            if (rank == 0) place.listener = handle;
            JobControl control;
            met += ProcessGroup::join(place, control)->any(rank == 1);
        };
        std::thread other([&] { join(1); });
        join(0);
        other.join();
        QCOMPARE(met.load(), 2);
    }

    void twoOfOneNumberAreRefused() {
        const int port = freePort();
        JobControl control;
        std::mutex mutex;
        QStringList sentences;
        // One comes to a seat that is taken; those who wait for the missing one are cancelled, or left.
        const auto join = [&](int rank) {
            try {
                ProcessGroup::join(placeOf(rank, 3, port), control);
            } catch (const Cancelled&) {
            } catch (const Error& error) {
                const std::lock_guard lock(mutex);
                sentences.append(error.what());
                control.cancel();
            }
        };
        std::vector<std::thread> threads;
        for (const int rank : {0, 1, 1})
            threads.emplace_back(join, rank);
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(sentences.filter("process 1 of 3: there are two of this number").size(), 1);
    }

    void aPortThatIsTakenIsNamed() {
        const int handle = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        socklen_t size = sizeof(address);
        QVERIFY(::bind(handle, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(handle, 1) == 0);
        ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size);
        const int port = ntohs(address.sin_port);
        JobControl control;
        try {
            ProcessGroup::join(placeOf(0, 2, port), control);
            QFAIL("joined");
        } catch (const Error& error) {
            QCOMPARE(QString::fromStdString(error.where()), QString("127.0.0.1:%1").arg(port));
        }
        ::close(handle);
    }
};

QTEST_GUILESS_MAIN(ProcessGroupTest)
#include "process_group_test.moc"
