#include <sys/resource.h>
#include <csignal>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include "tests/integration/program.h"

using namespace dinoscope;

namespace {

/// What the program may take, as `ulimit` sets it.
struct Limit {
    __rlimit_resource resource;
    qint64 bytes;
};

Outcome dino(const QStringList& arguments, const Limit& limit) {
    QProcess process;
    process.setChildProcessModifier([limit] {
        const rlimit both{rlim_t(limit.bytes), rlim_t(limit.bytes)};
        setrlimit(limit.resource, &both);
    });
    start(process, arguments);
    return finish(process);
}

void write(const QString& path, const QByteArray& content) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

QByteArray read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A picture with something in it.
QImage picture(int width, int height) {
    QImage image(width, height, QImage::Format_RGB32);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x)
            image.setPixel(x, y, qRgb(x * 7 % 256, y * 5 % 256, (x ^ y) % 256));
    }
    return image;
}

const QStringList kTiny{QStringLiteral("-w"),       QStringLiteral("untrained"), QStringLiteral("--arch"),
                        QStringLiteral("vit_tiny"), QStringLiteral("--size"),    QStringLiteral("64")};

}  // namespace

class CliTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        QVERIFY(folder_->isValid());
        QVERIFY(picture(96, 64).save(path("cat.png")));
        QVERIFY(picture(64, 96).save(path("dog.jpg")));
    }

    void attendWritesWhatTheContractNames() {
        const Outcome outcome = dino(
            QStringList{"attend", path("cat.png"), "-o", path("out"), "--raw", "--mass", "0.6", "--json"} +
            kTiny);
        QCOMPARE(outcome.status, 0);
        for (const char* name : {"cat-head0.png", "cat-head2.png", "cat-mean.png", "cat-overlay-head1.png",
                                 "cat-mask-head0.png", "cat.safetensors"}) {
            QVERIFY2(QFile::exists(path("out/") + name), name);
        }
        QCOMPARE(QImage(path("out/cat-head0.png")).size(), QSize(96, 64));
        QCOMPARE(QImage(path("out/cat-overlay-head0.png")).size(), QSize(96, 64));
        const QJsonObject image = outcome.json()["images"].toArray().at(0).toObject();
        QCOMPARE(image["columns"].toInt(), 6);
        QCOMPARE(image["rows"].toInt(), 4);
        QCOMPARE(image["heads"].toInt(), 3);
        QCOMPARE(image["outputs"].toArray().size(), 3 + 1 + 3 + 3 + 1);
        QCOMPARE(outcome.json()["weights"].toString(), QString("untrained"));
    }

    void theCatalogueIsListedAndItsNamesAreUnderstood() {
        qputenv("XDG_CACHE_HOME", path("cache").toUtf8());
        Outcome outcome = dino({"info", "--list", "--json"});
        QCOMPARE(outcome.status, 0);
        QVERIFY(outcome.json()["catalogue"].toArray().size() > 20);
        QCOMPARE(dino({"info", path("cat.png"), "--list"}).status, 2);
        QCOMPARE(dino({"info", "-w", "untrained", "--list"}).status, 2);
        outcome = dino({"info", "--list"});
        QVERIFY(outcome.out.contains("dino-vits8"));
        outcome = dino({"attend", path("cat.png"), "-w", "dino-vits8", "-o", path("out")});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("dino fetch dino-vits8") && outcome.err.contains("https://") &&
                     outcome.err.contains(path("cache")),
                 qPrintable(outcome.err));
        outcome = dino({"fetch", "dino-vits8", "--address", "http://127.0.0.1:1/none.pth", "--json"});
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(outcome.json()["error"].toObject()["what"].toString().contains("cannot be fetched"));
        QCOMPARE(dino({"fetch", "dino-vits9"}).status, 2);
        QCOMPARE(dino({"fetch", "bundled", "--address", "http://127.0.0.1:1/none.pth"}).status, 2);
        outcome = dino({"export", "untrained", "-o", path("out.pth")});
        QVERIFY2(outcome.status == 2 && outcome.err.contains("without training"), qPrintable(outcome.err));
        outcome = dino({"fetch", "dinov3-vits16"});
        QVERIFY2(outcome.status == 1 && outcome.err.contains("https://ai.meta.com"), qPrintable(outcome.err));
        // What lies in the cache is found by its name.
        QVERIFY(QDir().mkpath(path("cache/dinoscope/weights")));
        QVERIFY(QFile::copy(GOLDEN_DIR "/families/mae_encoder.pth",
                            path("cache/dinoscope/weights/mae_pretrain_vit_base.pth")));
        outcome = dino({"info", "mae-vitb", "--heads-per-layer", "2", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["family"].toString(), QString("MAE"));
        // It is no vit_base, so what the catalogue says of MAE's file is not true of this one.
        QVERIFY(outcome.json()["licence"].isNull() && outcome.json()["catalogue"].isNull());
        qunsetenv("XDG_CACHE_HOME");
    }

    void attendTakesTheReferencesNames() {
        const Outcome outcome = dino({"attend", "--image_path", path("cat.png"), "--output_dir", path("out"),
                                      "--image_size", "32", "48", "-w", "untrained", "--arch", "vit_tiny",
                                      "--patch_size", "8", "--threshold", "0.5"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(QImage(path("out/cat-mask-head0.png")).size(), QSize(48, 32));
    }

    void aFolderOfPicturesBecomesAVideo() {
        QVERIFY(QDir(folder_->path()).mkpath("film"));
        for (int i = 0; i < 3; ++i)
            QVERIFY(picture(96, 64).save(path(QStringLiteral("film/%1.png").arg(i).toUtf8().constData())));
        const Outcome outcome = dino({"video", path("film"), "--output_path", path("film.mp4"), "--fps", "10",
                                      "-w", "untrained", "--arch", "vit_tiny", "--resize", "64", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["frames"].toInt(), 3);
        QCOMPARE(outcome.json()["rate"].toDouble(), 10.0);
        QCOMPARE(outcome.json()["pictures"].toInt(), 5);
        QVERIFY(QFile::exists(path("film.mp4")));
        QCOMPARE(dino({"video", path("film")}).status, 2);
        QCOMPARE(dino({"video"}).status, 2);
    }

    void aFolderIsMirroredAndItsBadFilesAreSkipped() {
        QVERIFY(QDir(folder_->path()).mkpath("in/deep"));
        QVERIFY(QFile::copy(path("cat.png"), path("in/deep/cat.png")));
        QVERIFY(QFile::copy(path("cat.png"), path("in/cat.png")));
        QVERIFY(picture(32, 32).save(path("in/cat.jpg")));
        write(path("in/bad.jpg"), "no picture");
        const QStringList arguments = QStringList{"attend", path("in"), "-o", path("out")} + kTiny;
        const Outcome outcome = dino(arguments);
        QCOMPARE(outcome.status, 0);
        QVERIFY(outcome.err.contains("bad.jpg"));
        QVERIFY(QFile::exists(path("out/deep/cat-mean.png")));
        QVERIFY(QFile::exists(path("out/cat_jpg-mean.png")));
        QVERIFY(QFile::exists(path("out/cat_png-mean.png")));
        QCOMPARE(dino(arguments + QStringList{"--strict"}).status, 1);
    }

    void aNamedBadFileFailsAndTheRestIsDone() {
        write(path("text.jpg"), "this is text");
        const Outcome outcome =
            dino(QStringList{"attend", path("text.jpg"), path("cat.png"), "-o", path("out")} + kTiny);
        QCOMPARE(outcome.status, 1);
        QVERIFY(outcome.err.contains("text.jpg"));
        QVERIFY(QFile::exists(path("out/cat-mean.png")));
    }

    void anInputOfFarTooManyPatchesIsNamedAndTheRestIsDone() {
        // A line of pixels: the shorter side brought to 480, the longer one is 960,000.
        QVERIFY(picture(20000, 10).save(path("line.png")));
        const Outcome outcome = dino({"attend", path("line.png"), path("cat.png"), "-o", path("out"), "-w",
                                      "untrained", "--arch", "vit_tiny", "--json"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("line.png") && outcome.err.contains("500000 patches") &&
                     outcome.err.contains("--size"),
                 qPrintable(outcome.err));
        QCOMPARE(outcome.err.count("line.png"), 1);  // other lines tell of progress, where that takes long
        QVERIFY(QFile::exists(path("out/cat-mean.png")));
        const QJsonObject failure = outcome.json()["failures"].toArray().at(0).toObject();
        QCOMPARE(failure["file"].toString(), path("line.png"));
    }

    void anInputThatDoesNotFitIntoMemoryIsNamedAndTheRestIsDone() {
#ifdef __SANITIZE_ADDRESS__
        QSKIP("the address sanitizer needs more addresses than any limit leaves");
#endif
        QVERIFY(picture(8000, 32).save(path("wide.png")));
        const Outcome outcome = dino({"attend", path("wide.png"), path("cat.png"), "-o", path("out"), "-w",
                                      "untrained", "--arch", "vit_base", "--threads", "1"},
                                     Limit{RLIMIT_AS, 3'000'000'000});
        QVERIFY2(outcome.status == 1, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("wide.png") && outcome.err.contains("of memory, and") &&
                     outcome.err.contains("--size"),
                 qPrintable(outcome.err));
        QVERIFY(QFile::exists(path("out/cat-mean.png")));
    }

    void aSecondRunDoesNotAttendToTheFirstOnesPictures() {
        QVERIFY(QDir(folder_->path()).mkpath("in"));
        QVERIFY(QFile::copy(path("cat.png"), path("in/cat.png")));
        for (int run = 0; run < 2; ++run) {
            const Outcome outcome =
                dino(QStringList{"attend", path("in"), "-o", path("in/out"), "--json"} + kTiny);
            QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
            QCOMPARE(outcome.json()["images"].toArray().size(), 1);
        }
        QVERIFY(!QFile::exists(path("in/out/out")));
        const Outcome refused = dino(QStringList{"attend", path("in"), "-o", path("in")} + kTiny);
        QCOMPARE(refused.status, 2);
        QVERIFY2(refused.err.contains("-o attention"), qPrintable(refused.err));
    }

    void theMeanAloneIsWhatTheWindowShowsAtFirst() {
        const Outcome outcome = dino(
            QStringList{"attend", path("cat.png"), "-o", path("out"), "--heads", "mean", "--mass", "0.6"} +
            kTiny);
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(QDir(path("out")).entryList(QDir::Files, QDir::Name),
                 (QStringList{"cat-mask-mean.png", "cat-mean.png", "cat-overlay-mean.png"}));
        QVERIFY(QImage(path("out/cat-overlay-mean.png")).size() == QImage(path("cat.png")).size());
        QCOMPARE(dino(QStringList{"attend", path("cat.png"), "-o", path("new"), "--heads", "mean", "--hues"} +
                      kTiny)
                     .status,
                 2);
    }

    void wrongOptionsLeaveNoFolder() {
        QCOMPARE(dino({"attend", path("cat.png"), "-o", path("new"), "--scale", "much"}).status, 2);
        QCOMPARE(dino({"attend", path("cat.png"), "-o", path("new"), "-w", path("no.pth")}).status, 1);
        for (const auto& [option, value] : {std::pair{"--layer", "99"}, {"--query", "register9"}}) {
            const Outcome outcome =
                dino(QStringList{"attend", path("cat.png"), "-o", path("new"), option, value} + kTiny);
            QVERIFY2(outcome.status == 2 && outcome.err.contains(option), qPrintable(outcome.err));
        }
        QVERIFY(!QFile::exists(path("new")));
    }

    void badPicturesGetOneSentence_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("text") << QByteArray("hello");
        QTest::newRow("truncated") << QByteArray("cut");
        QTest::newRow("one pixel") << QByteArray("1x1");
    }

    void badPicturesGetOneSentence() {
        QFETCH(QByteArray, content);
        QString file = path("odd.jpg");
        if (content == "cut") {
            content = read(path("dog.jpg"));
            content.truncate(content.size() / 2);
        }
        if (content == "1x1") {
            file = path("odd.png");
            QVERIFY(picture(1, 1).save(file));
        } else {
            write(file, content);
        }
        const Outcome outcome = dino(QStringList{"attend", file, "-o", path("out"), "--native", "-w",
                                                 "untrained", "--arch", "vit_tiny"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains(file), qPrintable(outcome.err));
        QCOMPARE(outcome.err.count('\n'), 1);
        QCOMPARE(QDir(path("out")).entryList(QDir::Files).size(), 0);
    }

    void aVeryWidePictureIsAttendedTo() {
        QVERIFY(picture(20000, 16).save(path("wide.png")));
        const Outcome outcome = dino({"attend", path("wide.png"), "-o", path("out"), "--native", "-w",
                                      "untrained", "--arch", "vit_tiny", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["images"].toArray().at(0).toObject()["columns"].toInt(), 1250);
    }

    void aPictureThinnerThanAPatchIsRefused() {
        QVERIFY(picture(20000, 10).save(path("thin.png")));
        const Outcome outcome = dino({"attend", path("thin.png"), "-o", path("out"), "--native", "-w",
                                      "untrained", "--arch", "vit_tiny"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("thin.png") && outcome.err.contains("--size"), qPrintable(outcome.err));
    }

    void badWeightsGetOneSentence_data() {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"missing", "empty", "truncated", "command", "folder", "picture"}) {
            QTest::newRow(kind) << kind;
        }
    }

    void badWeightsGetOneSentence() {
        QFETCH(QString, kind);
        QString file = path("w.pth");
        QByteArray content;
        if (kind == "truncated") {
            content = read(GOLDEN_DIR "/weights/backbone.pth");
            content.truncate(content.size() - 5000);
        }
        // cos.system("touch PROOF") as protocol 0 has it: must be read, if at all, as names and never called.
        if (kind == "command") {
            content = "cposix\nsystem\n(S'touch " + path("proof").toUtf8() + "'\ntR.";
        }
        if (kind == "picture") {
            file = path("cat.png");
        } else if (kind == "folder") {
            file = folder_->path();
        } else if (kind != "missing") {
            write(file, content);
        }
        for (const QString& command : {QStringLiteral("info"), QStringLiteral("attend")}) {
            QStringList arguments{command, file};
            if (command == "attend") arguments = {command, path("cat.png"), "-w", file, "-o", path("out")};
            const Outcome outcome = dino(arguments);
            QCOMPARE(outcome.status, 1);
            QVERIFY2(outcome.err.contains(file), qPrintable(outcome.err));
            QCOMPARE(outcome.err.count('\n'), 1);
        }
        QVERIFY(!QFile::exists(path("proof")));
        QCOMPARE(QDir(path("out")).entryList(QDir::Files).size(), 0);
    }

    void aWrongArchitectureIsNamed() {
        const Outcome outcome = dino({"attend", path("cat.png"), "-w", GOLDEN_DIR "/weights/backbone.pth",
                                      "--arch", "vit_base", "-o", path("out")});
        QVERIFY(outcome.status != 0);
        QVERIFY2(outcome.err.contains("vit_base"), qPrintable(outcome.err));
    }

    void anOutputFolderThatCannotBeMadeIsNamed() {
        write(path("file"), "in the way");
        const Outcome outcome = dino(QStringList{"attend", path("cat.png"), "-o", path("file/out")} + kTiny);
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains(path("file/out")), qPrintable(outcome.err));
    }

    void aFullDiskLeavesNoHalfFile() {
        // All pictures of a 64-pixel input are larger than this.
        const Outcome outcome =
            dino(QStringList{"attend", path("cat.png"), "-o", path("out"), "--raw"} + kTiny,
                 Limit{RLIMIT_FSIZE, 100});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("cat-head") && outcome.err.count('\n') == 1, qPrintable(outcome.err));
        QCOMPARE(QDir(path("out")).entryList(QDir::Files | QDir::Hidden).size(), 0);
    }

    void resultsThatCannotBePrintedAreAFailure() {
        QProcess process;
        process.setStandardOutputFile("/dev/full");
        process.start(QStringLiteral(PROGRAM_DIR "/dino"), {"info", "untrained"});
        QVERIFY(process.waitForFinished(120'000));
        QCOMPARE(process.exitCode(), 1);
        QCOMPARE(process.readAllStandardError(),
                 QByteArray("dino: stdout: the results cannot be written; check where they go\n"));
    }

    void wrongUsageExitsWithTwoAndNamesIt_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("named");
        QTest::newRow("no command") << QStringList{} << "ubcommand";
        QTest::newRow("unknown command") << QStringList{"frob"} << "'frob'";
        QTest::newRow("no image") << QStringList{"attend"} << "no image is named";
        QTest::newRow("unknown option") << QStringList{"attend", "x.png", "--frobnicate"} << "--frobnicate";
        QTest::newRow("bad number") << QStringList{"attend", "x.png", "--opacity", "much"} << "--opacity";
        QTest::newRow("out of range") << QStringList{"attend", "x.png", "--opacity", "1.5"} << "'1.5'";
        QTest::newRow("bad size") << QStringList{"attend", "x.png", "--size", "0x480"} << "'0x480'";
        QTest::newRow("two sizes") << QStringList{"attend", "x.png", "--size", "96", "--native"}
                                   << "--native";
        QTest::newRow("bad colour map") << QStringList{"attend", "x.png", "--colormap", "jet"} << "'jet'";
        QTest::newRow("bad query") << QStringList{"attend", "x.png", "--query", "left"} << "'left'";
        QTest::newRow("bad device") << QStringList{"attend", "x.png", "--device", "tpu"} << "'tpu'";
        QTest::newRow("two files") << QStringList{"info", "a.pth", "-w", "b.pth"} << "two files";
    }

    void wrongUsageExitsWithTwoAndNamesIt() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, named);
        const Outcome outcome = dino(arguments);
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.err.startsWith("dino: ") && outcome.err.contains(named), qPrintable(outcome.err));
        QCOMPARE(outcome.err.count('\n'), 1);
        QVERIFY(outcome.out.isEmpty());
    }

    void ofAnOptionGivenTwiceTheLastHolds() {
        const Outcome outcome = dino({"attend", path("cat.png"), "-o", path("out"), "-w", "untrained",
                                      "--arch", "vit_tiny", "--size", "32", "--size", "64", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["images"].toArray().at(0).toObject()["rows"].toInt(), 4);
    }

    void failuresAreJsonWhereJsonWasAsked() {
        const Outcome outcome = dino({"info", path("nothing.pth"), "--json"});
        QCOMPARE(outcome.status, 1);
        const QJsonObject error = outcome.json()["error"].toObject();
        QCOMPARE(error["where"].toString(), path("nothing.pth"));
        QVERIFY(!error["what"].toString().isEmpty());
        QVERIFY(!error["remedy"].toString().isEmpty());
    }

    void infoTellsApartWhatIsLeftOutAndWhatWouldBeRefused() {
        const Outcome outcome = dino({"info", GOLDEN_DIR "/weights/training.pth", "--heads-per-layer", "2"});
        QCOMPARE(outcome.status, 0);
        QVERIFY2(outcome.out.contains("keys ignored") && outcome.out.contains("keys unexpected  0"),
                 qPrintable(outcome.out));
        QVERIFY(!outcome.out.contains("refused"));
    }

    void infoTellsWhatATrainingCheckpointIs() {
        const Outcome outcome = dino(
            {"info", GOLDEN_DIR "/weights/training.pth", "--heads-per-layer", "2", "--json", "--sha256"});
        QCOMPARE(outcome.status, 0);
        const QJsonObject info = outcome.json();
        QCOMPARE(info["family"].toString(), QString("DINO"));
        QCOMPARE(info["sha256"].toString().size(), 64);
        QVERIFY(info["keys"].toObject()["used"].toInt() > 0);
        QVERIFY(info["keys"].toObject()["ignored"].toArray().size() > 0);
        QVERIFY(info["epoch"].isDouble());
    }

private:
    QString path(const char* name) const {
        return folder_->filePath(QString::fromUtf8(name));
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(CliTest)
#include "cli_test.moc"
