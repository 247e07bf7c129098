#include <algorithm>
#include <cmath>
#include <csignal>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QMap>
#include <QTemporaryDir>
#include <QTest>

#include "tests/damage.h"
#include "tests/integration/program.h"

using namespace dinoscope;

namespace {

QImage picture(int number) {
    return stripes(number, 44, 40);
}

/// The same images, as similar as rounding lets them be: features are those of other batches.
bool sameAnswers(const QJsonValue& a, const QJsonValue& b) {
    QMap<QString, double> similarity;
    for (const auto& one : a.toArray())
        similarity[one.toObject()["path"].toString()] = one.toObject()["similarity"].toDouble();
    const QJsonArray others = b.toArray();
    if (similarity.isEmpty() || similarity.size() != others.size()) return false;
    return std::all_of(others.begin(), others.end(), [&](const QJsonValue& one) {
        const auto found = similarity.find(one.toObject()["path"].toString());
        return found != similarity.end() && std::abs(*found - one.toObject()["similarity"].toDouble()) < 1e-4;
    });
}

/// As small as can be: an image takes a few milliseconds.
const QStringList kSmall{"-w", "untrained", "--arch", "vit_tiny",    "--resize",
                         "32", "--crop",    "32",     "--precision", "fp32"};

}  // namespace

class GalleryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        add(0, 12);
    }

    void anIndexedFolderAnswersQueries() {
        const Outcome made = index();
        QCOMPARE(made.status, 0);
        QCOMPARE(made.json()["added"].toInt(), 12);
        QVERIFY(made.json()["images_per_second"].toDouble() > 0);

        const QString query = image(4);
        Outcome found = neighbours(query, {"-k", "3"});
        QCOMPARE(found.status, 0);
        QJsonArray list = found.json()["neighbours"].toArray();
        QCOMPARE(list.size(), 3);
        for (const auto& one : list)
            QVERIFY(one.toObject()["path"].toString() != query);
        found = neighbours(query, {"-k", "3", "--include-self"});
        list = found.json()["neighbours"].toArray();
        QCOMPARE(list[0].toObject()["path"].toString(), query);
        QVERIFY(list[0].toObject()["similarity"].toDouble() > 0.9999);
        QCOMPARE(list[0].toObject()["label"].toString(), QString("along"));
    }

    void aContactSheetAndARegionCanBeAskedFor() {
        QCOMPARE(index().status, 0);
        const QString sheet = folder_->filePath("sheet.png");
        const Outcome found =
            neighbours(image(1), {"-k", "5", "--region", "4,4,30,20", "--contact-sheet", sheet});
        QCOMPARE(found.status, 0);
        QCOMPARE(found.json()["contact_sheet"].toString(), sheet);
        QVERIFY(QImage(sheet).width() > 300);
        QCOMPARE(neighbours(image(1), {"--region", "40,0,30,20"}).status, 1);
        QCOMPARE(neighbours(image(1), {"--region", "cat"}).status, 2);
    }

    void aPictureOfAnotherKindIsRefusedByItsName() {
        QVERIFY(index().status == 0);
        const Outcome outcome = neighbours(image(4), {"--contact-sheet", folder_->filePath("sheet.webp")});
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.err.contains("--contact-sheet: a picture is written as PNG or JPEG"),
                 qPrintable(outcome.err));
        QVERIFY(neighbours(image(4), {"--contact-sheet", folder_->filePath("sheet.JPEG")}).status == 0);
        QFile sheet(folder_->filePath("sheet.JPEG"));
        QVERIFY(sheet.open(QIODevice::ReadOnly) && sheet.read(2) == "\xff\xd8");
    }

    void onlyWhatIsNewOrChangedIsComputed() {
        QCOMPARE(index().status, 0);
        add(12, 15);
        QVERIFY(QFile::remove(image(3)));
        QVERIFY(picture(77).save(image(5)));
        const QJsonObject report = index().json();
        QCOMPARE(report["added"].toInt(), 3);
        QCOMPARE(report["updated"].toInt(), 1);
        QCOMPARE(report["removed"].toInt(), 1);
        QCOMPARE(report["unchanged"].toInt(), 10);
        QCOMPARE(report["items"].toInt(), 14);
        const QJsonObject again = index().json();
        QCOMPARE(again["unchanged"].toInt(), 14);
        QCOMPARE(again["images_per_second"].toDouble(), 0.0);
    }

    void anImageThatWasRenamedIsNotComputedAgain() {
        QCOMPARE(index().status, 0);
        QVERIFY(QFile::rename(image(2), images() + "/along/renamed.png"));
        const QJsonObject report = index().json();
        QCOMPARE(report["added"].toInt(), 1);
        QCOMPARE(report["removed"].toInt(), 1);
        QCOMPARE(report["recovered"].toInt(), 1);
    }

    void imagesOfAFormatThatIsNotReadAreListedAndSkipped() {
        QFile animation(images() + "/along/cat.GIF");
        QVERIFY(animation.open(QIODevice::WriteOnly));
        animation.write("GIF89a and more");
        animation.close();
        const Outcome made = index();
        QCOMPARE(made.status, 0);
        QCOMPARE(made.json()["added"].toInt(), 12);
        QCOMPARE(made.json()["skipped"].toArray().size(), 1);
        QVERIFY2(made.err.contains("this is a GIF file"), qPrintable(made.err));
    }

    void unreadableImagesAreListedAndSkipped() {
        QFile bad(images() + "/along/bad.jpg");
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("this is no image");
        bad.close();
        const Outcome made = index();
        QCOMPARE(made.status, 0);
        QCOMPARE(made.json()["skipped"].toArray().size(), 1);
        QVERIFY(made.err.contains("bad.jpg"));
        QCOMPARE(index({"--strict"}).status, 1);
        QCOMPARE(index().json()["items"].toInt(), 12);
    }

    void anEmptyFolderLosesNothing() {
        QCOMPARE(index().status, 0);
        const QString away = folder_->filePath("away");
        QVERIFY(QDir().rename(images(), away));
        QVERIFY(QDir().mkpath(images()));
        const Outcome empty = index();
        QCOMPARE(empty.status, 1);
        QVERIFY(empty.err.contains("there is no image here"));
        QVERIFY(QDir(images()).removeRecursively());
        QVERIFY(QDir().rename(away, images()));
        QCOMPARE(index().json()["unchanged"].toInt(), 12);
    }

    void aMovedFolderIsRelocated() {
        QCOMPARE(index().status, 0);
        const QString moved = folder_->filePath("moved");
        QVERIFY(QDir().rename(images(), moved));
        Outcome outcome = index();
        QCOMPARE(outcome.status, 1);
        QVERIFY(outcome.err.contains("--relocate"));
        outcome = dino(QStringList{"index", moved, "-g", gallery(), "--json"});
        QCOMPARE(outcome.status, 1);
        QVERIFY(outcome.err.contains(images()) && outcome.err.contains("--relocate"));
        outcome = dino(QStringList{"index", moved, "-g", gallery(), "--json", "--relocate"});
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.json()["unchanged"].toInt(), 12);
        QVERIFY(QDir().mkpath(folder_->filePath("other")));
        outcome = dino({"index", folder_->filePath("other"), "-g", gallery(), "--relocate"});
        QCOMPARE(outcome.status, 1);
        QVERIFY(outcome.err.contains("only 0 are here"));
    }

    void aMovedFolderIsRelocatedThoughTheDatabaseIsDamaged() {
        QCOMPARE(index().status, 0);
        const QString moved = folder_->filePath("moved");
        QVERIFY(QDir().rename(images(), moved));
        QFile database(gallery() + "/gallery.sqlite");
        QVERIFY(database.open(QIODevice::WriteOnly) && database.write(QByteArray(8192, 'x')) == 8192);
        database.close();
        const Outcome outcome =
            dino(QStringList{"index", moved, "-g", gallery(), "--json", "--relocate"} + kSmall);
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["items"].toInt(), 12);
        QCOMPARE(outcome.json()["recovered"].toInt(), 12);
    }

    void anotherModelIsRefusedByName() {
        QCOMPARE(index().status, 0);
        const Outcome other = dino(QStringList{"neighbours", image(1), "-g", gallery(), "-w", "untrained",
                                               "--arch", "vit_tiny", "--seed", "5", "--json"});
        QCOMPARE(other.status, 1);
        QVERIFY(other.json()["error"].toObject()["what"].toString().contains("cannot be compared"));
        QCOMPARE(dino(QStringList{"index", images(), "-g", gallery()} + kSmall + QStringList{"--seed", "5"})
                     .status,
                 1);
    }

    void damageIsNoticedAndMended() {
        QCOMPARE(index().status, 0);
        const QStringList all{"-k", "12"};
        const QJsonObject before = neighbours(image(4), all).json();
        flip((gallery() + "/features-1.bin").toStdString(), 4096 + 5 * 768 + 3);
        const Outcome found = neighbours(image(4), {"-k", "12", "--include-self"});
        QCOMPARE(found.status, 0);
        QCOMPARE(found.json()["neighbours"].toArray().size(), 11);
        QVERIFY(found.err.contains("damaged"));
        const Outcome mended = index();
        QCOMPARE(mended.status, 0);
        QVERIFY(mended.err.contains("damaged"));
        QVERIFY(sameAnswers(neighbours(image(4), all).json()["neighbours"], before["neighbours"]));

        QFile database(gallery() + "/gallery.sqlite");
        QVERIFY(database.open(QIODevice::ReadWrite));
        database.write(QByteArray(100, 'x'));
        database.close();
        QCOMPARE(neighbours(image(4), {}).status, 1);
        const Outcome rebuilt = index();
        QCOMPARE(rebuilt.status, 0);
        QCOMPARE(rebuilt.json()["recovered"].toInt(), 12);
        QCOMPARE(rebuilt.json()["images_per_second"].toDouble(), 0.0);
        QVERIFY(sameAnswers(neighbours(image(4), all).json()["neighbours"], before["neighbours"]));
    }

    void whitenedFeaturesAreSearchedAndExtended() {
        QCOMPARE(index({"--whiten", "6"}).status, 0);
        add(12, 14);
        QCOMPARE(index().json()["added"].toInt(), 2);
        const QJsonArray list = neighbours(image(13), {"--include-self"}).json()["neighbours"].toArray();
        QCOMPARE(list[0].toObject()["path"].toString(), image(13));
        QVERIFY(list[0].toObject()["similarity"].toDouble() > 0.999);
    }

    /// kill -9 at random: the gallery that comes out answers as one that was never stopped.
    void killedItGoesOnWithoutLossOrDouble() {
        add(12, 150);
        const QString whole = folder_->filePath("whole");
        QCOMPARE(dino(QStringList{"index", images(), "-g", whole} + kSmall).status, 0);
        for (const int milliseconds : {300, 500, 700, 900, 1200}) {
            QProcess process;
            start(process, QStringList{"index", images(), "-g", gallery()} + kSmall);
            if (!process.waitForFinished(milliseconds)) ::kill(pid_t(process.processId()), SIGKILL);
            process.waitForFinished();
        }
        const Outcome last = index();
        QCOMPARE(last.status, 0);
        QVERIFY2(!last.err.contains("damaged"), qPrintable(last.err));
        QCOMPARE(last.json()["items"].toInt(), 150);
        // QJsonObject gives references into itself: a value has to leave the lambda.
        const auto answer = [&](const QString& folder) -> QJsonValue {
            return dino({"neighbours", image(7), "-g", folder, "-k", "150", "--json"}).json()["neighbours"];
        };
        QVERIFY(sameAnswers(answer(gallery()), answer(whole)));
    }

    void twoProcessesDoNotMeet() {
        add(12, 150);
        QProcess first;
        start(first, QStringList{"index", images(), "-g", gallery(), "--threads", "1"} + kSmall);
        const Outcome second = index();
        const Outcome one = finish(first);
        QVERIFY(one.status == 0 || second.status == 0);
        for (const Outcome& outcome : {one, second}) {
            if (outcome.status != 0) QVERIFY(outcome.err.contains("is being written by"));
        }
        QCOMPARE(index().json()["unchanged"].toInt(), 150);
    }

    void knnAndLinearTellTheirNumbers() {
        add(12, 30);
        const QString picture = folder_->filePath("confusion.png");
        const QStringList sets{"--train", images(), "--val", images(), "--json"};
        const Outcome knn = dino(QStringList{"knn"} + sets + kSmall + QStringList{"--confusion", picture});
        QCOMPARE(knn.status, 0);
        const QJsonObject report = knn.json();
        QCOMPARE(report["results"].toArray().size(), 2);
        QCOMPARE(report["left_out"].toArray(), (QJsonArray{100, 200}));
        QCOMPARE(report["temperature"].toDouble(), 0.07);
        QCOMPARE(report["dim"].toInt(), 192);
        QCOMPARE(report["classes"].toArray().size(), 2);
        QVERIFY(!QImage(picture).isNull());
        QCOMPARE(dino(QStringList{"knn"} + sets + kSmall + QStringList{"-k", "1"})
                     .json()["results"]
                     .toArray()[0]
                     .toObject()["top1"]
                     .toDouble(),
                 100.0);

        const Outcome linear =
            dino(QStringList{"linear"} + sets + kSmall + QStringList{"--penalty", "0.0001"});
        QCOMPARE(linear.status, 0);
        QCOMPARE(linear.json()["results"].toArray()[0].toObject()["top1"].toDouble(), 100.0);
        QCOMPARE(linear.json()["dim"].toInt(), 4 * 192);
        QCOMPARE(dino(QStringList{"linear"} + sets + kSmall + QStringList{"--lr", "0.01"}).status, 2);
        const Outcome sgd = dino(QStringList{"linear"} + sets + kSmall +
                                 QStringList{"--method", "sgd", "--epochs", "3", "--lr", "0.01"});
        QCOMPARE(sgd.status, 0);
        QVERIFY(sgd.json()["results"].toArray()[0].toObject()["top1"].toDouble() >= 50);
    }

    void unreadableImagesOfAnEvaluationAreTold() {
        QFile bad(images() + "/along/bad.jpg");
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("this is no image");
        bad.close();
        const QStringList sets{"--train", images(), "--val", images()};
        for (const QStringList& command :
             {QStringList{"knn", "-k", "1"}, QStringList{"linear", "--method", "sgd", "--epochs", "1"}}) {
            const Outcome told = dino(command + sets + kSmall);
            QCOMPARE(told.status, 0);
            QVERIFY2(told.out.contains("2 images could not be read"), qPrintable(told.out));
            const QJsonObject report = dino(command + sets + kSmall + QStringList{"--json"}).json();
            const QJsonArray skipped = report["skipped"].toArray();
            QCOMPARE(skipped.size(), 2);  // of either set
            QCOMPARE(skipped[0].toObject()["file"].toString(), images() + "/along/bad.jpg");
            QCOMPARE(report["skipped_count"].toInt(), 2);
            QCOMPARE(report["train_images"].toInt(), 12);
        }
    }

    void whatIsInBothSetsIsTold() {
        const QStringList sets{"--train", images(), "--val", folder_->filePath("./images/"), "--json"};
        const Outcome outcome = dino(QStringList{"knn"} + sets + kSmall);
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("12 of the 12 validation images are training images too"),
                 qPrintable(outcome.err));
        QCOMPARE(outcome.json()["shared_images"].toInt(), 12);
    }

    void evaluationsRefuseWhatHasNoClasses() {
        const QStringList flat{"--train", images() + "/along", "--val", images()};
        const Outcome outcome = dino(QStringList{"knn"} + flat + kSmall);
        QCOMPARE(outcome.status, 1);
        QVERIFY(outcome.err.contains("have no classes"));
        QCOMPARE(dino({"knn", "--train", images()}).status, 2);
        QCOMPARE(dino({"knn", "--train", images(), "--val", images(), "-k", "0"}).status, 2);
    }

private:
    QString images() const { return folder_->filePath("images"); }
    QString gallery() const { return folder_->filePath("gallery"); }
    QString image(int number) const {
        return images() + (number % 2 ? "/across/" : "/along/") + QString::number(number) + ".png";
    }

    void add(int first, int last) const {
        for (int i = first; i < last; ++i) {
            QDir().mkpath(images() + (i % 2 ? "/across" : "/along"));
            if (!picture(i).save(image(i))) qFatal("cannot write images");
        }
    }

    Outcome index(const QStringList& more = {}) const {
        return dino(QStringList{"index", images(), "-g", gallery(), "--json"} + kSmall + more);
    }

    Outcome neighbours(const QString& query, const QStringList& more) const {
        return dino(QStringList{"neighbours", query, "-g", gallery(), "--json"} + more);
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(GalleryTest)
#include "gallery_test.moc"
