#include <sys/resource.h>

#include <QDir>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

/// Enough for the program and a small network, not for prototypes of 1,048,576 x 256 numbers, twice.
constexpr rlim_t kAddressSpace = rlim_t{3'000'000'000};

}  // namespace

/// The plan refuses what cannot fit; these runs are told to start all the same.
class OutOfMemoryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("a sanitizer takes more address space than the limit of this test");
#endif
        QVERIFY(folder_.isValid() && QDir(folder_.path()).mkpath("images"));
        for (int i = 0; i < 4; ++i) {
            QImage image(40, 40, QImage::Format_RGB32);
            image.fill(qRgb(60 * i, 200 - 40 * i, 90));
            QVERIFY(image.save(folder_.filePath(QString("images/%1.png").arg(i))));
        }
    }

    void aTrainingThatRunsOutOfMemoryEndsWithTheNumbersAndWhatWouldHelp() {
        QProcess process;
        process.setChildProcessModifier([] {
            const rlimit limit{kAddressSpace, kAddressSpace};
            setrlimit(RLIMIT_AS, &limit);
        });
        process.start(QStringLiteral(PROGRAM_DIR "/dino"), {"train",
                                                            "--data",
                                                            folder_.filePath("images"),
                                                            "-o",
                                                            folder_.filePath("run"),
                                                            "--arch",
                                                            "vit_tiny",
                                                            "--img-size",
                                                            "32",
                                                            "--global-crop-size",
                                                            "32",
                                                            "--local-crops-number",
                                                            "0",
                                                            "--batch-size-per-gpu",
                                                            "2",
                                                            "--epochs",
                                                            "1",
                                                            "--warmup-epochs",
                                                            "0",
                                                            "--out-dim",
                                                            "1048576",
                                                            "--threads",
                                                            "1",
                                                            "--force"});
        QVERIFY(process.waitForFinished(240'000));
        const QString err = QString::fromUtf8(process.readAllStandardError());
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QVERIFY2(process.exitCode() == 1, qPrintable(err));
        QVERIFY2(err.contains("memory ran out"), qPrintable(err));
        QVERIFY2(err.contains("nothing was saved yet"), qPrintable(err));
        QVERIFY2(err.contains("--out-dim"), qPrintable(err));
    }

private:
    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(OutOfMemoryTest)
#include "out_of_memory_test.moc"
