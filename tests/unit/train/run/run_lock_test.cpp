#include "engine/train/run/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <chrono>
#include <csignal>
#include <memory>

#include "run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

/// A process that holds the lock until it is killed.
class OtherProcess {
public:
    explicit OtherProcess(const fs::path& file) {
        int ends[2];
        if (pipe(ends) != 0) return;
        id_ = fork();
        if (id_ == 0) {
            bool held = false;
            try {
                const RunLock lock(file);
                held = true;
                if (write(ends[1], "1", 1) == 1) pause();
            } catch (const std::exception&) {
            }
            _exit(held ? 0 : 1);
        }
        char letter = 0;
        close(ends[1]);
        holds_ = read(ends[0], &letter, 1) == 1;
        close(ends[0]);
    }
    ~OtherProcess() { killIt(); }

    bool holds() const { return holds_; }
    pid_t id() const { return id_; }

    void killIt() {
        if (id_ <= 0) return;
        kill(id_, SIGKILL);
        waitpid(id_, nullptr, 0);
        id_ = 0;
    }

private:
    pid_t id_ = 0;
    bool holds_ = false;
};

std::string refusalOf(const fs::path& file) {
    return errorOf([&] { const RunLock lock(file); });
}

void setAge(const fs::path& file, std::chrono::seconds age) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
}

}  // namespace

class RunLockTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    fs::path file_;

