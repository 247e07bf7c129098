#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "engine/neighbours/store/find_record.h"
#include "tests/unit/neighbours/stored_gallery.h"

using namespace dinoscope;
using namespace dinoscope::stored;

namespace {

constexpr int kImages = 6;

bool isToldOf(const GalleryWriter& writer, const std::string& part) {
    const auto& notes = writer.repair().notes;
    return std::any_of(notes.begin(), notes.end(),
                       [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

void cut(const fs::path& file, std::uintmax_t size) {
    QVERIFY(fs::file_size(file) > size);
    fs::resize_file(file, size);
}

std::string textOf(const fs::path& file) {
    QFile raw(QString::fromStdString(file.string()));
    return raw.open(QIODevice::ReadOnly) ? raw.readAll().toStdString() : std::string();
}

}  // namespace

/// What opening for writing makes of damage: whatever can be told from what is whole is kept, and nothing is
/// given up silently.
class GalleryRepairTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        gallery_ = fs::path(folder_->path().toStdString()) / "gallery";
        fill(gallery_, kImages);
    }

    void aDamagedHeaderIsWrittenAnewFromTheOtherFile_data() {
        QTest::addColumn<bool>("ofKeys");
        QTest::addColumn<int>("offset");
        for (const bool ofKeys : {false, true}) {
            for (const int offset : {2, 9, 12, 16, 24, 32, 45, 60})
                QTest::addRow("%s, byte %d", ofKeys ? "keys" : "rows", offset) << ofKeys << offset;
        }
    }

    void aDamagedHeaderIsWrittenAnewFromTheOtherFile() {
        QFETCH(bool, ofKeys);
        QFETCH(int, offset);
        const fs::path file = ofKeys ? keysFile(gallery_, 1) : rowsFile(gallery_, 1);
        flip(file, offset);
        {
            const GalleryWriter writer(gallery_, record());
            QVERIFY(isToldOf(writer, file.string() + ": the header was damaged"));
            QCOMPARE(writer.repair().images, 0);
            QCOMPARE(writer.images().size(), std::size_t(kImages));
            QCOMPARE(writer.generation(), std::uint64_t(1));
        }
        requireAll();
        QVERIFY(!GalleryWriter(gallery_, record()).repair().any());
    }

    void aDamagedHeaderIsMendedWhereTheDatabaseIsLostToo() {
        flip(rowsFile(gallery_, 1), 9);
        fs::remove(ImageTable::file(gallery_));
        const GalleryWriter writer(gallery_, record());
        for (int i = 0; i < kImages; ++i)
            QVERIFY(writer.knows(content(i)));
    }

    void withoutAnyHeaderTheFeaturesAreComputedAgain() {
        flip(rowsFile(gallery_, 1), 9);
        flip(keysFile(gallery_, 1), 9);
        requireComputedAgain("header is damaged");
    }

    void aMissingMatrixIsComputedAgain_data() {
        QTest::addColumn<bool>("rows");
        QTest::addColumn<bool>("keys");
        QTest::addRow("rows") << true << false;
        QTest::addRow("keys") << false << true;
        QTest::addRow("both") << true << true;
    }

    void aMissingMatrixIsComputedAgain() {
        QFETCH(bool, rows);
        QFETCH(bool, keys);
        if (rows) QVERIFY(fs::remove(rowsFile(gallery_, 1)));
        if (keys) QVERIFY(fs::remove(keysFile(gallery_, 1)));
        const QString message = messageOf([&] { open(gallery_); });
        QVERIFY2(message.contains("missing") && message.contains("index"), qPrintable(message));
        requireComputedAgain("missing");
        QVERIFY(!fs::exists(rowsFile(gallery_, 1)) && !fs::exists(keysFile(gallery_, 1)));
    }

    void keysAloneAndANewDatabaseAreNoMatrixEither() {
        fs::remove(rowsFile(gallery_, 1));
        fs::remove(ImageTable::file(gallery_));
        {
            GalleryWriter writer(gallery_, record());
            QVERIFY(isToldOf(writer, "missing"));
            writer.put({image(1)});
        }
        QCOMPARE(featureOf(open(gallery_), image(1).name), feature(1));
    }

    void imagesOfACutMatrixAreToldAndComputedAgain_data() {
        QTest::addColumn<bool>("ofKeys");
        QTest::newRow("rows") << false;
        QTest::newRow("keys") << true;
    }

    void imagesOfACutMatrixAreToldAndComputedAgain() {
        QFETCH(bool, ofKeys);
        const auto stride = std::uintmax_t(rowBytes(kDim, StorageType::Fp32));
        // Two rows, and a part of the third.
        if (ofKeys) {
            cut(keysFile(gallery_, 1), 4096 + 2 * 32 + 7);
        } else {
            cut(rowsFile(gallery_, 1), 4096 + 2 * stride + 7);
        }
        const fs::path graph = gallery_ / "hnsw-1.bin";
        QVERIFY(QFile(QString::fromStdString(graph.string())).open(QIODevice::WriteOnly));
        GalleryWriter writer(gallery_, record());
        QCOMPARE(writer.repair().images, kImages - 2);
        QVERIFY(isToldOf(writer, "the features of 4 images are lost"));
        QCOMPARE(writer.images().size(), std::size_t(2));
        // Other rows come in place of those that it knows.
        QVERIFY(!fs::exists(graph));
        for (int i = 0; i < kImages; ++i) {
            if (!writer.images().contains(image(i).name)) writer.put({image(i)});
        }
        requireAll();
    }

    void aMatrixWithoutItsHeaderPageIsToldToo() {
        cut(rowsFile(gallery_, 1), 100);
        const GalleryWriter writer(gallery_, record());
        QCOMPARE(writer.repair().images, kImages);
        QVERIFY(isToldOf(writer, "the features of 6 images are lost"));
    }

    void aDamagedRowIsToldOnce() {
        flip(rowsFile(gallery_, 1), 4096 + 5);
        {
            GalleryWriter writer(gallery_, record());
            QVERIFY(isToldOf(writer, "the features of 1 image are damaged"));
            writer.put({image(0)});
        }
        QVERIFY(!GalleryWriter(gallery_, record()).repair().any());
        requireAll();
    }

    void imagesThatNameTheRowsOfOthersAreToldAndForgotten() {
        {
            ImageTable table(gallery_, Database::Mode::Write);
            StoredImage wrong = table.read().images.front();
            wrong.row = (wrong.row + 1) % kImages;
            table.put({wrong});
        }
        const GalleryWriter writer(gallery_, record());
        QCOMPARE(writer.repair().images, 1);
        QVERIFY(isToldOf(writer, "1 image name features of others"));
    }

    void aDamagedRecordIsThatOfTheDatabase_data() {
        QTest::addColumn<bool>("missing");
        QTest::newRow("damaged") << false;
        QTest::newRow("missing") << true;
    }

    void aDamagedRecordIsThatOfTheDatabase() {
        QFETCH(bool, missing);
        const std::string before = textOf(recordFile(gallery_));
        if (missing) {
            fs::remove(recordFile(gallery_));
        } else {
            flip(recordFile(gallery_), 40);
        }
        QVERIFY(readGalleryRecord(gallery_) == record());
        QCOMPARE(open(gallery_).images().size(), std::size_t(kImages));
        {
            const GalleryWriter writer(gallery_, record());
            QVERIFY(isToldOf(writer, recordFile(gallery_).string() + ": the record of this gallery is "));
            QCOMPARE(writer.images().size(), std::size_t(kImages));
        }
        QCOMPARE(textOf(recordFile(gallery_)), before);
        QVERIFY(!GalleryWriter(gallery_, record()).repair().any());
        requireAll();
    }

    /// Had the options been taken for the record, features on other terms would have got into it.
    void whatAMissingRecordSaidStillHolds() {
        fs::remove(recordFile(gallery_));
        GalleryRecord other = record();
        other.terms.crop = 96;
        QVERIFY(messageOf([&] { GalleryWriter(gallery_, other); }).contains("--crop 224"));
    }

    void withoutACopyADamagedRecordIsRefused() {
        flip(recordFile(gallery_), 40);
        Database(ImageTable::file(gallery_), Database::Mode::Write).run("DELETE FROM record");
        QVERIFY(messageOf([&] {
                    readGalleryRecord(gallery_);
                }).contains("the record of this gallery is damaged"));
        flip(ImageTable::file(gallery_), 3);
        QVERIFY(messageOf([&] { GalleryWriter(gallery_, record()); }).contains("damaged"));
    }

    void theCopyFollowsTheRecord() {
        GalleryRecord moved = record();
        moved.source = "/elsewhere";
        writeGalleryRecord(gallery_, moved);
        { const GalleryWriter writer(gallery_, moved); }
        fs::remove(recordFile(gallery_));
        QVERIFY(readGalleryRecord(gallery_) == moved);
    }

    /// As the first version wrote them: without marks and without the copy.
    void oldGalleriesAreReadAndBroughtUpToDate() {
        Database(ImageTable::file(gallery_), Database::Mode::Write)
            .run("DROP TABLE record; ALTER TABLE images DROP COLUMN vanished; PRAGMA user_version = 1");
        requireAll();
        {
            GalleryWriter writer(gallery_, record());
            QVERIFY(!writer.repair().any());
            QCOMPARE(writer.images().size(), std::size_t(kImages));
            writer.markVanished({image(2).name}, 77);
        }
        QCOMPARE(open(gallery_).images().size(), std::size_t(kImages - 1));
        QVERIFY(ImageTable(gallery_, Database::Mode::Read).record() == formatGalleryRecord(record()));
    }

    void discardedFeaturesLeaveAnEmptyGallery() {
        {
            GalleryWriter writer(gallery_, record());
            JobControl control;
            writer.rewrite(
                true, [](const std::vector<float>& row) { return row; }, control);
            QVERIFY(writer.isWhitened());
            writer.discardFeatures();
            QVERIFY(!writer.isWhitened());
            QVERIFY(writer.images().empty() && !writer.knows(content(1)));
            for (int i = 0; i < kImages; ++i)
                writer.put({image(i)});
        }
        requireAll();
        QVERIFY(!GalleryWriter(gallery_, record()).repair().any());
    }

private:
    void requireAll() const {
        const GalleryReader reader = open(gallery_);
        QCOMPARE(reader.damaged(), 0);
        QCOMPARE(reader.images().size(), std::size_t(kImages));
        for (int i = 0; i < kImages; ++i)
            QCOMPARE(featureOf(reader, image(i).name), feature(i));
    }

    void requireComputedAgain(const std::string& told) const {
        {
            GalleryWriter writer(gallery_, record());
            QVERIFY(isToldOf(writer, told));
            QVERIFY(isToldOf(writer, "the features are computed again"));
            QCOMPARE(writer.repair().images, kImages);
            QVERIFY(writer.images().empty() && !writer.knows(content(1)));
            for (int i = 0; i < kImages; ++i)
                writer.put({image(i)});
        }
        requireAll();
        QVERIFY(!GalleryWriter(gallery_, record()).repair().any());
    }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path gallery_;
};

QTEST_GUILESS_MAIN(GalleryRepairTest)
#include "gallery_repair_test.moc"
