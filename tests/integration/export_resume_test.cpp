#include <QFileInfo>
#include <QProcess>
#include <QTest>

#include "tests/integration/train_fixture.h"

using namespace dinoscope;

namespace {

/// A command of Python, as a run of `dino`; the status is -1 where there is no Python as well.
Outcome python(const QStringList& arguments) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("OMP_NUM_THREADS", "1");
    process.setProcessEnvironment(environment);
    process.start(qEnvironmentVariable("DINOSCOPE_PYTHON", "python3"), arguments);
    return process.waitForStarted() ? finish(process) : Outcome{};
}

}  // namespace

/// `dino export RUN --format dino` writes what facebookresearch/dino resumes from.
class ExportResumeTest : public QObject, protected TrainRuns {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (python({"-c", "import torch"}).status != 0)
            QSKIP("there is no Python with torch; DINOSCOPE_PYTHON names one");
    }

    void init() { makeFolder(); }

    void pythonResumesFromTheExportedFile_data() {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("optimizer");
        QTest::addColumn<QStringList>("options");
        const auto row = [](const char* name, const char* architecture, const char* optimizer,
                            const QStringList& options = {}) {
            QTest::newRow(name) << QString(architecture) << QString(optimizer) << options;
        };
        row("adamw", "vit_tiny", "adamw");
        row("sgd", "vit_tiny", "sgd");
        row("lars", "vit_tiny", "lars");
        row("batch norm in the head", "vit_tiny", "adamw", {"--use-bn-in-head"});
        row("a last layer of any length", "vit_tiny", "adamw", {"--no-norm-last-layer"});
        row("resnet50", "resnet50", "sgd");
    }

    void pythonResumesFromTheExportedFile() {
        QFETCH(QString, architecture);
        QFETCH(QString, optimizer);
        QFETCH(QStringList, options);
        const QString file = path("exported.pth");
        const Outcome run =
            dino(train() + QStringList{"--epochs", "1", "--arch", architecture, "--optimizer", optimizer} +
                 options);
        QVERIFY2(run.status == 0, qPrintable(run.err));
        const Outcome exported = dino({"export", path("run"), "--format", "dino", "-o", file});
        QVERIFY2(exported.status == 0, qPrintable(exported.err));
        QVERIFY(QFileInfo::exists(file));
        const Outcome checked = python({SOURCE_DIR "/tests/integration/check_checkpoint.py", file,
                                        architecture, optimizer, QString::number(kStepsPerEpoch)});
        if (checked.status == 77)
            QSKIP("this Python has no torchvision, which has the reference's ResNet-50");
        QVERIFY2(checked.status == 0, qPrintable(checked.err));
    }
};

QTEST_GUILESS_MAIN(ExportResumeTest)
#include "export_resume_test.moc"