private Q_SLOTS:
    void init() {
        file_ = fs::path(folder_.path().toStdString()) / QTest::currentTestFunction() / "lock";
        fs::create_directories(file_.parent_path());
    }

    void aRunThatWasMovedAwayWhileItWasHeldCanBeHeldAgain() {
        const fs::path moved = file_.parent_path().parent_path() / "moved";
        {
            const RunLock lock(file_);
            fs::rename(file_.parent_path(), moved);
        }
        QVERIFY(!lockHolder(moved / "lock"));
        const RunLock again(moved / "lock");
        QVERIFY(lockHolder(moved / "lock"));
    }

    void aLockNamesItsHolderAndGoesWithIt() {
        {
            const RunLock lock(file_);
            QVERIFY(!lock.stale());
            const auto holder = lockHolder(file_);
            QVERIFY(holder.has_value());
            QCOMPARE(holder->process, std::int64_t(getpid()));
            QCOMPARE(holder->host, thisProcess().host);
            QVERIFY(!holder->started.empty());
        }
        QVERIFY(!fs::exists(file_));
        QVERIFY(!lockHolder(file_));
    }

    void aSecondWriterGetsASentence() {
        const OtherProcess other(file_);
        QVERIFY(other.holds());
        const std::string said = refusalOf(file_);
        VERIFY_SAYS(said, "this run is being written by process " + std::to_string(other.id()) + " on ");
        VERIFY_SAYS(said, "stop that one first");
        QCOMPARE(lockHolder(file_)->process, std::int64_t(other.id()));
    }

    void oneInTheSameProcessToo() {
        const RunLock lock(file_);
        VERIFY_SAYS(refusalOf(file_), "this run is being written by process");
    }

    void theLockOfAKilledProcessIsTakenOver() {
        OtherProcess other(file_);
        QVERIFY(other.holds());
        const std::int64_t id = other.id();
        other.killIt();
        QVERIFY(fs::exists(file_));
        QVERIFY(!lockHolder(file_));
        const RunLock lock(file_);
        QVERIFY(lock.stale().has_value());
        QCOMPARE(lock.stale()->process, id);
        QCOMPARE(lockHolder(file_)->process, std::int64_t(getpid()));
    }

    void aProcessNumberUsedAgainIsNotTakenForTheHolder() {
        LockHolder holder = thisProcess();
        holder.started = "another-boot/12345";
        writeContent(file_, formatLockHolder(holder));
        QVERIFY(!lockHolder(file_));
        const RunLock lock(file_);
        QVERIFY(lock.stale().has_value());
    }

    void aLivingHolderCountsWhereTheSystemsLocksDoNotReach() {
        writeContent(file_, formatLockHolder(thisProcess()));
        VERIFY_SAYS(refusalOf(file_), "this run is being written by process " + std::to_string(getpid()));
        QVERIFY(lockHolder(file_).has_value());
    }

    void anotherMachineCountsWhileItRefreshes() {
        LockHolder holder = thisProcess();
        holder.host = "elsewhere";
        holder.process = 77;
        writeContent(file_, formatLockHolder(holder));
        const std::string said = refusalOf(file_);
        VERIFY_SAYS(said, "by process 77 on elsewhere");
        VERIFY_SAYS(said, "wait ten minutes or remove");
        setAge(file_, std::chrono::minutes(11));
        const RunLock lock(file_);
        QCOMPARE(lock.stale()->host, std::string("elsewhere"));
    }

    void refreshingMakesALockYoung() {
        RunLock lock(file_);
        setAge(file_, std::chrono::hours(3));
        lock.refresh();
        QVERIFY(fs::file_time_type::clock::now() - fs::last_write_time(file_) < std::chrono::minutes(5));
    }

    void aLockIsKeptFreshOnceAMinute() {
        using namespace std::chrono_literals;
        RunLock::Clock::time_point now{};
        RunLock lock(file_, [&now] { return now; });
        const auto isOld = [this] {
            return fs::file_time_type::clock::now() - fs::last_write_time(file_) > 1h;
        };
        setAge(file_, 3h);
        for (now += 20s; now < RunLock::Clock::time_point{} + 60s; now += 20s) {
            lock.keepFresh();
            QVERIFY(isOld());
        }
        lock.keepFresh();
        QVERIFY(!isOld());
        setAge(file_, 3h);
        now += 59s;
        lock.keepFresh();
        QVERIFY(isOld());
        now += 1s;
        lock.keepFresh();
        QVERIFY(!isOld());
    }

    void aDamagedLockIsNobodys_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray("");
        QTest::newRow("torn") << QByteArray("dinoscope lock\nhost a\nproc");
        QTest::newRow("torn early") << QByteArray("dinosc");
        QTest::newRow("number") << QByteArray("dinoscope lock\nhost a\nprocess x\nstarted y\n");
        QTest::newRow("binary") << QByteArray(10000, '\0');
    }

    void aDamagedLockIsNobodys() {
        QFETCH(const QByteArray, text);
        writeContent(file_, text.toStdString());
        QVERIFY(!lockHolder(file_));
        const RunLock lock(file_);
        QVERIFY(!lock.stale());
        QCOMPARE(lockHolder(file_)->process, std::int64_t(getpid()));
    }

    void aFileOfAnotherKindIsLeftAsItIs_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("number") << QByteArray("12345\n");
        QTest::newRow("notes") << QByteArray("dinosaurs are not locks\n");
    }

    void aFileOfAnotherKindIsLeftAsItIs() {
        QFETCH(const QByteArray, text);
        writeContent(file_, text.toStdString());
        VERIFY_SAYS(refusalOf(file_), "lock: this file stands where a run keeps its lock; move it away");
        QCOMPARE(contentOf(file_), text.toStdString());
    }

    void aLinkIsNotFollowed() {
        const fs::path notes = file_.parent_path() / "notes";
        writeContent(notes, "");
        fs::create_symlink(notes, file_);
        VERIFY_SAYS(refusalOf(file_), "lock: the file cannot be locked");
        QVERIFY(fs::is_symlink(file_) && contentOf(notes).empty());
    }

    void aDamagedLockThatIsHeldIsHeld() {
        writeContent(file_, "");
        const int descriptor = open(file_.c_str(), O_RDWR | O_CLOEXEC);
        QCOMPARE(flock(descriptor, LOCK_EX), 0);
        VERIFY_SAYS(refusalOf(file_), "this run is being written by another process");
        close(descriptor);
    }

    void afterARefusalTheHoldersLockStands() {
        auto lock = std::make_unique<RunLock>(file_);
        QVERIFY(!refusalOf(file_).empty());
        QVERIFY(lockHolder(file_).has_value());
        lock.reset();
        const RunLock next(file_);
    }

    void aLockMadeAnewByAnotherIsNotRemoved() {
        auto lock = std::make_unique<RunLock>(file_);
        fs::remove(file_);
        const OtherProcess other(file_);
        QVERIFY(other.holds());
        lock.reset();
        QCOMPARE(lockHolder(file_)->process, std::int64_t(other.id()));
    }

    void aFolderThatIsNotThereIsAnError() {
        VERIFY_SAYS(refusalOf("/nowhere/lock"), "/nowhere/lock: the file cannot be locked");
    }
};

QTEST_APPLESS_MAIN(RunLockTest)
#include "run_lock_test.moc"
