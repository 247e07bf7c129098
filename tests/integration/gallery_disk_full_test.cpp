#include <QDir>
#include <QJsonArray>
#include <QMap>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <memory>

#include "tests/integration/program.h"
#include "tests/integration/small_disk.h"

using namespace dinoscope;

namespace {

constexpr int kDiskMegabytes = 32;
constexpr int kBefore = 12;
constexpr int kAll = 60;

const QStringList kSmall{"-w", "untrained", "--arch", "vit_tiny",    "--resize",
                         "32", "--crop",    "32",     "--precision", "fp32"};

}  // namespace

/// A disk that fills up while a gallery is brought up to date costs a sentence and no image.
class GalleryDiskFullTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        disk_ = std::make_unique<SmallDisk>(folder_.filePath("disk"), kDiskMegabytes);
        if (!disk_->isMounted()) QSKIP("a small disk can only be mounted by root");
        add(0, kBefore);
        QCOMPARE(index(gallery()).status, 0);
        add(kBefore, kAll);
        QCOMPARE(index(folder_.filePath("whole")).status, 0);
    }

    void noRoomIsToldAndNothingLost() {
        disk_->fill();
        const Outcome full = index(gallery());
        QCOMPARE(full.status, 1);
        QVERIFY2(full.err.contains("No space left on device"), qPrintable(full.err));
        disk_->empty();

        const Outcome again = index(gallery());
        QCOMPARE(again.status, 0);
        QVERIFY2(!again.err.contains("damaged"), qPrintable(again.err));
        QCOMPARE(again.json()["items"].toInt(), kAll);
        QVERIFY(again.json()["unchanged"].toInt() >= kBefore);
        QMap<QString, double> expected = similarities(folder_.filePath("whole"));
        const QMap<QString, double> found = similarities(gallery());
        QCOMPARE(found.size(), kAll - 1);
        QCOMPARE(found.keys(), expected.keys());
        for (auto one = found.begin(); one != found.end(); ++one)
            QVERIFY(std::abs(one.value() - expected[one.key()]) < 1e-4);
    }

    void aNewGalleryOnAFullDiskIsRefusedAndThenMade() {
        const QString other = folder_.filePath("disk/other");
        disk_->fill();
        const Outcome full = index(other);
        QCOMPARE(full.status, 1);
        QVERIFY2(full.err.contains("No space left on device"), qPrintable(full.err));
        disk_->empty();
        const Outcome made = index(other);
        QCOMPARE(made.status, 0);
        QCOMPARE(made.json()["items"].toInt(), kAll);
    }

    void noRoomForTheGraphIsToldAndTheGalleryStays() {
        const QString other = folder_.filePath("disk/graph");
        const QStringList withGraph{"--approximate-from", "10"};
        QCOMPARE(index(other).status, 0);
        disk_->fill();
        const Outcome full = index(other, withGraph);
        QCOMPARE(full.status, 1);
        QVERIFY2(full.err.contains("No space left on device"), qPrintable(full.err));
        QVERIFY(!QFile::exists(other + "/hnsw-1.bin.part"));
        disk_->empty();
        QCOMPARE(similarities(other).size(), kAll - 1);

        const Outcome made = index(other, withGraph);
        QCOMPARE(made.status, 0);
        QCOMPARE(made.json()["unchanged"].toInt(), kAll);
        QVERIFY(QFile::exists(other + "/hnsw-1.bin"));
        QCOMPARE(similarities(other).size(), kAll - 1);
    }

private:
    QString gallery() const { return folder_.filePath("disk/gallery"); }
    QString images() const { return folder_.filePath("images"); }

    void add(int first, int last) const {
        QDir().mkpath(images());
        for (int i = first; i < last; ++i)
            QVERIFY(stripes(i, 44, 40).save(images() + QString("/%1.png").arg(i)));
    }

    Outcome index(const QString& gallery, const QStringList& more = {}) const {
        return dino(QStringList{"index", images(), "-g", gallery, "--json"} + kSmall + more);
    }

    /// To the first image.
    QMap<QString, double> similarities(const QString& gallery) const {
        QMap<QString, double> all;
        const Outcome found =
            dino({"neighbours", images() + "/0.png", "-g", gallery, "-k", QString::number(kAll), "--json"});
        const QJsonObject document = found.json();
        for (const auto& one : document["neighbours"].toArray())
            all[one.toObject()["path"].toString()] = one.toObject()["similarity"].toDouble();
        return all;
    }

    QTemporaryDir folder_;
    std::unique_ptr<SmallDisk> disk_;
};

QTEST_GUILESS_MAIN(GalleryDiskFullTest)
#include "gallery_disk_full_test.moc"
