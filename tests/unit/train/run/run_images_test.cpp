#include "engine/train/run/run_images.h"

#include <QTemporaryDir>
#include <QtTest>
#include <memory>

#include "run_test_tools.h"
#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

class RunImagesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        images_ = std::make_unique<test::ImageFolder>();
        run_ = std::make_unique<QTemporaryDir>();
        for (int i = 0; i < 4; ++i)
            images_->png(std::to_string(i) + ".png", 5 + i, 4);
        const ImageDataset begun = images_->scan();
        data_.fingerprint = begun.fingerprint();
        writeDataset(paths().images(), begun);
    }

    void aFolderThatIsAsItWasIsTakenAsItIsFound() {
        writeContent(paths().images(), "damaged");  // and nobody looks
        const KeptDataset images = imagesOfRun(paths(), data_, images_->scan());
        QCOMPARE(images.dataset.fingerprint(), data_.fingerprint);
        QCOMPARE(images.changes.gone, std::int64_t(0));
    }

    void ofAFolderThatChangedTheImagesAreThoseTheRunBeganWith() {
        fs::remove(images_->path("1.png"));
        images_->png("0b.png");
        const KeptDataset images = imagesOfRun(paths(), data_, images_->scan());
        QCOMPARE(images.dataset.fingerprint(), data_.fingerprint);
        QCOMPARE(images.dataset.size(), std::int64_t(4));
        QVERIFY(images.dataset.isGone(1));
        QCOMPARE(images.changes.gone, std::int64_t(1));
        QCOMPARE(images.changes.added, std::int64_t(1));
    }

    /// Of an older version: what is found has another fingerprint, by which it is refused.
    void withoutTheFileOnlyTheFolderTells() {
        fs::remove(paths().images());
        fs::remove(images_->path("1.png"));
        const ImageDataset found = images_->scan();
        const KeptDataset images = imagesOfRun(paths(), data_, found);
        QCOMPARE(images.dataset.fingerprint(), found.fingerprint());
        QCOMPARE(images.changes.gone, std::int64_t(0));
    }

    void aFileThatIsDamagedOrAnotherRunsIsRefused() {
        fs::remove(images_->path("1.png"));
        const ImageDataset found = images_->scan();
        writeDataset(paths().images(), found);
        VERIFY_SAYS(errorOf([&] { imagesOfRun(paths(), data_, found); }),
                    "images.txt: these are not the images of the run");
        writeContent(paths().images(), "damaged");
        VERIFY_SAYS(
            errorOf([&] { imagesOfRun(paths(), data_, found); }),
            "images.txt: line 1 is not what it was when it was written; restore the file from a copy");
    }

private:
    RunPaths paths() const { return RunPaths(run_->path().toStdString()); }

    std::unique_ptr<test::ImageFolder> images_;
    std::unique_ptr<QTemporaryDir> run_;
    DataRecord data_;
};

QTEST_APPLESS_MAIN(RunImagesTest)
#include "run_images_test.moc"
