#include <sys/stat.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QMap>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>

#include "engine/neighbours/search/approximate_index.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "engine/neighbours/store/image_table.h"
#include "tests/damage.h"
#include "tests/integration/program.h"

using namespace dinoscope;

namespace {

constexpr int kImages = 12;

/// As small as can be: an image takes a few milliseconds.
const QStringList kSmall{"-w", "untrained", "--arch", "vit_tiny",    "--resize",
                         "32", "--crop",    "32",     "--precision", "fp32"};
const QStringList kAll{"-k", "100", "--include-self"};

/// The same images, as similar as rounding lets them be.
bool sameAnswers(const QMap<QString, double>& a, const QMap<QString, double>& b) {
    return !a.isEmpty() && a.keys() == b.keys() &&
           std::equal(a.begin(), a.end(), b.begin(),
                      [](double one, double other) { return std::abs(one - other) < 1e-4; });
}

}  // namespace

/// `dino index` over folders that change, disks that come and go, and galleries that were damaged.
class IndexTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        add(0, kImages);
    }

    void anotherWhiteningIsRefused() {
        QCOMPARE(index({"--whiten", "6"}).status, 0);
        const Outcome other = index({"--whiten", "8"});
        QCOMPARE(other.status, 1);
        QVERIFY2(other.err.contains("--whiten 6") && other.err.contains("--whiten 8"), qPrintable(other.err));
        const Outcome none = index({"--whiten", "0"});
        QCOMPARE(none.status, 1);
        QVERIFY2(none.err.contains("--whiten 0"), qPrintable(none.err));
        QCOMPARE(index().json()["unchanged"].toInt(), kImages);
    }

    void aWhiteningOfTooFewImagesIsRefusedBeforeAGalleryIsMade() {
        const Outcome few = index({"--whiten", QString::number(kImages)});
        QCOMPARE(few.status, 2);
        QVERIFY2(few.err.contains("--whiten: the features of 12 images cannot be whitened to 12 numbers"),
                 qPrintable(few.err));
        QVERIFY(!QDir(gallery()).exists());
        QCOMPARE(index({"--whiten", "6"}).status, 0);
    }

    void whatOthersKeepInItsFolderStays() {
        QCOMPARE(index().status, 0);
        for (const char* name : {"features-12.npy", "features-2.csv", "hnsw-3.txt", "features-4.bin.txt"})
            writeText(gallery() + "/" + QLatin1String(name));
        QCOMPARE(index({"--forget-missing"}).status, 0);
        QCOMPARE(QDir(gallery()).entryList({"*.npy", "*.csv", "*.txt"}, QDir::Files).size(), 4);
    }

    void aFolderOfSomethingElseIsRefusedThoughThereIsALock() {
        QVERIFY(QDir().mkpath(gallery()));
        writeText(gallery() + "/lock");
        writeText(gallery() + "/thesis.txt");
        const Outcome outcome = index();
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("this folder holds something else than a gallery"),
                 qPrintable(outcome.err));
        QVERIFY(QFile::remove(gallery() + "/thesis.txt"));
        QCOMPARE(index().status, 0);
    }

    /// Whoever keeps it open is the window, in which a training may run.
    void aMatrixThatIsCutWhileItIsOpenEndsNoProgram() {
        add(kImages, 400);
        QCOMPARE(index().status, 0);
        const FeatureMatrix matrix = FeatureMatrix::open(galleryPath(), 1);
        matrix.requireReadable();
        std::filesystem::resize_file(rowsFile(galleryPath(), 1), 4096);
        QVERIFY(!matrix.isWhole(matrix.rows() - 1));
        QVERIFY_EXCEPTION_THROWN(matrix.requireReadable(), Error);
    }

    void aPipeIsSkipped() {
        QCOMPARE(mkfifo((images() + "/pipe.jpg").toLocal8Bit().constData(), 0600), 0);
        const Outcome outcome = index();
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.json()["items"].toInt(), kImages);
        QVERIFY2(outcome.err.contains("skipped pipe.jpg"), qPrintable(outcome.err));
    }

    void aFolderWhoseNameIsNoTextIsRefusedWithAWayOut() {
        const QByteArray name = (folder_->path() + "/fotos-").toLocal8Bit() + char(0xfc);
        std::filesystem::rename(images().toStdString(), std::string(name));
        const std::string link = folder_->filePath("link").toStdString();
        std::filesystem::create_directory_symlink(std::string(name), link);
        // Qt passes no such name on.
        const Outcome outcome = dino({"index", QString::fromStdString(link), "-g", gallery()});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("the name of this folder is not UTF-8"), qPrintable(outcome.err));
        QVERIFY(!QDir(gallery()).exists());
    }

    void aDamagedCacheOfThumbnailsIsStartedAnew() {
        add(kImages, 60);
        QCOMPARE(index().status, 0);
        QFile cache(gallery() + "/thumbnails.sqlite");
        QVERIFY(cache.open(QIODevice::ReadWrite) && cache.seek(4096));
        cache.write(QByteArray(int(cache.size()) - 4096, char(0x5a)));
        cache.close();
        add(60, 62);
        const Outcome outcome = index();
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("the thumbnails are made again when they are seen"),
                 qPrintable(outcome.err));
        QCOMPARE(outcome.json()["items"].toInt(), 62);
        QVERIFY(!index().err.contains("thumbnails"));
    }

    void anImageBehindALinkIsNotItsOwnNeighbour() {
        const QString elsewhere = folder_->filePath("elsewhere");
        QVERIFY(QDir().rename(images() + "/along", elsewhere));
        QVERIFY(QFile::link(elsewhere, images() + "/along"));
        QVERIFY(QFile::link(image(1), images() + "/across/100.png"));
        QCOMPARE(index().status, 0);
        const QString alias = folder_->filePath("alias");
        QVERIFY(QFile::link(images(), alias));
        for (const QString& query : {image(4), alias + "/along/4.png", images() + "/across/100.png"}) {
            const QJsonArray found = neighbours(query, {"-k", "100"}).json()["neighbours"].toArray();
            QCOMPARE(found.size(), kImages);
            for (const QJsonValue& one : found)
                QVERIFY2(
                    QFileInfo(one.toObject()["path"].toString()).fileName() != QFileInfo(query).fileName(),
                    qPrintable(query));
        }
    }

    void whatVanishedIsNotFoundAndComesBackWithoutBeingComputed() {
        QCOMPARE(index().status, 0);
        const QMap<QString, double> before = answers(kAll);
        const QString away = folder_->filePath("away.png");
        QVERIFY(QFile::rename(image(3), away));
        QJsonObject report = index().json();
        QCOMPARE(report["removed"].toInt(), 1);
        QCOMPARE(report["items"].toInt(), kImages - 1);
        QCOMPARE(answers(kAll).size(), kImages - 1);
        QCOMPARE(vanished(), 1);

        QVERIFY(QFile::rename(away, image(3)));
        report = index().json();
        QCOMPARE(report["added"].toInt(), 1);
        QCOMPARE(report["recovered"].toInt(), 1);
        QCOMPARE(report["unchanged"].toInt(), kImages - 1);
        QCOMPARE(report["images_per_second"].toDouble(), 0.0);
        QCOMPARE(vanished(), 0);
        QVERIFY(sameAnswers(answers(kAll), before));
    }

    void whatAnEarlierRunMissedIsForgottenWhereItsFolderIsThere() {
        QCOMPARE(index().status, 0);
        QVERIFY(QFile::remove(image(3)));
        QCOMPARE(index().json()["removed"].toInt(), 1);
        QCOMPARE(vanished(), 1);
        QCOMPARE(index().json()["removed"].toInt(), 0);
        QCOMPARE(vanished(), 0);
        QCOMPARE(index().json()["items"].toInt(), kImages - 1);
    }

    /// The folder on which a disk was mounted: there, and empty.
    void imagesOfAnEmptyFolderStayHoweverOftenTheyAreMissed() {
        QCOMPARE(index().status, 0);
        const QString across = images() + "/across";
        const QString away = folder_->filePath("away");
        QVERIFY(QDir().rename(across, away));
        QVERIFY(QDir().mkpath(across));
        QCOMPARE(index().json()["removed"].toInt(), kImages / 2);
        QCOMPARE(index().json()["items"].toInt(), kImages / 2);
        QCOMPARE(vanished(), kImages / 2);
        QVERIFY(QDir().rmdir(across));
        QCOMPARE(index().json()["items"].toInt(), kImages / 2);
        QCOMPARE(vanished(), kImages / 2);
        QVERIFY(QDir().rename(away, across));
        const QJsonObject report = index().json();
        QCOMPARE(report["recovered"].toInt(), kImages / 2);
        QCOMPARE(report["items"].toInt(), kImages);
        QCOMPARE(report["images_per_second"].toDouble(), 0.0);
    }

    /// A folder that is gone for good, as the person says.
    void whatIsMissingIsForgottenWhereThatIsAskedFor() {
        QCOMPARE(index().status, 0);
        QVERIFY(QDir(images() + "/across").removeRecursively());
        for (int run = 0; run < 2; ++run) {
            QCOMPARE(index().json()["forgotten"].toInt(), 0);
            QCOMPARE(vanished(), kImages / 2);
        }
        QVERIFY(QFile::remove(image(2)));
        const QJsonObject report = index({"--forget-missing"}).json();
        QCOMPARE(report["removed"].toInt(), 1);
        QCOMPARE(report["forgotten"].toInt(), kImages / 2 + 1);
        QCOMPARE(report["items"].toInt(), kImages / 2 - 1);
        QCOMPARE(vanished(), 0);
        QCOMPARE(answers(kAll).size(), kImages / 2 - 1);
        const Outcome again = dino({"index", images(), "-g", gallery(), "--forget-missing"});
        QVERIFY2(again.status == 0 && !again.out.contains("forgotten"), qPrintable(again.out + again.err));
        QVERIFY(QFile::remove(image(0)));
        const Outcome told = dino({"index", images(), "-g", gallery(), "--forget-missing"});
        QVERIFY2(told.out.contains(", 1 forgotten"), qPrintable(told.out));
    }

    /// A link to the folder of a disk that was pulled out: it cannot be listed.
    void ofAFolderThatCannotBeListedNothingIsConcluded() {
        const QString disk = folder_->filePath("disk");
        const QString pulled = folder_->filePath("pulled");
        QVERIFY(QDir().mkpath(disk));
        for (const int number : {30, 31})
            QVERIFY(stripes(number, 44, 40).save(disk + "/" + QString::number(number) + ".png"));
        QVERIFY(QFile::link(disk, images() + "/disk"));
        QCOMPARE(index().json()["items"].toInt(), kImages + 2);
        QVERIFY(QDir().rename(disk, pulled));
        for (int run = 0; run < 2; ++run) {
            const Outcome without = index();
            QCOMPARE(without.status, 0);
            QVERIFY2(without.err.contains("the folder cannot be listed") && without.err.contains("2 images"),
                     qPrintable(without.err));
            QCOMPARE(without.json()["removed"].toInt(), 0);
            QCOMPARE(without.json()["items"].toInt(), kImages + 2);
        }
        QVERIFY(QDir().rename(pulled, disk));
        QCOMPARE(index().json()["unchanged"].toInt(), kImages + 2);
        QVERIFY(QDir().rename(disk, pulled));
        const Outcome forgetting = index({"--forget-missing"});
        QCOMPARE(forgetting.json()["forgotten"].toInt(), 2);
        QCOMPARE(forgetting.json()["items"].toInt(), kImages);
        QVERIFY2(!forgetting.err.contains("stays"), qPrintable(forgetting.err));
    }

    void anImageThatCannotBeReadAnyMoreIsMarkedNotForgotten() {
        QCOMPARE(index().status, 0);
        const QString away = folder_->filePath("away.png");
        QVERIFY(QFile::rename(image(3), away));
        QFile bad(image(3));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("this is no image");
        bad.close();
        for (int run = 0; run < 2; ++run) {
            QCOMPARE(index().json()["skipped"].toArray().size(), 1);
            QCOMPARE(vanished(), 1);
            QCOMPARE(answers(kAll).size(), kImages - 1);
        }
        QVERIFY(QFile::remove(image(3)) && QFile::rename(away, image(3)));
        QCOMPARE(index().json()["recovered"].toInt(), 1);
    }

    void aDamagedRecordIsThatOfTheDatabase() {
        QCOMPARE(index().status, 0);
        const QMap<QString, double> before = answers(kAll);
        for (const bool missing : {false, true}) {
            if (missing) {
                QVERIFY(QFile::remove(gallery() + "/gallery.json"));
            } else {
                flip((gallery() + "/gallery.json").toStdString(), 40);
            }
            QVERIFY(sameAnswers(answers(kAll), before));
            const Outcome mended = dino({"index", images(), "-g", gallery(), "--json"});
            QCOMPARE(mended.status, 0);
            QVERIFY2(mended.err.contains("the record of this gallery is"), qPrintable(mended.err));
            QCOMPARE(mended.json()["unchanged"].toInt(), kImages);
        }
    }

    void aLostWhiteningIsMadeAgainWithTheFeatures() {
        QCOMPARE(index({"--whiten", "6"}).status, 0);
        const QMap<QString, double> before = answers(kAll);
        for (const bool missing : {false, true}) {
            if (missing) {
                QVERIFY(QFile::remove(gallery() + "/whitening.bin"));
            } else {
                flip((gallery() + "/whitening.bin").toStdString(), 100);
            }
            const Outcome refused = neighbours(image(4), kAll);
            QCOMPARE(refused.status, 1);
            QVERIFY2(refused.err.contains("whitening"), qPrintable(refused.err));
            const Outcome mended = index();
            QCOMPARE(mended.status, 0);
            QVERIFY2(mended.err.contains("the features are computed again"), qPrintable(mended.err));
            QCOMPARE(mended.json()["items"].toInt(), kImages);
            QVERIFY(sameAnswers(answers(kAll), before));
        }
    }

    void aGraphIsBuiltKeptAndBuiltAgain() {
        const QStringList withGraph{"--approximate-from", "30"};
        QCOMPARE(index(withGraph).status, 0);
        QCOMPARE(graphRows(), -1);
        add(kImages, 40);
        QCOMPARE(index(withGraph).status, 0);
        QCOMPARE(graphRows(), 40);
        const QStringList ten{"-k", "10"};
        QVERIFY(sameAnswers(answers(ten), answers(ten + QStringList{"--exact"})));

        // Up to one in twenty may be newer than the graph, and is found beside it.
        add(40, 42);
        QCOMPARE(index(withGraph).status, 0);
        QCOMPARE(graphRows(), 40);
        const QJsonArray found =
            neighbours(image(41), {"-k", "1", "--include-self"}).json()["neighbours"].toArray();
        QCOMPARE(found.size(), 1);
        QCOMPARE(found[0].toObject()["path"].toString(), image(41));
        add(42, 43);
        QCOMPARE(index(withGraph).status, 0);
        QCOMPARE(graphRows(), 43);
        QVERIFY(sameAnswers(answers(ten), answers(ten + QStringList{"--exact"})));

        flip((gallery() + "/hnsw-1.bin").toStdString(), 1000);
        QCOMPARE(graphRows(), -1);
        QVERIFY(sameAnswers(answers(ten), answers(ten + QStringList{"--exact"})));
        QCOMPARE(index(withGraph).status, 0);
        QCOMPARE(graphRows(), 43);
    }

