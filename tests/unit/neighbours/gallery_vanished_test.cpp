#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/unit/neighbours/stored_gallery.h"

using namespace dinoscope;
using namespace dinoscope::stored;

namespace {

constexpr int kImages = 6;
constexpr std::int64_t kWhen = 1'800'000'000'000'000'000;

NewImage known(int number) {
    NewImage one = image(number);
    one.feature.clear();
    return one;
}

}  // namespace

/// Images that are marked as vanished: as good as gone to whoever looks, and there again at no cost.
class GalleryVanishedTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        gallery_ = fs::path(folder_->path().toStdString()) / "gallery";
        fill(gallery_, kImages);
        mark({image(1).name, image(4).name});
    }

    void markedImagesAreNeitherShownNorFound() {
        const GalleryReader reader = open(gallery_);
        QCOMPARE(reader.images().size(), std::size_t(kImages - 2));
        QCOMPARE(reader.damaged(), 0);
        QVERIFY(!reader.find(image(1).name) && !reader.find(image(4).name));
        QCOMPARE(std::count(reader.imageOfRow().begin(), reader.imageOfRow().end(), -1), 2);
        QCOMPARE(featureOf(reader, image(3).name), feature(3));
    }

    void whatIsKnownOfThemStaysWithTheDate() {
        const GalleryWriter writer(gallery_, record());
        QVERIFY(!writer.repair().any());
        QCOMPARE(writer.vanished().size(), std::size_t(2));
        const StoredImage& marked = writer.vanished().at(image(4).name);
        QCOMPARE(marked.vanished, kWhen);
        QCOMPARE(marked.bytes, image(4).bytes);
        QCOMPARE(marked.modified, image(4).modified);
        QVERIFY(writer.knows(content(4)));
    }

    void theyComeBackAsTheyWere() {
        {
            GalleryWriter writer(gallery_, record());
            writer.restore({image(1).name, image(2).name, "never.jpg"});
            QCOMPARE(writer.vanished().size(), std::size_t(1));
        }
        const GalleryReader reader = open(gallery_);
        QCOMPARE(reader.images().size(), std::size_t(kImages - 1));
        QCOMPARE(featureOf(reader, image(1).name), feature(1));
        QCOMPARE(reader.matrix().rows(), kImages);
    }

    void ofAFileWithAnotherDateTheFeatureIsTakenOver() {
        {
            GalleryWriter writer(gallery_, record());
            NewImage touched = known(4);
            touched.modified += 1000;
            writer.put({touched});
            QCOMPARE(writer.vanished().size(), std::size_t(1));
        }
        const GalleryReader reader = open(gallery_);
        QCOMPARE(featureOf(reader, image(4).name), feature(4));
        QCOMPARE(reader.matrix().rows(), kImages);
    }

    void aFileOfAnotherContentReplacesThem() {
        {
            GalleryWriter writer(gallery_, record());
            NewImage other = image(40);
            other.name = image(4).name;
            writer.put({other});
            QVERIFY(!writer.vanished().contains(image(4).name));
        }
        QCOMPARE(featureOf(open(gallery_), image(4).name), feature(40));
        QVERIFY(!GalleryWriter(gallery_, record()).repair().any());
    }

    void anImageThatWasRenamedTakesItsRowAlong() {
        {
            GalleryWriter writer(gallery_, record());
            NewImage renamed = known(4);
            renamed.name = "renamed.jpg";
            // The old name comes back with another content in the same breath.
            NewImage other = image(50);
            other.name = image(4).name;
            writer.put({renamed, other});
            QCOMPARE(writer.vanished().size(), std::size_t(1));
        }
        const GalleryReader reader = open(gallery_);
        QCOMPARE(featureOf(reader, "renamed.jpg"), feature(4));
        QCOMPARE(featureOf(reader, image(4).name), feature(50));
        QCOMPARE(reader.matrix().rows(), kImages + 1);
        const GalleryWriter again(gallery_, record());
        QVERIFY(!again.repair().any());
        QVERIFY(!again.vanished().contains(image(4).name));
    }

    void aRewritingKeepsThem() {
        JobControl control;
        {
            GalleryWriter writer(gallery_, record());
            writer.remove({image(0).name});
            writer.rewrite(
                false, [](const std::vector<float>& row) { return row; }, control);
            QCOMPARE(FeatureMatrix::open(gallery_, 2).rows(), kImages - 1);
            QCOMPARE(writer.vanished().size(), std::size_t(2));
            writer.restore({image(4).name});
        }
        QCOMPARE(featureOf(open(gallery_), image(4).name), feature(4));
    }

    void tidyingKeepsTheirThumbnails() {
        JobControl control;
        GalleryWriter(gallery_, record()).tidy(control);
        ThumbnailTable thumbnails(gallery_, Database::Mode::Read);
        QCOMPARE(thumbnails.find(content(4)), image(4).thumbnail);
    }

    void thoseThatAreRemovedAreForgotten() {
        {
            GalleryWriter writer(gallery_, record());
            writer.remove({image(1).name});
        }
        const GalleryWriter writer(gallery_, record());
        QVERIFY(!writer.repair().any());
        QCOMPARE(writer.vanished().size(), std::size_t(1));
        QCOMPARE(writer.images().size(), std::size_t(kImages - 2));
    }

    void whatIsMissingIsForgottenMarkedOrNot() {
        GalleryRecord own = record();
        own.source = folder() / "pictures";
        for (const int number : {0, 1, 2})
            makeFile(own.source / image(number).name);
        fs::create_symlink("loop", own.source / "loop");  // it cannot be entered, so that nobody knows
        NewImage hidden = image(7);
        hidden.name = "loop/7.jpg";
        GalleryWriter writer(folder() / "own", own);
        writer.put({image(0), image(1), image(2), image(3), image(4), image(5), hidden});
        writer.markVanished({image(1).name, image(4).name}, kWhen);
        JobControl control;
        QCOMPARE(writer.forgetMissing(control), std::int64_t(3));
        QCOMPARE(control.progress().total, std::int64_t(7));
        QCOMPARE(writer.images().size(), std::size_t(3));
        QVERIFY(writer.images().contains("loop/7.jpg"));
        QCOMPARE(writer.vanished().size(), std::size_t(1));
        QVERIFY(writer.vanished().contains(image(1).name));
        const ImageTable::Snapshot stored = ImageTable(folder() / "own", Database::Mode::Read).read();
        QCOMPARE(stored.images.size() + stored.vanished.size(), std::size_t(4));
        QCOMPARE(writer.forgetMissing(control), std::int64_t(0));
    }

    /// The folder of this gallery was never there.
    void whereNoneIsThereTheDiskIsMissingAndNoneIsForgotten() {
        GalleryWriter writer(gallery_, record());
        JobControl control;
        const QString said = messageOf([&] { writer.forgetMissing(control); });
        QVERIFY2(said.startsWith("/pictures: none of the gallery's 6 images is there; connect the disk"),
                 qPrintable(said));
        QCOMPARE(writer.images().size(), std::size_t(kImages - 2));
        QCOMPARE(writer.vanished().size(), std::size_t(2));
    }

    void damageToTheirFeaturesIsToldToo() {
        flip(rowsFile(gallery_, 1), 4096 + 4 * rowBytes(kDim, StorageType::Fp32));
        const GalleryWriter writer(gallery_, record());
        QCOMPARE(writer.repair().images, 1);
        QCOMPARE(writer.vanished().size(), std::size_t(1));
    }

    void aMarkThatWasChangedIsNotTrusted() {
        Database(ImageTable::file(gallery_), Database::Mode::Write)
            .run("UPDATE images SET vanished = 0 WHERE name = 'class1/1.jpg'");
        QCOMPARE(open(gallery_).damaged(), 1);
    }

private:
    fs::path folder() const { return folder_->path().toStdString(); }

    static void makeFile(const fs::path& file) {
        fs::create_directories(file.parent_path());
        std::ofstream(file) << "a picture";
    }

    void mark(const std::vector<std::string>& names) const {
        GalleryWriter(gallery_, record()).markVanished(names, kWhen);
    }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path gallery_;
};

QTEST_GUILESS_MAIN(GalleryVanishedTest)
#include "gallery_vanished_test.moc"
