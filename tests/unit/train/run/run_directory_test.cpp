#include "engine/train/run/run_directory.h"

#include <QTemporaryDir>
#include <QtTest>

#include "engine/train/run/train_options.h"
#include "run_test_tools.h"
#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

RunRecord someRecord() {
    return {OptionValues(trainOptions()),
            {"images", "0123", 100, 0},
            {"0.1.0", "2.11.0", "cpu", "fp32", "avx2", 2},
            "2026-11-23 12:40"};
}

QStringList namesIn(const fs::path& folder) {
    QStringList names;
    for (const auto& entry : fs::directory_iterator(folder))
        names << QString::fromStdString(entry.path().filename().string());
    names.sort();
    return names;
}

}  // namespace

class RunDirectoryTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    fs::path run_;

    void addCheckpoints(const std::vector<RunPosition>& positions) const {
        for (const RunPosition position : positions)
            writeContent(RunPaths(run_).checkpoint(position), "x");
    }

private Q_SLOTS:
    void init() {
        run_ = fs::path(folder_.path().toStdString()) / QTest::currentTestFunction() /
               (QTest::currentDataTag() ? QTest::currentDataTag() : "run");
    }

    void aNewRunHasItsFoldersAndTheRecordOnceItIsWritten() {
        {
            RunDirectory directory = RunDirectory::create(run_);
            QVERIFY(!directory.paths().holdsRun());
            directory.write(someRecord());
            QVERIFY(directory.paths().holdsRun());
            QCOMPARE(namesIn(run_), QStringList({"checkpoints", "lock", "probes", "run.toml"}));
        }
        QCOMPARE(namesIn(run_), QStringList({"checkpoints", "probes", "run.toml"}));
        QCOMPARE(readRunRecord(RunPaths(run_).record()).data.images, std::int64_t(100));
    }

    void aFolderWithARunIsRefused() {
        RunDirectory::create(run_).write(someRecord());
        const std::string said = errorOf([this] { RunDirectory::create(run_); });
        VERIFY_SAYS(said, "run: the folder holds a run already; go on with it by --resume");
        QVERIFY(!fs::exists(RunPaths(run_).lock()));
    }

    void aFolderWithForeignFilesIsRefusedAndLeftAsItIs_data() {
        QTest::addColumn<QString>("file");
        for (const char* file :
             {"holiday.jpg", "checkpoints/epoch0001.pth", "metrics.jsonl", "sub/x", "log.txt"})
            QTest::newRow(QString(file).replace('/', '-').toUtf8().constData()) << file;
    }

    void aFolderWithForeignFilesIsRefusedAndLeftAsItIs() {
        QFETCH(const QString, file);
        writeContent(run_ / file.toStdString(), "precious");
        VERIFY_SAYS(errorOf([this] { RunDirectory::create(run_); }), "the folder is not empty (");
        QCOMPARE(namesIn(run_), QStringList(file.section('/', 0, 0)));
        QCOMPARE(contentOf(run_ / file.toStdString()), std::string("precious"));
    }

    void whatAStoppedStartLeftIsNoObstacle() {
        { const RunDirectory stopped = RunDirectory::create(run_); }
        writeContent(run_ / "log.txt", "2026-11-23T12:40:00Z  started on cpu in fp32: 8 images\n");
        writeContent(run_ / "lock", "dinoscope lock\nhos");
        writeContent(run_ / ".run.toml.123456", "half");
        writeContent(run_ / ".DS_Store", "x");
        RunDirectory::create(run_).write(someRecord());
        QCOMPARE(namesIn(run_), QStringList({".DS_Store", "checkpoints", "log.txt", "probes", "run.toml"}));
    }

    void theImagesAreKeptOnceAndGoWithARunThatCouldNotBegin() {
        const test::ImageFolder photos;
        photos.png("a.png");
        RunDirectory directory = RunDirectory::create(run_);
        directory.write(someRecord());
        directory.keep(photos.scan());
        QCOMPARE(namesIn(run_), QStringList({"checkpoints", "images.txt", "lock", "probes", "run.toml"}));
        const std::string kept = contentOf(directory.paths().images());
        VERIFY_SAYS(kept, " a.png\n");
        photos.png("b.png");
        directory.keep(photos.scan());
        QCOMPARE(contentOf(directory.paths().images()), kept);
        directory.discard();
        QVERIFY(!fs::exists(run_));
    }

    void aForeignFileNamedLockIsRefusedAndLeftAsItIs() {
        writeContent(run_ / "lock", "my keys");
        VERIFY_SAYS(errorOf([this] { RunDirectory::create(run_); }), "stands where a run keeps its lock");
        QCOMPARE(namesIn(run_), QStringList("lock"));
        QCOMPARE(contentOf(run_ / "lock"), std::string("my keys"));
    }

    void whatWasThereBeforeOutlivesARunThatCouldNotBegin() {
        const std::string log = "2026-11-23T12:40:00Z  started on cpu in fp32: 8 images\n";
        writeContent(run_ / "log.txt", log);
        fs::create_directories(run_ / "checkpoints");
        RunDirectory directory = RunDirectory::create(run_);
        directory.write(someRecord());
        directory.discard();
        QCOMPARE(namesIn(run_), QStringList({"checkpoints", "log.txt"}));
        QCOMPARE(contentOf(run_ / "log.txt"), log);
    }

    void anEmptyFolderAndALinkToOneOutliveItToo() {
        fs::create_directories(run_);
        const fs::path link = run_.parent_path() / "link";
        fs::create_directory_symlink(run_, link);
        for (const fs::path& folder : {run_, link}) {
            RunDirectory directory = RunDirectory::create(folder);
            directory.write(someRecord());
            writeContent(directory.paths().log(), "begun");
            directory.discard();
            QVERIFY(fs::is_symlink(link) && fs::is_empty(run_));
        }
    }

    void theFoldersAboveThatWereMadeForItGoToo() {
        fs::create_directories(run_);
        RunDirectory directory = RunDirectory::create(run_ / "cats" / "small" / "first");
        directory.discard();
        QVERIFY(fs::is_empty(run_));
    }

    void aLinkToNothingStays() {
        fs::create_directories(run_);
        fs::create_directory_symlink(run_ / "unplugged", run_ / "link");
        QVERIFY(!errorOf([this] { RunDirectory::create(run_ / "link"); }).empty());
        QVERIFY(fs::is_symlink(run_ / "link"));
    }

    void openingTakesAwayHalfWrittenFiles() {
        RunDirectory::create(run_).write(someRecord());
        writeContent(run_ / ".images.txt.4711", "half");
        writeContent(run_ / "checkpoints" / ".epoch0003.pth.98765", "half");
        writeContent(run_ / "teachers" / ".epoch0003.safetensors.98765", "half");
        writeContent(run_ / "checkpoints" / "epoch0002.pth", "whole");
        writeContent(run_ / "checkpoints" / "notes.txt", "mine");
        writeContent(run_ / ".mine.12", "mine");
        const RunDirectory directory = RunDirectory::open(run_);
        QCOMPARE(namesIn(run_ / "checkpoints"), QStringList({"epoch0002.pth", "notes.txt"}));
        QVERIFY(namesIn(run_ / "teachers").isEmpty());
        QVERIFY(fs::exists(run_ / ".mine.12") && !fs::exists(run_ / ".images.txt.4711"));
    }

    void openingNeedsARunAndTheLock() {
        VERIFY_SAYS(errorOf([this] { RunDirectory::open(run_); }), "run: the folder holds no run");
        RunDirectory first = RunDirectory::create(run_);
        first.write(someRecord());
        VERIFY_SAYS(errorOf([this] { RunDirectory::open(run_); }), "this run is being written by process ");
    }

    void whatWouldBeRefusedIsToldWithoutMakingAnything() {
        RunDirectory::requireCreatable(run_);
        QVERIFY(!fs::exists(run_));
        VERIFY_SAYS(errorOf([this] { RunDirectory::requireOpenable(run_); }), "the folder holds no run");
        {
            RunDirectory first = RunDirectory::create(run_);
            VERIFY_SAYS(errorOf([this] { RunDirectory::requireCreatable(run_); }), "by process ");
            first.write(someRecord());
            VERIFY_SAYS(errorOf([this] { RunDirectory::requireOpenable(run_); }), "by process ");
            VERIFY_SAYS(errorOf([this] { RunDirectory::requireCreatable(run_); }), "holds a run already");
        }
        RunDirectory::requireOpenable(run_);
    }

    void twoStartsAtOnceGetOneRun() {
        const RunDirectory first = RunDirectory::create(run_);
        VERIFY_SAYS(errorOf([this] { RunDirectory::create(run_); }), "this run is being written by process ");
    }

    void aFileInTheFoldersPlaceIsAnError() {
        writeContent(run_, "x");
        VERIFY_SAYS(errorOf([this] { RunDirectory::create(run_); }), "run: the folder cannot be read");
        VERIFY_SAYS(errorOf([this] { RunDirectory::create(run_ / "below"); }),
                    "below: the folder cannot be made");
    }

    void checkpointsAreNamedByTheirPlaceAndListedInOrder() {
        const RunPaths paths(run_);
        QCOMPARE(paths.checkpoint({12, 0}).filename().string(), std::string("epoch0012.pth"));
        QCOMPARE(paths.checkpoint({12, 345}).filename().string(), std::string("epoch0012-step000345.pth"));
        QVERIFY(paths.teacher({12, 0}, 1) == run_ / "teachers/epoch0012.safetensors");
        QVERIFY(paths.teacher({12, 345}, 2) == run_ / "teachers/epoch0012-step000345-2.safetensors");
        QVERIFY(paths.listCheckpoints().empty());
        QVERIFY(!paths.latestCheckpoint());
        const std::vector<RunPosition> positions{{0, 7}, {1, 0},  {1, 20},         {1, 100},
                                                 {9, 0}, {10, 0}, {12345, 1234567}};
        addCheckpoints({positions.rbegin(), positions.rend()});
        for (const char* name : {"epoch.pth", "epoch-1.pth", "epoch0001.pth.part", "epoch0001-step.pth",
                                 "best.pth", "epoch99999999999999999999.pth", "epoch0001-step1x.pth"}) {
            writeContent(paths.checkpoints() / name, "x");
        }
        const std::vector<CheckpointFile> files = paths.listCheckpoints();
        QCOMPARE(files.size(), positions.size());
        for (std::size_t i = 0; i < files.size(); ++i)
            QVERIFY(files[i].position == positions[i]);
        QVERIFY((paths.latestCheckpoint()->position == RunPosition{12345, 1234567}));
    }

    void theCheckpointOfAnEpochIsFoundOrThoseThereAreListed() {
        addCheckpoints({{1, 0}, {1, 5}, {20, 0}});
        QCOMPARE(RunPaths(run_).checkpointOfEpoch(20).path, RunPaths(run_).checkpoint({20, 0}));
        VERIFY_SAYS(errorOf([this] { RunPaths(run_).checkpointOfEpoch(5); }),
                    "there is no checkpoint of epoch 5; those of these epochs are kept: 1, 20");
    }

    void pruningKeepsTheNewestAndEverySoManyEpochs() {
        RunDirectory directory = RunDirectory::create(run_);
        addCheckpoints({{1, 0}, {2, 0}, {3, 0}, {4, 0}, {4, 50}, {5, 0}, {5, 50}, {6, 0}, {7, 0}});
        QCOMPARE(directory.prune(2, 2).size(), std::size_t(5));
        QCOMPARE(namesIn(directory.paths().checkpoints()),
                 QStringList({"epoch0002.pth", "epoch0004.pth", "epoch0006.pth", "epoch0007.pth"}));
        QCOMPARE(directory.prune(2, 0).size(), std::size_t(2));
        QCOMPARE(directory.prune(0, 0).size(), std::size_t(1));  // never the last one
        QCOMPARE(namesIn(directory.paths().checkpoints()), QStringList("epoch0007.pth"));
        QVERIFY(directory.prune(5, 3).empty());
    }
};

QTEST_APPLESS_MAIN(RunDirectoryTest)
#include "run_directory_test.moc"
