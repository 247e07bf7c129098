#include <QDir>
#include <QFile>
#include <QJsonObject>
#include <QTest>
#include <filesystem>

#include "tests/integration/train_fixture.h"

using namespace dinoscope;
namespace fs = std::filesystem;

/// `dino train --resume` after images of its folder came and went.
class TrainImagesTest : public QObject, protected TrainRuns {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        makeFolder();
        fs::copy(images().path().toStdString(), path("photos").toStdString(), fs::copy_options::recursive);
    }

    void aRunKeepsTheImagesItBeganWith() {
        QVERIFY(trainWhole().status == 0);
        const QStringList lines = linesOf("run/images.txt");
        QCOMPARE(lines.mid(0, 5), (QStringList{"dinoscope images 1", "classes 2", "across", "along",
                                               QString("images %1").arg(kImages)}));
        QCOMPARE(lines.size(), 5 + kImages);
        QVERIFY2(lines[5].startsWith("48 40 ") && lines[5].endsWith(" 0 across/1.png"), qPrintable(lines[5]));
    }

    void itGoesOnWithoutWhatWasDeletedOrDamaged_data() {
        QTest::addColumn<bool>("damaged");
        QTest::newRow("deleted") << false;
        QTest::newRow("its header is damaged") << true;
    }

    void itGoesOnWithoutWhatWasDeletedOrDamaged() {
        QFETCH(bool, damaged);
        QVERIFY(trainWhole().status == 0);
        forgetTheLastEpoch("run");
        fs::copy(path("run").toStdString(), path("again").toStdString(), fs::copy_options::recursive);
        lose(3);
        if (damaged) write(photo(3), "no image");
        const QString sentence =
            "1 of the 24 images that the run began with is gone or no longer what it was: across/3.png; "
            "others are shown in place of them";
        const Outcome outcome = resume({"--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.count(sentence) == 1, qPrintable(outcome.err));
        QCOMPARE(outcome.err.contains("skipped across/3.png: "), damaged);
        QCOMPARE(outcome.json()["images"].toInt(), kImages);
        QCOMPARE(outcome.json()["gone"].toInt(), 1);
        QCOMPARE(outcome.json()["steps"].toInt(), kStepsPerEpoch);
        const Metrics found = metricsOf("run");
        QCOMPARE(found.steps.size(), std::size_t(2 * kStepsPerEpoch));
        QCOMPARE(found.epochs.at(0).replacedImages, std::int64_t(0));
        QCOMPARE(found.epochs.at(1).replacedImages, std::int64_t(1));
        QVERIFY(linesOf("run/log.txt").join(u'\n').contains(sentence));
        // As often as it is done, and on whichever copy.
        QVERIFY(resume({}, "again").status == 0);
        QVERIFY(sameSteps(metricsOf("again"), found));
    }

    /// It is neither damaged nor forgotten, as one on a disk that was not there.
    void whatIsPutBackIsShownAgain() {
        QVERIFY(trainWhole().status == 0);
        const Metrics whole = metricsOf("run");
        forgetTheLastEpoch("run");
        lose(3);
        QCOMPARE(resume().status, 0);
        QVERIFY(!sameSteps(metricsOf("run"), whole));
        forgetTheLastEpoch("run");
        QVERIFY(QFile::rename(path("3.png"), photo(3)));
        const Outcome outcome = resume();
        QVERIFY2(outcome.status == 0 && !outcome.err.contains("is gone"), qPrintable(outcome.err));
        QVERIFY(sameSteps(metricsOf("run"), whole));
    }

    void newImagesAreToldAndMoveNoNumber() {
        QVERIFY(trainWhole().status == 0);
        const Metrics whole = metricsOf("run");
        forgetTheLastEpoch("run");
        QVERIFY(QDir().mkpath(path("photos/above")));
        QVERIFY(picture(40).save(path("photos/above/40.png")) && picture(41).save(path("photos/41.png")));
        const Outcome outcome = resume();
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("2 new images in " + path("photos") + " are not part of this run"),
                 qPrintable(outcome.err));
        QVERIFY(sameSteps(metricsOf("run"), whole));
    }

    void aFinishedRunIsExtendedWithTheImagesThatAreLeft() {
        QVERIFY(dino(trainOn(path("photos")) + QStringList{"--epochs", "1"}).status == 0);
        lose(3);
        QVERIFY(QDir().rename(path("photos"), path("moved")));
        const Outcome outcome = resume({"--epochs", "2", "--data", path("moved")});
        QVERIFY2(outcome.status == 0 && outcome.err.contains("1 of the 24 images"), qPrintable(outcome.err));
        QCOMPARE(metricsOf("run").epochs.size(), 2U);
    }

    void whereTheImagesMovedToIsToldOnce() {
        QVERIFY(dino(trainOn(path("photos")) + QStringList{"--epochs", "1"}).status == 0);
        QVERIFY(QDir().rename(path("photos"), path("moved")));
        QVERIFY(resume({"--epochs", "2", "--data", path("moved")}).status == 0);
        const Outcome again = resume({"--epochs", "3"});
        QVERIFY2(again.status == 0, qPrintable(again.err));
        QCOMPARE(metricsOf("run").epochs.size(), 3U);
    }

    void aPinnedImageThatIsGoneIsToldAndNoReasonToEnd() {
        const QString pinned = path("pinned.png");
        QVERIFY(picture(50).save(pinned) && picture(51).save(path("other.png")));
        QVERIFY(dino(trainOn(path("photos")) +
                     QStringList{"--epochs", "1", "--probe", pinned, "--probe", path("other.png")})
                    .status == 0);
        QVERIFY(QFile::remove(pinned));
        const Outcome outcome = resume({"--epochs", "2"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("a pinned image is not watched in this session: " + pinned +
                                      ": there is no such file"),
                 qPrintable(outcome.err));
        QCOMPARE(metricsOf("run").probes.size(), 5U);
        // Back on its disk, it is watched again.
        QVERIFY(picture(50).save(pinned));
        const Outcome again = resume({"--epochs", "3"});
        QVERIFY2(again.status == 0 && !again.err.contains("not watched"), qPrintable(again.err));
        QCOMPARE(metricsOf("run").probes.size(), 7U);
    }

    void aRunGoesOnFromAnotherWorkingFolder() {
        QVERIFY(picture(50).save(path("pinned.png")));
        QVERIFY(dino(trainOn(path("photos"), "weights") + QStringList{"--epochs", "1"}).status == 0);
        QProcess process;
        process.setWorkingDirectory(path("."));
        start(process, QStringList{"train", "--data", "photos", "-o", "run", "--probe", "pinned.png",
                                   "--init", "weights"} +
                           kSmall + QStringList{"--epochs", "1"});
        const Outcome first = finish(process);
        QVERIFY2(first.status == 0, qPrintable(first.err));
        const Outcome outcome = resume({"--epochs", "2"});
        QVERIFY2(outcome.status == 0 && !outcome.err.contains("not watched"), qPrintable(outcome.err));
        QCOMPARE(metricsOf("run").epochs.size(), 2U);
        QCOMPARE(metricsOf("run").probes.size(), 3U);
        const RunRecord record = readRunRecord(paths("run").record());
        QVERIFY(std::filesystem::path(record.data.path).is_absolute());
        QVERIFY(std::filesystem::path(record.options.text("init")).is_absolute());
    }

    /// As older versions wrote them down, relative, and the same weights are named again.
    void relativePathsOfAnOlderRecordAreThoseFromHere() {
        QVERIFY(dino(trainOn(path("photos"), "weights") + QStringList{"--epochs", "1"}).status == 0);
        QVERIFY(
            dino(trainOn(path("photos")) + QStringList{"--epochs", "1", "--init", path("weights")}).status ==
            0);
        QFile file(path("run/run.toml"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QByteArray text = file.readAll();
        file.close();
        text.replace((path("") + u'/').toUtf8(), "");
        QVERIFY(text.contains("\"photos\"") && text.contains("\"weights\""));
        write(file.fileName(), text);
        QProcess process;
        process.setWorkingDirectory(path("."));
        start(process,
              {"train", "-o", "run", "--resume", "--threads", "1", "--epochs", "2", "--init", "weights"});
        const Outcome outcome = finish(process);
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(readRunRecord(paths("run").record()).data.path, path("photos").toStdString());
    }

    void whereTheImagesOfARunAreNotTheRemedyIsToNameThem() {
        QVERIFY(dino(trainOn(path("photos")) + QStringList{"--epochs", "1"}).status == 0);
        QVERIFY(QDir().rename(path("photos"), path("moved")));
        const Outcome outcome = resume({"--epochs", "2"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("photos: the images of this run are not there"),
                 qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("name the folder that they are in now with --data"),
                 qPrintable(outcome.err));
    }

    void aRunOfACardGoesOnWhereThereIsNoneInThePrecisionItHas() {
        QVERIFY(dino(trainOn(path("photos")) + QStringList{"--epochs", "1", "--precision", "bf16"}).status ==
                0);
        QFile record(path("run/run.toml"));
        QVERIFY(record.open(QIODevice::ReadOnly));
        QByteArray text = record.readAll();
        record.close();
        text.replace("device = \"auto\"", "device = \"cuda:6\"")
            .replace("precision = \"bf16\"\nthreads", "precision = \"auto\"\nthreads");
        QVERIFY(text.contains("device = \"cuda:6\"") && text.contains("precision = \"auto\""));
        write(record.fileName(), text);
        const Outcome elsewhere = resume({"--epochs", "2", "--device", "cpu"});
        QVERIFY2(elsewhere.status == 0, qPrintable(elsewhere.err));
        QVERIFY2(!elsewhere.err.contains("other precision"), qPrintable(elsewhere.err));
        const bool kept = linesOf("run/log.txt").join(u'\n').contains("resumed on cpu in bf16");
        QVERIFY2(kept, qPrintable(linesOf("run/log.txt").join(u'\n')));
    }

    void withoutMostOfThemItIsRefusedAndNothingIsLost() {
        QVERIFY(trainWhole().status == 0);
        forgetTheLastEpoch("run");
        QVERIFY(QDir().rename(path("photos/across"), path("across")));
        lose(2);
        const Metrics before = metricsOf("run");
        for (const QStringList& more : {QStringList(), QStringList{"--plan"}}) {
            const Outcome outcome = resume(more);
            QCOMPARE(outcome.status, 1);
            QVERIFY2(outcome.err.contains("13 of the 24 images that the run began with are gone or no longer "
                                          "what they were, too many to go on without: across/1.png"),
                     qPrintable(outcome.err));
        }
        QVERIFY(sameSteps(metricsOf("run"), before));
        QVERIFY(QDir().rename(path("across"), path("photos/across")));
        QVERIFY(QFile::rename(path("2.png"), photo(2)));
        QCOMPARE(resume().status, 0);
    }

    void aPlanTellsWhatTheResumeWill() {
        QVERIFY(trainWhole().status == 0);
        lose(3);
        const Outcome outcome = resume({"--plan", "--json"});
        QVERIFY2(outcome.status == 0 && outcome.err.contains("1 of the 24 images"), qPrintable(outcome.err));
        QVERIFY(outcome.json()["total"].toDouble() > 0);
    }

    /// As all runs of older versions.
    void aRunThatDidNotKeepThemGoesOnWithTheSameImagesOnly() {
        QVERIFY(trainWhole().status == 0);
        forgetTheLastEpoch("run");
        QVERIFY(QFile::remove(path("run/images.txt")));
        lose(3);
        const Outcome other = resume();
        QCOMPARE(other.status, 1);
        QVERIFY2(other.err.contains("the images are not those that the run was started with"),
                 qPrintable(other.err));
        QVERIFY(QFile::rename(path("3.png"), photo(3)));
        QCOMPARE(resume().status, 0);
        QCOMPARE(linesOf("run/images.txt").size(), 5 + kImages);  // from now on it does
    }

    void aListOfThemThatIsDamagedIsToldByItsLine() {
        QVERIFY(trainWhole().status == 0);
        forgetTheLastEpoch("run");
        lose(3);
        write(path("run/images.txt"), "dinoscope images 1\nclasses 0\nimages 7\n");
        const Outcome outcome = resume();
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("images.txt: line 4 is not what it was"), qPrintable(outcome.err));
    }

private:
    Outcome trainWhole() const { return dino(trainOn(path("photos"))); }
    Outcome resume(const QStringList& more = {}, const QString& name = "run") const {
        return dino(QStringList{"train", "-o", path(name), "--resume", "--threads", "1"} + more);
    }

    /// As a kill before the last epoch's checkpoint leaves the run.
    void forgetTheLastEpoch(const QString& name) const {
        QVERIFY(fs::remove(paths(name).checkpoint({2, 0})));
    }

    QString photo(int number) const { return path("photos/" + Images::nameOf(number)); }
    /// Into the folder of the test.
    void lose(int number) const {
        QVERIFY(QFile::rename(photo(number), path(QString("%1.png").arg(number))));
    }

    static void write(const QString& name, const QByteArray& content) {
        QFile file(name);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }

    QStringList linesOf(const QString& name) const {
        QFile file(path(name));
        if (!file.open(QIODevice::ReadOnly)) return {};
        return QString::fromUtf8(file.readAll()).split(u'\n', Qt::SkipEmptyParts);
    }
};

QTEST_GUILESS_MAIN(TrainImagesTest)
#include "train_images_test.moc"
