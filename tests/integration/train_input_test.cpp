#include <sys/stat.h>

#include <QFile>
#include <QJsonObject>
#include <QTest>

#include "tests/integration/train_fixture.h"

using namespace dinoscope;

/// What `dino train` learns from where --data is not a folder, and what it says of what it cannot read.
class TrainInputTest : public QObject, protected TrainRuns {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeFolder(); }

    /// The same images in the same order with the same labels are the same run.
    void aTextListIsLearntFromAsAFolderIs() {
        QVERIFY(dino(train("folder")).status == 0);
        writeList(linesOfAll());
        const Outcome outcome = dino(trainOn(list(), "run") + QStringList{"--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        const QJsonObject report = outcome.json();
        QCOMPARE(report["images"].toInt(), kImages);
        QCOMPARE(report["classes"].toInt(), 2);
        QCOMPARE(report["skipped"].toInt(), 0);
        QCOMPARE(metricsOf("run").steps.size(), std::size_t(2 * kStepsPerEpoch));
        QVERIFY(sameSteps(metricsOf("run"), metricsOf("folder")));
    }

    void aListWithoutLabelsIsLearntFromWithoutClasses() {
        writeList(withoutLabels(linesOfAll()));
        const Outcome outcome = dino(trainOn(list()) + QStringList{"--epochs", "1", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["images"].toInt(), kImages);
        QCOMPARE(outcome.json()["classes"].toInt(), 0);
        const EpochMetrics epoch = metricsOf("run").epochs.at(0);
        QVERIFY(epoch.knnTop1 == kNotMeasured && epoch.effectiveRank > 0);
    }

    void linesThatCannotBeReadAreCountedNamedAndSkipped() {
        QStringList lines = linesOfAll().mid(0, 8);
        lines.insert(2, "missing.png\tacross");
        lines.append("torn.png\talong");
        writeList(lines);
        write("torn.png", "\x89PNG\r\n\x1a\n");
        const Outcome outcome = dino(trainOn(list()) + QStringList{"--epochs", "1", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["images"].toInt(), 8);
        QCOMPARE(outcome.json()["skipped"].toInt(), 2);
        QCOMPARE(metricsOf("run").steps.size(), 2U);
        QVERIFY2(outcome.err.contains("line 3: missing.png: there is no such file"), qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("line 10: torn.png: "), qPrintable(outcome.err));
        QVERIFY2(outcome.err.count("missing.png") == 1, qPrintable(outcome.err));
        QFile log(path("run/log.txt"));
        QVERIFY(log.open(QIODevice::ReadOnly));
        const QByteArray text = log.readAll();
        QVERIFY2(
            text.contains("2 images were skipped: line 3: missing.png: there is no such file; line 10: "),
            text.constData());
        QVERIFY2(text.contains("epoch 1: loss ") && text.contains(", k-NN "), text.constData());
    }

    /// With the images of the list, and their labels, as they were when it began.
    void aRunGoesOnWithItsListWhateverTheFileSaysNow() {
        writeList(linesOfAll());
        QVERIFY(dino(trainOn(list()) + QStringList{"--epochs", "1"}).status == 0);
        const QStringList resume{"train", "-o", path("run"), "--resume", "--epochs", "2", "--threads", "1"};
        writeList(withoutLabels(linesOfAll().mid(1)));
        const Outcome other = dino(resume + QStringList{"--json"});
        QVERIFY2(other.status == 0, qPrintable(other.err));
        QVERIFY2(other.err.contains("1 of the 24 images that the run began with is gone"),
                 qPrintable(other.err));
        QCOMPARE(other.json()["classes"].toInt(), 2);
        QCOMPARE(metricsOf("run").epochs.size(), 2U);
    }

    void anUnreadableListIsRefusedBeforeARunBegins_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("words");
        const QByteArray whole = (linesOfAll().join(u'\n') + u'\n').toUtf8();
        const QByteArray plain = (withoutLabels(linesOfAll()).join(u'\n') + u'\n').toUtf8();
        const auto row = [](const char* name, const QByteArray& content, const char* words,
                            const QStringList& options = {}) {
            QTest::newRow(name) << content << options << QString(words);
        };
        row("no file", QByteArray(), "there is no such file");
        row("no text", QByteArray("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16),
            "neither a folder nor a text file that lists images");
        row("no line", "\n\n", "there is no readable image here");
        row("no image", "a.png\nb.png\n",
            "2 cannot be read, the first being line 1: a.png: there is no such file");
        row("labels on some lines", whole + plain, "line 25 has no label, unlike those before it");
        row("fewer images than a batch", (linesOfAll().mid(0, 3).join(u'\n')).toUtf8(), "3 images are fewer");
        row("no labels to learn", plain, "no classes to learn from", {"--objective", "supervised"});
    }

    void anUnreadableListIsRefusedBeforeARunBegins() {
        QFETCH(QByteArray, content);
        QFETCH(QStringList, options);
        QFETCH(QString, words);
        if (!content.isEmpty()) write("list.txt", content);
        const Outcome outcome = dino(trainOn(list()) + options);
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains(words), qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("list.txt") || outcome.err.contains("--batch-size-per-gpu"),
                 qPrintable(outcome.err));
        QVERIFY(!QFile::exists(path("run")));
    }

    /// The scan of a large folder takes minutes.
    void whatNeedsNoImageIsRefusedBeforeTheyAreLookedAt_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("words");
        const auto row = [](const char* name, const char* option, const char* value, const char* words) {
            QTest::newRow(name) << QStringList{option, value} << QString(words);
        };
        row("a run is there", "-o", "FOLDER/taken", "the folder holds a run already");
        row("no probe", "--probe", "nothere.jpg", "nothere.jpg: there is no such");
        row("no weights", "--init", "nothere.pth", "nothere.pth: there is no such");
        row("the probe is no image", "--probe", "FOLDER/text", "text: this is not");
    }

    void whatNeedsNoImageIsRefusedBeforeTheyAreLookedAt() {
        QFETCH(QStringList, options);
        QFETCH(QString, words);
        QVERIFY(QDir().mkpath(path("taken")));
        write("taken/run.toml", "format = 1\n");
        write("text", "no image");
        writeList({"missing.png"});  // of which the scan would complain
        options.replaceInStrings("FOLDER", path("."));
        const Outcome outcome = dino(trainOn(list()) + options);
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains(words), qPrintable(outcome.err));
        QVERIFY2(!outcome.err.contains("missing.png"), qPrintable(outcome.err));
        QVERIFY(!QFile::exists(path("run")));
    }

    /// Whatever was in its place before stays, be it an empty folder.
    void aFolderWhoseNameIsNoTextIsRefused() {
        const QByteArray folder = path("caf").toLocal8Bit() + '\xe9';
        QVERIFY(::mkdir(folder.constData(), 0755) == 0);
        QProcess shell;
        shell.start("/bin/sh", {"-c", QString("exec %1/dino train -o '%2' --data '%3'\"$(printf '\\351')\"")
                                          .arg(PROGRAM_DIR, path("run"), path("caf"))});
        const Outcome outcome = finish(shell);
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("the name given with --data is not UTF-8"), qPrintable(outcome.err));
        QVERIFY(!QFileInfo::exists(path("run")));
    }

    void aStartThatFailsLeavesWhatThePersonHad() {
        const QString folder = path("run");
        QVERIFY(QDir().mkpath(folder));
        writeList(linesOfAll().mid(0, 3));
        const QStringList line = trainOn(list());  // fewer than a step takes, which the trainer finds
        QCOMPARE(dino(line).status, 1);
        QVERIFY(QDir(folder).exists() && QDir(folder).isEmpty());
        write("run/log.txt", "notes\n");
        QCOMPARE(dino(line).status, 1);
        QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList("log.txt"));
        QCOMPARE(QFileInfo(folder + "/log.txt").size(), 6);
    }

private:
    QString list() const { return path("list.txt"); }

    void write(const QString& name, const QByteArray& content) const {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }
    void writeList(const QStringList& lines) const {
        write("list.txt", (lines.join(u'\n') + u'\n').toUtf8());
    }

    /// In the order of the folder, whose classes come one after the other.
    static QStringList linesOfAll() {
        QStringList lines;
        for (const int first : {1, 0}) {
            for (int i = first; i < kImages; i += 2)
                lines << images().path() + u'/' + Images::nameOf(i) + u'\t' + Images::classOf(i);
        }
        return lines;
    }
    static QStringList withoutLabels(QStringList lines) {
        for (QString& line : lines)
            line.truncate(line.indexOf(u'\t'));
        return lines;
    }
};

QTEST_GUILESS_MAIN(TrainInputTest)
#include "train_input_test.moc"
