#include <unistd.h>

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <filesystem>
#include <memory>

#include "engine/base/error.h"
#include "engine/base/mapped_file.h"
#include "engine/image/decode.h"
#include "engine/weights/safetensors_file.h"
#include "tests/integration/program.h"

using namespace dinoscope;

namespace {

/// More than are done by the time that the first one is seen, however slow the one who looks.
constexpr int kMany = 300;

const QStringList kTiny{"-w", "untrained", "--arch", "vit_tiny",  "--size",
                        "64", "--device",  "cpu",    "--threads", "1"};

QStringList everythingIn(const QString& folder) {
    return QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
}

/// What is wrong with a file that `dino attend` wrote; empty if it is whole. A temporary file is wrong.
std::string damageOf(const std::filesystem::path& file) {
    try {
        if (file.extension() == ".png") {
            decodeImage(file);
        } else if (file.extension() == ".safetensors") {
            const std::vector<std::byte> bytes = readFile(file);
            const SafetensorsFile read(bytes, file.string());
            if (read.entries().empty()) return file.string() + ": it holds nothing";
        } else {
            return file.string() + ": no such file is ever written";
        }
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

/// What stops `dino attend` costs a sentence and leaves nothing by halves.
class AttendFailuresTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QVERIFY(folder_->isValid());
        QVERIFY(stripes(1, 96, 64).save(path("cat.png")));
    }

    void aMissingImageIsNamed() {
        const Outcome outcome = dino(attend(path("nope.png"), path("out")));
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains(path("nope.png")), qPrintable(outcome.err));
        QCOMPARE(outcome.err.count('\n'), 1);
        QCOMPARE(everythingIn(path("out")), QStringList());
    }

    void aFolderWithoutAnImageIsNamed_data() {
        QTest::addColumn<QString>("file");
        QTest::newRow("empty") << QString();
        QTest::newRow("text") << "text.txt";
        QTest::newRow("hidden") << ".cat.png";
    }

    void aFolderWithoutAnImageIsNamed() {
        QFETCH(QString, file);
        QVERIFY(QDir().mkpath(path("in")));
        if (!file.isEmpty()) QVERIFY(QFile::copy(path("cat.png"), path("in/" + file)));
        const Outcome outcome = dino(attend(path("in"), path("out")));
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains(path("in")) && outcome.err.contains("no image"),
                 qPrintable(outcome.err));
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(!QFile::exists(path("out")));
    }

    void aPlaceWhereNothingCanBeWrittenIsNamed_data() {
        QTest::addColumn<QString>("place");
        QTest::newRow("a folder that cannot be made") << "/proc/x";
        QTest::newRow("a folder of the system") << "/proc";
        QTest::newRow("a folder without permission") << QString();
    }

    void aPlaceWhereNothingCanBeWrittenIsNamed() {
        QFETCH(QString, place);
        if (place.isEmpty()) {
            if (::geteuid() == 0) QSKIP("root needs no permission");
            place = path("closed");
            QVERIFY(QDir().mkpath(place));
            QVERIFY(QFile::setPermissions(place, QFile::ReadOwner | QFile::ExeOwner));
        }
        const Outcome outcome = dino(attend(path("cat.png"), place));
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.startsWith("dino: " + place), qPrintable(outcome.err));
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(outcome.out.isEmpty());
        if (place != "/proc") QCOMPARE(everythingIn(place), QStringList());
    }

    void aNameThatIsTooLongCostsThatImageAlone() {
        const QString longName = path(QString(245, 'a') + ".png");
        QVERIFY(QFile::copy(path("cat.png"), longName));
        const Outcome outcome =
            dino(QStringList{"attend", longName, path("cat.png"), "-o", path("out"), "--json"} + kTiny);
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.json()["failures"].toArray().size(), 1);
        QCOMPARE(outcome.json()["images"].toArray().size(), 1);
        QVERIFY(QFile::exists(path("out/cat-mean.png")));
    }

    void whatCannotBePrintedIsAFailure() {
        // A closed stdout, whose number the log would get, and a full one.
        for (const char* to : {">&-", ">/dev/full"}) {
            QProcess shell;
            shell.start("sh",
                        {"-c", QStringLiteral("'" PROGRAM_DIR "/dino' info untrained ") + QLatin1String(to)});
            QVERIFY(shell.waitForFinished(60000));
            QCOMPARE(shell.exitCode(), 1);
            QVERIFY(shell.readAllStandardError().contains("the results cannot be written"));
        }
    }

    void namesDoNotSteerTheTerminal() {
        const Outcome outcome = dino(attend(path("no\nsuch\x1B[31m.jpg"), path("out")));
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(!outcome.err.contains('\x1B'));
    }

    void anInterruptionLeavesWholeFilesAndNoOthers_data() {
        QTest::addColumn<int>("signal");
        QTest::newRow("Ctrl-C") << SIGINT;
        QTest::newRow("ended by the system") << SIGTERM;
    }

    void anInterruptionLeavesWholeFilesAndNoOthers() {
        QFETCH(int, signal);
        QVERIFY(QDir().mkpath(path("in")));
        for (int i = 0; i < kMany; ++i)
            QVERIFY(QFile::copy(path("cat.png"), path(QString("in/%1.png").arg(i))));
        QProcess process;
        start(process, attend(path("in"), path("out")) + QStringList{"--raw", "--size", "160"});
        const auto hasBegun = [&] { return QFile::exists(path("out/0-mean.png")); };
        const bool seen =
            QTest::qWaitFor([&] { return hasBegun() || process.state() == QProcess::NotRunning; }, 120'000);
        QVERIFY(seen && process.state() == QProcess::Running);
        ::kill(pid_t(process.processId()), signal);
        const Outcome outcome = finish(process);
        QCOMPARE(outcome.status, 130);
        QVERIFY2(outcome.err.endsWith("dino: interrupted\n"), qPrintable(outcome.err));
        QVERIFY(outcome.out.isEmpty());
        QVERIFY(hasBegun());
        QVERIFY(!QFile::exists(path(QString("out/%1.safetensors").arg(kMany - 1))));
        QDirIterator files(path("out"), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const std::string damage = damageOf(files.next().toStdString());
            QVERIFY2(damage.empty(), damage.c_str());
        }
    }

private:
    QString path(const QString& name) const { return folder_->filePath(name); }
    static QStringList attend(const QString& input, const QString& output) {
        return QStringList{"attend", input, "-o", output} + kTiny;
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(AttendFailuresTest)
#include "attend_failures_test.moc"
