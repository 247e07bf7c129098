#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>

#include "engine/base/atomic_file.h"
#include "engine/base/mapped_file.h"
#include "engine/neighbours/store/gallery_reader.h"
#include "engine/neighbours/store/gallery_writer.h"
#include "engine/neighbours/store/whitening.h"
#include "tests/fuzz/gallery_targets.h"
#include "tests/unit/neighbours/stored_gallery.h"

using namespace dinoscope;
using namespace dinoscope::stored;

class GalleryStoreTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        gallery_ = fs::path(folder_->path().toStdString()) / "gallery";
    }

    void whatWasPutIsThere() {
        fill(gallery_, 11);
        const GalleryReader reader = open(gallery_);
        QCOMPARE(reader.images().size(), std::size_t(11));
        QCOMPARE(reader.damaged(), 0);
        QVERIFY(reader.record() == record());
        for (int i = 0; i < 11; ++i)
            QCOMPARE(featureOf(reader, image(i).name), feature(i));
        // As listImages() would list them.
        QCOMPARE(QString::fromStdString(reader.images()[0].name), QString("class0/0.jpg"));
        QCOMPARE(QString::fromStdString(reader.images()[5].name), QString("class0/10.jpg"));
        QCOMPARE(reader.imageOfRow()[3], std::int32_t(*reader.find(image(3).name)));
        ThumbnailTable thumbnails(gallery_, Database::Mode::Read);
        QCOMPARE(thumbnails.find(content(7)), image(7).thumbnail);
    }

    void bf16RowsAreRoundedToNearestEven() {
        std::vector<std::byte> row(64);
        std::vector<float> back(3);
        const std::vector<float> values{1.00390625F, 1.01171875F, -3.1415927F};
        encodeRow(values, StorageType::Bf16, row);
        decodeRow(row, StorageType::Bf16, back);
        QCOMPARE(back, (std::vector<float>{1.0F, 1.015625F, -3.140625F}));
    }

    void aRowTakesNoMoreNumbersThanItHas() {
        std::vector<std::byte> row(std::size_t(rowBytes(256, StorageType::Fp32)));
        const std::vector<float> values(512, 1.0F);
        QVERIFY(messageOf([&] { encodeRow(values, StorageType::Fp32, row); }).contains("512 numbers"));
        QVERIFY(messageOf([&] {
                    encodeRow(std::span(values).first(16), StorageType::Fp32, row);
                }).contains("16 numbers"));
        std::vector<float> back(512);
        QVERIFY(messageOf([&] { decodeRow(row, StorageType::Fp32, back); }).contains("512 numbers"));
    }

    /// What a whitening to more numbers than the gallery has would do, were it not refused before.
    void aTransformOfOtherLengthIsRefusedAndNothingLost() {
        fill(gallery_, 5);
        JobControl control;
        {
            GalleryWriter writer(gallery_, record());
            const auto longer = [](const std::vector<float>& row) {
                return std::vector<float>(4 * row.size(), 1.0F);
            };
            QVERIFY(messageOf([&] { writer.rewrite(false, longer, control); }).contains("96 numbers"));
        }
        QCOMPARE(featureOf(open(gallery_), image(3).name), feature(3));
        const GalleryWriter again(gallery_, record());
        QVERIFY(!again.repair().any());
    }

    void anUnfinishedTailIsCutOff() {
        fill(gallery_, 6);
        for (const fs::path& file : {rowsFile(gallery_, 1), keysFile(gallery_, 1)}) {
            QFile raw(QString::fromStdString(file.string()));
            QVERIFY(raw.open(QIODevice::Append));
            raw.write("torn");
        }
        {
            GalleryWriter writer(gallery_, record());
            QVERIFY(!writer.repair().any());
            writer.put({image(6)});
        }
        QCOMPARE(featureOf(open(gallery_), image(6).name), feature(6));
    }

    void featuresWithoutARowAreTakenOverNotComputedAgain() {
        fill(gallery_, 6);
        {
            // Killed after the matrix was written and before the database was.
            MatrixHeader header = FeatureMatrix::open(gallery_, 1).header();
            MatrixWriter matrix(gallery_, header);
            std::vector<std::byte> row(std::size_t(rowBytes(kDim, StorageType::Fp32)));
            encodeRow(feature(40), StorageType::Fp32, row);
            matrix.append(row, std::vector{content(40)});
        }
        GalleryWriter writer(gallery_, record());
        QVERIFY(!writer.repair().any());
        QVERIFY(writer.knows(content(40)));
        NewImage known = image(40);
        known.feature.clear();
        writer.put({known});
        QCOMPARE(FeatureMatrix::open(gallery_, 1).rows(), 7);
        QCOMPARE(featureOf(open(gallery_), known.name), feature(40));
    }

    void aCopyOfAnImageTakesItsFeature() {
        fill(gallery_, 3);
        GalleryWriter writer(gallery_, record());
        NewImage copy = image(1);
        copy.name = "copy.jpg";
        copy.feature.clear();
        writer.put({copy});
        const GalleryReader reader = open(gallery_);
        QCOMPARE(featureOf(reader, "copy.jpg"), feature(1));
        QCOMPARE(featureOf(reader, image(1).name), feature(1));
    }

    void aDamagedRowIsLeftOutAndThenComputedAgain() {
        fill(gallery_, 8);
        flip(rowsFile(gallery_, 1), 4096 + 2 * rowBytes(kDim, StorageType::Fp32) + 5);
        const GalleryReader reader = open(gallery_);
        QCOMPARE(reader.damaged(), 1);
        QVERIFY(!reader.find(image(2).name));
        QCOMPARE(reader.images().size(), std::size_t(7));
        GalleryWriter writer(gallery_, record());
        QCOMPARE(writer.repair().images, 1);
        QCOMPARE(writer.images().size(), std::size_t(7));
        QVERIFY(!writer.knows(content(2)));
        writer.put({image(2)});
        QCOMPARE(open(gallery_).images().size(), std::size_t(8));
    }

    void aDamagedDatabaseIsRebuiltFromTheFeatures() {
        fill(gallery_, 8);
        QFile raw(QString::fromStdString(ImageTable::file(gallery_).string()));
        QVERIFY(raw.open(QIODevice::ReadWrite));
        raw.write(QByteArray(200, 'x'));
        raw.close();
        QVERIFY(messageOf([&] { open(gallery_); }).contains("the database is damaged"));
        GalleryWriter writer(gallery_, record());
        QVERIFY(writer.repair().any());
        QVERIFY(writer.images().empty());
        for (int i = 0; i < 8; ++i) {
            QVERIFY(writer.knows(content(i)));
            NewImage known = image(i);
            known.feature.clear();
            writer.put({known});
        }
        const GalleryReader reader = open(gallery_);
        for (int i = 0; i < 8; ++i)
            QCOMPARE(featureOf(reader, image(i).name), feature(i));
    }

    void aRowOfTheDatabaseThatWasChangedIsNotTrusted() {
        fill(gallery_, 4);
        Database(ImageTable::file(gallery_), Database::Mode::Write)
            .run("UPDATE images SET bytes = 7 WHERE name = 'class1/3.jpg'");
        QCOMPARE(open(gallery_).damaged(), 1);
        GalleryWriter writer(gallery_, record());
        QCOMPARE(writer.images().size(), std::size_t(3));
        QVERIFY(writer.knows(content(3)));
    }

    void lostThumbnailsAreNoLossOfFeatures() {
        fill(gallery_, 4);
        flip(ThumbnailTable::file(gallery_), 3);
        GalleryWriter writer(gallery_, record());
        QVERIFY(writer.repair().any());
        QCOMPARE(writer.images().size(), std::size_t(4));
    }

    void aSecondWriterIsRefusedByName() {
        const GalleryWriter writer(gallery_, record());
        const QString message = messageOf([&] { GalleryWriter(gallery_, record()); });
        QVERIFY(message.contains("being written by process"));
    }

    void otherModelsTermsAndFoldersAreRefusedByName() {
        fill(gallery_, 2);
        GalleryRecord other = record();
        other.terms.fingerprint = std::string(32, 'f');
        other.terms.model = "b.pth (vit_tiny/16)";
        QString message = messageOf([&] { GalleryWriter(gallery_, other); });
        QVERIFY(message.contains("a.pth") && message.contains("b.pth"));
        other = record();
        other.terms.crop = 96;
        QVERIFY(messageOf([&] { GalleryWriter(gallery_, other); }).contains("--crop 96"));
        other = record();
        other.source = "/elsewhere";
        message = messageOf([&] { GalleryWriter(gallery_, other); });
        QVERIFY(message.contains("/pictures") && message.contains("--relocate"));
    }

    /// Also before the features were whitened: the record says what they are to become.
    void anotherWhiteningIsRefusedByName() {
        GalleryRecord whitened = record();
        whitened.terms.whitened = true;
        whitened.terms.dim = 6;
        { const GalleryWriter writer(gallery_, whitened); }
        GalleryRecord other = whitened;
        other.terms.dim = 12;
        QString message = messageOf([&] { GalleryWriter(gallery_, other); });
        QVERIFY2(message.contains("--whiten 6") && message.contains("--whiten 12"), qPrintable(message));
        message = messageOf([&] { GalleryWriter(gallery_, record()); });
        QVERIFY2(message.contains("--whiten 6") && message.contains("--whiten 0"), qPrintable(message));
    }

    void newerGalleriesAreRefused() {
        fill(gallery_, 2);
        Database(ImageTable::file(gallery_), Database::Mode::Write).run("PRAGMA user_version = 9");
        QVERIFY(messageOf([&] { open(gallery_); }).contains("newer version"));
        QVERIFY(messageOf([&] { GalleryWriter(gallery_, record()); }).contains("newer version"));
        QVERIFY(messageOf([&] {
                    parseGalleryRecord("{\"format\": 2}", "gallery.json");
                }).contains("newer version"));
    }

    void damagedRecordsAreRefused() {
        const std::string good = formatGalleryRecord(record());
        QVERIFY(parseGalleryRecord(good, "x") == record());
        std::string bad = good;
        bad.replace(bad.find("224"), 3, "196");
        QVERIFY(messageOf([&] { parseGalleryRecord(bad, "x"); }).contains("damaged"));
        for (const char* text : {"", "[]", "{}", "{\"format\": 1}", "{\"check\": 5}", "\xff"})
            QVERIFY(messageOf([&] { parseGalleryRecord(text, "x"); }).contains("damaged"));
    }

    void rewritingKeepsEveryImageAndDropsUnusedRows() {
        fill(gallery_, 9);
        JobControl control;
        {
            GalleryWriter writer(gallery_, record());
            writer.remove({image(4).name, image(5).name});
            writer.rewrite(
                false, [](const std::vector<float>& row) { return row; }, control);
            QCOMPARE(FeatureMatrix::open(gallery_, 2).rows(), 7);
            QVERIFY(!fs::exists(rowsFile(gallery_, 1)));
            writer.put({image(20)});
        }
        const GalleryReader reader = open(gallery_);
        QCOMPARE(reader.images().size(), std::size_t(8));
        QCOMPARE(featureOf(reader, image(8).name), feature(8));
        QCOMPARE(featureOf(reader, image(20).name), feature(20));
    }

    void anOpenGalleryOutlivesARewriting() {
        fill(gallery_, 5);
        const GalleryReader before = open(gallery_);
        JobControl control;
        GalleryWriter writer(gallery_, record());
        writer.rewrite(
            false, [](const std::vector<float>& row) { return row; }, control);
        QCOMPARE(featureOf(before, image(3).name), feature(3));
    }

    void whiteningIsReadBackAndItsDamageNoticed() {
        fs::create_directories(gallery_);
        const Whitening whitening{2, 1, {0.5F, -1.0F}, {3.0F, 4.0F}};
        writeWhitening(gallery_, whitening);
        QVERIFY(readWhitening(gallery_) == whitening);
        QCOMPARE(whitening.apply(std::vector<float>{1.5F, -1.0F}), std::vector<float>{1.0F});
        GalleryRecord whitened = record();
        whitened.inputDim = 2;
        whitened.terms.dim = 1;
        QVERIFY(readWhitening(gallery_, whitened) == whitening);
        QVERIFY_EXCEPTION_THROWN(readWhitening(gallery_, record()), DamagedWhitening);
        flip(whiteningFile(gallery_), -2);
        QVERIFY(messageOf([&] { readWhitening(gallery_); }).contains("damaged"));
        fs::remove(whiteningFile(gallery_));
        QVERIFY_EXCEPTION_THROWN(readWhitening(gallery_), DamagedWhitening);
    }

    void theCorpusOfTheFuzzerPasses() {
        int files = 0;
        for (const auto& entry : fs::directory_iterator(SOURCE_DIR "/tests/fuzz/corpus/gallery")) {
            fuzz::gallery(readFile(entry.path()));
            ++files;
        }
        QVERIFY(files > 0);
        // What fuzzing begins with is whole.
        const std::vector<std::byte> raw = readFile(SOURCE_DIR "/tests/fuzz/corpus/gallery/record");
        const std::string text(reinterpret_cast<const char*>(raw.data()), raw.size());
        QCOMPARE(messageOf([&] { parseGalleryRecord(text, "record"); }), QString());
        const std::vector<std::byte> whitening = readFile(SOURCE_DIR "/tests/fuzz/corpus/gallery/whitening");
        QCOMPARE(messageOf([&] { parseWhitening(whitening, "whitening"); }), QString());
    }

    void emptyAndForeignFoldersAreNoGallery() {
        QVERIFY(messageOf([&] { open(gallery_); }).contains("this is no gallery"));
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
    fs::path gallery_;
};

QTEST_GUILESS_MAIN(GalleryStoreTest)
#include "gallery_store_test.moc"