private:
    QString images() const { return folder_->filePath("images"); }
    QString gallery() const { return folder_->filePath("gallery"); }
    QString image(int number) const {
        return images() + (number % 2 ? "/across/" : "/along/") + QString::number(number) + ".png";
    }
    std::filesystem::path galleryPath() const { return gallery().toStdString(); }

    static void writeText(const QString& name) {
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("mine") == 4);
    }

    void add(int first, int last) const {
        for (int i = first; i < last; ++i) {
            QDir().mkpath(images() + (i % 2 ? "/across" : "/along"));
            if (!stripes(i, 44, 40).save(image(i))) qFatal("cannot write images");
        }
    }

    Outcome index(const QStringList& more = {}) const {
        return dino(QStringList{"index", images(), "-g", gallery(), "--json"} + kSmall + more);
    }

    Outcome neighbours(const QString& query, const QStringList& more) const {
        return dino(QStringList{"neighbours", query, "-g", gallery(), "--json"} + more);
    }

    /// Similarities to one image by path.
    QMap<QString, double> answers(const QStringList& more) const {
        QMap<QString, double> all;
        const QJsonObject document = neighbours(image(4), more).json();
        for (const auto& one : document["neighbours"].toArray())
            all[one.toObject()["path"].toString()] = one.toObject()["similarity"].toDouble();
        return all;
    }

    /// Images that the gallery knows as vanished.
    int vanished() const {
        return int(ImageTable(galleryPath(), Database::Mode::Read).read().vanished.size());
    }

    /// That the graph knows; -1 where it is refused or there is none.
    int graphRows() const {
        const FeatureMatrix matrix = FeatureMatrix::open(galleryPath(), 1);
        const FeatureRows rows{matrix.data(), matrix.rows(), matrix.header().dim, matrix.stride(),
                               matrix.header().type};
        const auto graph = ApproximateIndex::load(rows, galleryPath(), 1);
        return graph ? int(graph->rows()) : -1;
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(IndexTest)
#include "index_test.moc"
