#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include "tests/integration/program.h"

using namespace dinoscope;

/// `cmake --install` without LibTorch's half a gigabyte, which the test finds where it was fetched to.
class InstallTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(folder_.isValid());
        QCOMPARE(QProcess::execute(CMAKE_PROGRAM, {"--install", PROGRAM_DIR "/..", "--prefix", prefix(),
                                                   "--component", "programs"}),
                 0);
        // A tree that may be moved.
        QVERIFY(QDir().rename(prefix(), moved()));
    }

    void theProgramsFindWhatLiesBesideThem() {
        const Outcome outcome = run("dino", {"info", "bundled", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.json()["file"].toString().startsWith(moved() + "/share/dinoscope/models/"),
                 qPrintable(outcome.out));
        const Outcome plan = run("dino", {"train", "--plan", "--preset", "five-minutes"});
        QVERIFY2(plan.status == 0, qPrintable(plan.err));
    }

    void theWindowShowsASample() {
        const QString picture = folder_.filePath("window.png");
        const Outcome outcome = run("dinoscope", {"--screenshot", picture, "--window", "1024x600"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(QImage(picture).size(), QSize(1024, 600));
    }

    void whatADesktopReadsIsThere() {
        QVERIFY(QFileInfo::exists(moved() + "/share/applications/dinoscope.desktop"));
        QVERIFY(QFileInfo::exists(moved() + "/share/icons/hicolor/scalable/apps/dinoscope.svg"));
        QVERIFY(QFileInfo::exists(moved() + "/share/doc/dinoscope/LICENSE"));
    }

private:
    QString prefix() const { return folder_.filePath("made"); }
    QString moved() const { return folder_.filePath("moved"); }

    Outcome run(const QString& program, const QStringList& arguments) const {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("LD_LIBRARY_PATH", TORCH_LIBRARIES);
        environment.insert("XDG_CONFIG_HOME", folder_.path());
        process.setProcessEnvironment(environment);
        process.start(moved() + "/bin/" + program, arguments);
        return finish(process);
    }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(InstallTest)
#include "install_test.moc"
