#include "engine/train/disk_room.h"

#include <QTemporaryDir>
#include <QtTest/QtTest>

#include "engine/train/memory_plan.h"
#include "engine/train/run/train_options.h"
#include "tests/unit/train/run/run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

/// What is told before a disk is full, not once it is.
class DiskRoomTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    RunPaths run() const { return RunPaths(fs::path(folder_.path().toStdString()) / "run"); }

private Q_SLOTS:
    void checkpointsThatFindRoomAreNotTold() {
        QCOMPARE(tightDisk(run(), 1000, 2, 3000), std::string());
        QCOMPARE(tightDisk(run(), 1000, 100'000, 200'000'000), std::string());
    }

    void thoseThatDoNotAreToldWithTheNumbers() {
        const std::string said = tightDisk(run(), 185'000'000, 2, 300'000'000);
        VERIFY_SAYS(said, "300 MB are free in " + run().folder().string());
        VERIFY_SAYS(said, "too little for 3 checkpoints of 185 MB");
        VERIFY_SAYS(said, "--keep-last");
    }

    void thoseThatAreThereHaveTheirRoom() {
        for (const RunPosition position : {RunPosition{1, 0}, RunPosition{2, 0}, RunPosition{3, 0}})
            writeContent(run().checkpoint(position), "x");
        QCOMPARE(tightDisk(run(), 1000, 2, 1000), std::string());
        VERIFY_SAYS(tightDisk(run(), 1000, 2, 999), "too little for 1 checkpoint of ");
    }

    void theSpaceOfAFolderThatIsNotThereYetIsThatOfTheOneAbove() {
        const fs::path folder = folder_.path().toStdString();
        const auto here = freeSpace(folder);
        const auto below = freeSpace(folder / "cats" / "small");
        QVERIFY(here && below && *here > 0 && *below > 0);
        QVERIFY(freeSpace("some-run").has_value());
    }

    void aCheckpointHoldsBothNetworksAndTheOptimizersState() {
        OptionValues options(trainOptions());
        options.set("arch", std::string_view("vit_tiny"));
        options.set("out-dim", std::string_view("64"));
        const auto adamw = checkpointBytes(options, 0);
        QVERIFY(adamw > 150'000'000 && adamw < 200'000'000);
        options.set("optimizer", std::string_view("sgd"));
        QCOMPARE(checkpointBytes(options, 0), adamw / 4 * 3);
    }
};

QTEST_APPLESS_MAIN(DiskRoomTest)
#include "disk_room_test.moc"
