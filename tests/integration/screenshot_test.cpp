#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QImage>
#include <QProcessEnvironment>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "tests/integration/program.h"

using namespace dinoscope;

namespace {

const QStringList kSmall{"-w", "untrained", "--arch", "vit_tiny", "--device", "cpu", "--threads", "1"};

/// From 0 to 255.
double brightness(const QImage& picture) {
    double sum = 0;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x)
            sum += qGray(picture.pixel(x, y));
    }
    return sum / (double(picture.width()) * picture.height());
}

/// The window's own sentences: Qt may add what it thinks of the desktop.
QStringList sentences(const Outcome& outcome) {
    QStringList found;
    for (const QString& line : outcome.err.split('\n')) {
        if (line.startsWith("dinoscope: ")) found << line;
    }
    return found;
}

}  // namespace

/// `dinoscope --screenshot` as scripts use it: the window without a screen.
class ScreenshotTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QVERIFY(folder_->isValid());
        QVERIFY(QDir().mkpath(path("home")));
        QVERIFY(stripes(1, 480, 320).save(path("cat.png")));
    }

    void thePictureHasTheWindowsSizeAndTheTheme() {
        QImage pictures[2];
        for (const bool dark : {false, true}) {
            const QString file = path(dark ? "dark.png" : "light.png");
            const Outcome outcome = window({path("cat.png"), "--screenshot", file, "--window", "1366x768",
                                            "--theme", dark ? "dark" : "light"});
            QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
            QCOMPARE(sentences(outcome), QStringList());
            QVERIFY(outcome.out.isEmpty());
            pictures[int(dark)] = QImage(file);
            QCOMPARE(pictures[int(dark)].size(), QSize(1366, 768));
        }
        const double light = brightness(pictures[0]);
        const double dark = brightness(pictures[1]);
        QVERIFY2(light > dark + 50, qPrintable(QString("light %1, dark %2").arg(light).arg(dark)));
    }

    void thePictureGivenIsOnIt() {
        QVERIFY(stripes(2, 480, 320).save(path("dog.png")));
        const QStringList options{"--window", "900x600", "--theme", "dark", "--screenshot"};
        QVERIFY(window(QStringList{path("cat.png")} + options + QStringList{path("one.png")}).status == 0);
        QVERIFY(window(QStringList{path("dog.png")} + options + QStringList{path("two.png")}).status == 0);
        const QImage one(path("one.png"));
        const QImage two(path("two.png"));
        QCOMPARE(one.size(), QSize(900, 600));
        QCOMPARE(two.size(), one.size());
        qint64 different = 0;
        for (int y = 0; y < one.height(); ++y) {
            for (int x = 0; x < one.width(); ++x)
                different += one.pixel(x, y) != two.pixel(x, y);
        }
        // More than a name and some numbers.
        QVERIFY2(different > qint64(one.width()) * one.height() / 10, qPrintable(QString::number(different)));
    }

    void withoutAWindowsSizeItIsTheSameEverywhereAndNoTraceIsLeft() {
        const Outcome outcome = window({path("cat.png"), "--screenshot", path("x.png")});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(QImage(path("x.png")).size(), QSize(1280, 800));
        QDirIterator files(path("home"), {"*.ini", "*.conf"}, QDir::Files | QDir::Hidden,
                           QDirIterator::Subdirectories);
        QCOMPARE(files.hasNext() ? files.next() : QString(), QString());
    }

    void wrongUsageExitsWithTwoAndNamesIt_data() {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("value");
        QTest::newRow("no size") << "--window"
                                 << "wide";
        QTest::newRow("half a size") << "--window"
                                     << "1366x";
        QTest::newRow("three sides") << "--window"
                                     << "1366x768x2";
        QTest::newRow("too small") << "--window"
                                   << "100x100";
        QTest::newRow("too large") << "--window"
                                   << "99999x768";
        QTest::newRow("no theme") << "--theme"
                                  << "pink";
        QTest::newRow("no workspace") << "--workspace"
                                      << "kitchen";
        QTest::newRow("unknown option") << "--frobnicate"
                                        << "yes";
    }

    void wrongUsageExitsWithTwoAndNamesIt() {
        QFETCH(QString, option);
        QFETCH(QString, value);
        const Outcome outcome = window({path("cat.png"), "--screenshot", path("x.png"), option, value});
        QCOMPARE(outcome.status, 2);
        QCOMPARE(sentences(outcome).size(), 1);
        QVERIFY2(outcome.err.contains(option), qPrintable(outcome.err));
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(!QFile::exists(path("x.png")));
    }

    void whatCannotBeOpenedIsNamedAndNoPictureWritten_data() {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"nope.png", "text.jpg", "empty", "none.pth"})
            QTest::newRow(kind) << kind;
    }

    void whatCannotBeOpenedIsNamedAndNoPictureWritten() {
        QFETCH(QString, kind);
        QFile text(path("text.jpg"));
        QVERIFY(text.open(QIODevice::WriteOnly) && text.write("this is text") > 0);
        text.close();
        QVERIFY(QDir().mkpath(path("empty")));
        QStringList arguments{path(kind)};
        if (kind == "none.pth") arguments = {path("cat.png"), "-w", path(kind)};
        const Outcome outcome = window(arguments + QStringList{"--screenshot", path("x.png")});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(sentences(outcome).size(), 1);
        QVERIFY2(sentences(outcome).front().contains(path(kind)), qPrintable(outcome.err));
        QVERIFY(!QFile::exists(path("x.png")));
    }

    void aPlaceWhereItCannotBeWrittenIsNamed() {
        const Outcome outcome = window({path("cat.png"), "--screenshot", path("missing/x.png")});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(sentences(outcome).size(), 1);
        QVERIFY2(sentences(outcome).front().contains(path("missing/x.png")), qPrintable(outcome.err));
        QVERIFY(!QFile::exists(path("missing")));
    }

private:
    QString path(const QString& name) const { return folder_->filePath(name); }

    /// What the options do not say comes from an empty home.
    Outcome window(const QStringList& arguments) const {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("QT_QPA_PLATFORM", "offscreen");
        for (const char* name :
             {"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"})
            environment.insert(name, path("home"));
        environment.insert("XDG_RUNTIME_DIR", folder_->path());
        for (const char* name : {"QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS"})
            environment.remove(name);
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(PROGRAM_DIR "/dinoscope"), kSmall + arguments);
        return finish(process);
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(ScreenshotTest)
#include "screenshot_test.moc"
