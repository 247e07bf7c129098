#include <QDir>
#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "engine/train/run/metrics_file.h"
#include "engine/train/run/run_directory.h"
#include "tests/integration/program.h"
#include "tests/integration/small_disk.h"

using namespace dinoscope;

namespace {

constexpr int kImages = 8;
/// Room for one checkpoint of the network below (some 185 MB), not for two.
constexpr int kDiskMegabytes = 300;

}  // namespace

/// A disk that fills up stops a training with a sentence and leaves its last checkpoint whole.
class DiskFullTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        for (int i = 0; i < kImages; ++i) {
            QImage image(40, 40, QImage::Format_RGB32);
            image.fill(QColor::fromHsv(40 * i, 200, 200));
            QDir().mkpath(folder_.filePath("images"));
            QVERIFY(image.save(folder_.filePath(QString("images/%1.png").arg(i))));
        }
        disk_ = std::make_unique<SmallDisk>(folder_.filePath("disk"), kDiskMegabytes);
        if (!disk_->isMounted()) QSKIP("a small disk can only be mounted by root");
    }

    void init() { QDir(run()).removeRecursively(); }
    void cleanup() { disk_->empty(); }

    void duringACheckpoint() {
        // The second is written before the first is cleared away.
        const Outcome outcome = dino(train(2));
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("No space left on device"), qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains(" are free in " + run() + ", too little for 3 checkpoints of "),
                 qPrintable(outcome.err));
        theCheckpointOfTheFirstEpochIsWhole();
    }

    void aPlanTellsIt() {
        const Outcome outcome = dino(train(2) + QStringList{"--plan"});
        QCOMPARE(outcome.status, 0);
        QVERIFY2(outcome.err.contains("too little for 3 checkpoints of "), qPrintable(outcome.err));
        QVERIFY(!QFile::exists(run()));
    }

    /// Without room for a byte, and with too little for run.toml.
    void atTheStart_data() {
        QTest::addColumn<int>("room");
        QTest::newRow("nothing") << 0;
        QTest::newRow("a page") << 1;
    }

    void atTheStart() {
        QFETCH(int, room);
        disk_->fill();
        if (room > 0) disk_->release(4096);
        const Outcome outcome = dino(train(1));
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("No space left on device"), qPrintable(outcome.err));
        QVERIFY(!QFile::exists(run()));
    }

    void duringTheMetrics() {
        QCOMPARE(dino(train(1)).status, 0);
        disk_->fill();
        const Outcome outcome = dino(train(2) + QStringList{"--resume"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("No space left on device"), qPrintable(outcome.err));
        disk_->empty();
        theCheckpointOfTheFirstEpochIsWhole();
    }

private:
    QString run() const { return folder_.filePath("disk/run"); }
    QStringList train(int epochs) const {
        return QString(
                   "train --data %1 -o %2 --epochs %3 --arch vit_tiny --img-size 32 --global-crop-size 32 "
                   "--local-crop-size 16 --local-crops-number 1 --out-dim 64 --batch-size-per-gpu 4 "
                   "--warmup-epochs 0 --metrics-every 1 --knn-every 0")
            .arg(folder_.filePath("images"), run())
            .arg(epochs)
            .split(' ');
    }

    void theCheckpointOfTheFirstEpochIsWhole() const {
        const RunPaths paths(run().toStdString());
        const auto latest = paths.latestCheckpoint();
        QVERIFY(latest.has_value());
        QCOMPARE(latest->position.epochs, std::int64_t(1));
        QVERIFY(QDir(QString::fromStdString(latest->path.parent_path().string()))
                    .entryList(QDir::Files | QDir::Hidden)
                    .size() == 1);
        const Outcome information = dino({"info", run()});
        QVERIFY2(information.status == 0, qPrintable(information.err));
        QVERIFY(readMetrics(paths.metrics()).steps.size() >= std::size_t(kImages / 4));
    }

    QTemporaryDir folder_;
    std::unique_ptr<SmallDisk> disk_;
};

QTEST_GUILESS_MAIN(DiskFullTest)
#include "disk_full_test.moc"
