#include <unistd.h>

#include <csignal>

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>
#include <QtEndian>
#include <cmath>

#include "tests/integration/train_fixture.h"

using namespace dinoscope;

namespace {

/// What a safetensors file says of itself.
QJsonObject headerOf(const std::filesystem::path& path) {
    QFile file(QString::fromStdString(path.string()));
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QByteArray size = file.read(8);
    return QJsonDocument::fromJson(file.read(qFromLittleEndian<quint64>(size.constData()))).object();
}

/// Makes a stream of this process a pipe whose reader has gone.
void breakPipe(int stream) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    ::close(ends[0]);
    ::dup2(ends[1], stream);
    ::close(ends[1]);
}

/// The numbers of a safetensors file, as bytes.
QByteArray tensorsOf(const std::filesystem::path& path) {
    QFile file(QString::fromStdString(path.string()));
    if (!file.open(QIODevice::ReadOnly)) return {};
    const QByteArray size = file.read(8);
    file.skip(qFromLittleEndian<qint64>(size.constData()));
    return file.readAll();
}

}  // namespace

class TrainTest : public QObject, protected TrainRuns {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeFolder(); }

    void aRunIsWholeAndItsNumbersBelongTogether() {
        const Outcome outcome = dino(train() + QStringList{"--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        const QJsonObject report = outcome.json();
        QCOMPARE(report["epochs"].toInt(), 2);
        QCOMPARE(report["steps"].toInt(), 2 * kStepsPerEpoch);
        QCOMPARE(report["images"].toInt(), kImages);
        QCOMPARE(report["classes"].toInt(), 2);
        const Metrics metrics = metricsOf("run");
        QCOMPARE(metrics.steps.size(), std::size_t(2 * kStepsPerEpoch));
        QCOMPARE(metrics.epochs.size(), 2U);
        for (std::size_t i = 0; i < metrics.steps.size(); ++i) {
            const StepMetrics& step = metrics.steps[i];
            QCOMPARE(step.step, std::int64_t(i));
            QCOMPARE(step.epoch, std::int64_t(i) / kStepsPerEpoch);
            QVERIFY(std::abs(step.loss - step.teacherEntropy - step.kl) < 1e-4);
            QVERIFY(std::abs(step.lossBelowLnK - (std::log(64.0) - step.loss)) < 1e-6);
            QVERIFY(step.gradientNorm > 0 && step.imagesPerSecond > 0 && step.memoryBytes > 0);
        }
        QVERIFY(metrics.epochs[1].knnTop1 >= 0 && metrics.epochs[1].knnTop1 <= 100);
        QVERIFY(std::filesystem::exists(paths("run").checkpoint({2, 0})));
    }

    void killedAtRandomItGoesOnToTheSameNumbers() {
        QVERIFY(dino(train("whole")).status == 0);
        const Metrics expected = metricsOf("whole");
        const int kills = qEnvironmentVariableIntValue("DINOSCOPE_KILLS");
        for (int attempt = 0; attempt < (kills > 0 ? kills : 3); ++attempt) {
            const QString name = QString("killed%1").arg(attempt);
            // Somewhere between the start of the first step and the end, by the metrics: no clock decides.
            killAfterSteps(name, std::size_t((7 * attempt + 2) % (2 * kStepsPerEpoch)));
            const Outcome resumed = dino(train(name) + QStringList{"--resume"});
            QVERIFY2(resumed.status == 0, qPrintable(resumed.err));
            QVERIFY2(sameSteps(metricsOf(name), expected), qPrintable(name));
            QDir(path(name)).removeRecursively();
        }
    }

    void ctrlCWritesACheckpointAndExitsWith130() {
        QProcess process;
        start(process, train());
        QVERIFY(waitForSteps("run", 2));
        ::kill(pid_t(process.processId()), SIGINT);
        QCOMPARE(finish(process).status, 130);
        const auto latest = paths("run").latestCheckpoint();
        QVERIFY(latest.has_value());
        const Metrics metrics = metricsOf("run");
        const std::int64_t reached = latest->position.epochs * kStepsPerEpoch + latest->position.steps;
        QCOMPARE(std::int64_t(metrics.steps.size()), reached);
        QVERIFY(!std::filesystem::exists(paths("run").lock()));
    }

    void anInterruptionThatArrivesTwiceIsOne() {
        QProcess process;
        start(process, train());
        QVERIFY(waitForSteps("run", 2));
        ::kill(pid_t(process.processId()), SIGINT);
        ::kill(pid_t(process.processId()), SIGTERM);  // two signals: two of one kind may become one
        QCOMPARE(finish(process).status, 130);
        QVERIFY(paths("run").latestCheckpoint().has_value());
        QVERIFY(!std::filesystem::exists(paths("run").lock()));
    }

    void aClosedTerminalIsAnInterruption() {
        QProcess process;
        process.setChildProcessModifier([] { ::signal(SIGHUP, SIG_DFL); });
        start(process, train());
        QVERIFY(waitForSteps("run", 2));
        ::kill(pid_t(process.processId()), SIGHUP);
        QCOMPARE(finish(process).status, 130);
        QVERIFY(paths("run").latestCheckpoint().has_value());
        QVERIFY(!std::filesystem::exists(paths("run").lock()));
    }

    void underNohupItGoesOnWithoutATerminal() {
        QProcess process;
        process.setChildProcessModifier([] { ::signal(SIGHUP, SIG_IGN); });
        start(process, train());
        QVERIFY(waitForSteps("run", 2));
        ::kill(pid_t(process.processId()), SIGHUP);
        QCOMPARE(finish(process).status, 0);
        QCOMPARE(metricsOf("run").epochs.size(), 2U);
    }

    /// As in `dino train … 2>&1 | head`.
    void itGoesOnWhereNobodyReadsWhatItSays() {
        QProcess process;
        process.setChildProcessModifier([] { breakPipe(STDERR_FILENO); });
        start(process, train() + QStringList{"--resume", "--epochs", "1"});  // it notes that there is no run
        QCOMPARE(finish(process).status, 0);
        QCOMPARE(metricsOf("run").epochs.size(), 1U);
    }

    void resultsThatNobodyReadsAreAFailure() {
        QProcess process;
        process.setChildProcessModifier([] { breakPipe(STDOUT_FILENO); });
        start(process, {"info", "--list"});
        const Outcome outcome = finish(process);
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("stdout: the results cannot be written"), qPrintable(outcome.err));
    }

    void aFolderWithARunIsNotWrittenTo() {
        QVERIFY(dino(train() + QStringList{"--epochs", "1"}).status == 0);
        const Outcome again = dino(train());
        QCOMPARE(again.status, 1);
        QVERIFY2(again.err.contains("--resume"), qPrintable(again.err));
    }

    void aFinishedRunIsLeftAloneUnlessThereAreMoreEpochs() {
        QVERIFY(dino(train() + QStringList{"--epochs", "1"}).status == 0);
        const Outcome again = dino(train() + QStringList{"--resume", "--epochs", "1"});
        QVERIFY2(again.status == 0 && again.out.contains("finished before"),
                 qPrintable(again.out + again.err));
        const Outcome extended = dino(train() + QStringList{"--resume"});
        QVERIFY2(extended.status == 0, qPrintable(extended.err));
        QCOMPARE(metricsOf("run").epochs.size(), 2U);
    }

    void aResumeWithOtherOptionsNamesThem() {
        QVERIFY(dino(train() + QStringList{"--epochs", "1"}).status == 0);
        const Outcome outcome = dino(train() + QStringList{"--resume", "--lr", "0.5", "--seed", "4"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("--lr") && outcome.err.contains("--seed"), qPrintable(outcome.err));
    }

    void aPresetThatIsRepeatedOnAResumeChangesNothing() {
        const QByteArray about = "[about]\ntitle = \"T\"\ndescription = \"D\"\nneeds = \"N\"\n";
        const auto write = [&](const QByteArray& options) {
            QFile file(path("mine.toml"));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(options + about) > 0);
        };
        write("lr = 0.001\n");
        const QStringList line = train() + QStringList{"--preset", path("mine.toml"), "--epochs", "1"};
        QVERIFY(dino(line).status == 0);
        const Outcome same = dino(line + QStringList{"--resume"});
        QVERIFY2(same.status == 0 && !same.err.contains("keeps the options"), qPrintable(same.err));
        write("lr = 0.002\nmin-lr = 1e-5\n");
        const Outcome other = dino(line + QStringList{"--resume", "--epochs", "2"});
        QVERIFY2(other.status == 0, qPrintable(other.err));
        QVERIFY2(other.err.contains("the run keeps the options that it has, where --preset " +
                                    path("mine.toml") + " says something else: --lr, --min-lr"),
                 qPrintable(other.err));
        QCOMPARE(readRunRecord(paths("run").record()).options.real("lr"), 0.001);
    }

    void resumingNothingStartsARunAndSaysSo() {
        const Outcome outcome = dino(train() + QStringList{"--resume", "--epochs", "1"});
        QVERIFY2(outcome.status == 0 && outcome.err.contains("no run"), qPrintable(outcome.err));
    }

    void aLineOfTheReferenceRuns() {
        const Outcome outcome = dino({"train",
                                      "python",
                                      "-m",
                                      "torch.distributed.launch",
                                      "--nproc_per_node=8",
                                      "main_dino.py",
                                      "--arch",
                                      "vit_tiny",
                                      "--data_path",
                                      images().path(),
                                      "--output_dir",
                                      path("run"),
                                      "--epochs",
                                      "1",
                                      "--warmup_epochs",
                                      "0",
                                      "--batch_size_per_gpu",
                                      "8",
                                      "--local_crops_number",
                                      "1",
                                      "--global_crops_scale",
                                      "0.5",
                                      "1.0",
                                      "--use_fp16",
                                      "false",
                                      "--norm_last_layer",
                                      "true",
                                      "--out_dim",
                                      "64",
                                      "--img-size",
                                      "32",
                                      "--global-crop-size",
                                      "32",
                                      "--local-crop-size",
                                      "16",
                                      "--num_workers",
                                      "2"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("--nproc_per_node"), qPrintable(outcome.err));
        QCOMPARE(metricsOf("run").steps.size(), 3U);
    }

    void wrongValuesNameTheOptionAndItsRange() {
        QCOMPARE(dino(train() + QStringList{"--momentum-teacher", "2"}).status, 2);
        QCOMPARE(dino(train() + QStringList{"--warmup-teacher-temp-epochs", "30"}).status, 2);
        const Outcome many = dino(train() + QStringList{"--batch-size-per-gpu", "25"});
        QCOMPARE(many.status, 1);
        QVERIFY2(many.err.contains("24") && many.err.contains("25"), qPrintable(many.err));
        QVERIFY(!QDir(path("run")).exists());
    }

    void aFolderWithoutImagesIsRefused() {
        QDir().mkpath(path("empty"));
        const Outcome outcome = dino({"train", "--data", path("empty"), "-o", path("run")});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("empty"), qPrintable(outcome.err));
        QVERIFY(!QDir(path("run")).exists());
    }

    void exportsAreReadAgain() {
        QVERIFY(dino(train() + QStringList{"--epochs", "1"}).status == 0);
        for (const char* format : {"backbone", "safetensors", "dino"}) {
            const QString file = path(QString("out-%1").arg(format));
            const Outcome outcome = dino({"export", path("run"), "--format", format, "-o", file});
            QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
            const Outcome info = dino({"info", file, "--json"});
            QVERIFY2(info.status == 0, qPrintable(info.err));
            const QJsonObject found = info.json();
            QCOMPARE(found["architecture"].toString(), QString("vit_tiny"));
            QCOMPARE(found["image_size"].toInt(), 32);
        }
        QCOMPARE(dino({"info", path("run"), "--json"}).status, 0);
    }

    void aRunContinuesFromAnothersWeights() {
        QVERIFY(dino(train("first") + QStringList{"--epochs", "1"}).status == 0);
        const Outcome outcome = dino(train("second") + QStringList{"--epochs", "1", "--init", path("first")});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("student, teacher and centre"), qPrintable(outcome.err));
        QVERIFY(metricsOf("second").steps[0].loss != metricsOf("first").steps[0].loss);
    }

    /// A run that was stopped before its first checkpoint begins with --init once more.
    void aResumeWithoutACheckpointBeginsWithTheSameWeights() {
        QVERIFY(dino(train("first") + QStringList{"--epochs", "1"}).status == 0);
        QVERIFY(dino(train() + QStringList{"--epochs", "1", "--init", path("first")}).status == 0);
        const Metrics whole = metricsOf("run");
        QVERIFY(QDir(path("run/checkpoints")).removeRecursively() &&
                QFile::remove(path("run/metrics.jsonl")));
        const Outcome again = dino({"train", "-o", path("run"), "--resume", "--threads", "1"});
        QVERIFY2(again.status == 0, qPrintable(again.err));
        QVERIFY2(again.err.contains("student, teacher and centre"), qPrintable(again.err));
        QVERIFY(sameSteps(metricsOf("run"), whole));
    }

    /// With a rate of 0 nothing is learnt: the student is then what it began with.
    void aRunBeginsWithTheEncoderThatIsNamed_data() {
        QTest::addColumn<QString>("key");
        QTest::newRow("student") << QStringLiteral("student");
        QTest::newRow("teacher") << QStringLiteral("teacher");
    }
    void aRunBeginsWithTheEncoderThatIsNamed() {
        QFETCH(QString, key);
        QVERIFY(dino(train("first") + QStringList{"--epochs", "1"}).status == 0);
        const Outcome outcome =
            dino(train("second") + QStringList{"--epochs", "1", "--init", path("first"), "--checkpoint-key",
                                               key, "--lr", "0", "--min-lr", "0"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.err.contains("the head starts anew"), qPrintable(outcome.err));
        const auto backbone = [this](const char* run, const QString& encoder) {
            const QString file = path(qPrintable(QLatin1String(run) + u'-' + encoder));
            const Outcome exported = dino(
                {"export", path(run), "--checkpoint-key", encoder, "--format", "safetensors", "-o", file});
            if (exported.status != 0) qFatal("%s", qPrintable(exported.err));
            return tensorsOf(file.toStdString());
        };
        const QByteArray student = backbone("second", QStringLiteral("student"));
        QVERIFY(!student.isEmpty() && student == backbone("first", key));
        const QString other = key == "student" ? QStringLiteral("teacher") : QStringLiteral("student");
        QVERIFY(student != backbone("first", other));
    }

    void aKeyThatTheFileHasNotIsRefused() {
        QVERIFY(dino(train("first") + QStringList{"--epochs", "1"}).status == 0);
        const Outcome outcome = dino(
            train("second") + QStringList{"--init", path("first"), "--checkpoint-key", "momentum_encoder"});
        QVERIFY(outcome.status != 0);
        QVERIFY2(outcome.err.contains("momentum_encoder"), qPrintable(outcome.err));
        QVERIFY(!QFile::exists(path("second")));
    }

    void probesAreKeptByEpoch() {
        QVERIFY(picture(3).save(path("probe.png")));
        const Outcome outcome = dino(train() + QStringList{"--probe", path("probe.png"), "--probe-layers",
                                                           "last", "--no-probe-student"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        const Metrics metrics = metricsOf("run");
        QCOMPARE(metrics.probes.size(), 3U);
        for (const ProbeMetrics& probe : metrics.probes)
            QVERIFY(std::filesystem::exists(paths("run").folder() / probe.file));
        const QJsonObject header = headerOf(paths("run").folder() / metrics.probes.back().file);
        QVERIFY(!header.contains("student"));
        QCOMPARE(header["teacher"].toObject()["shape"].toArray(), (QJsonArray{1, 3, 2, 2}));
    }

    void aProbeIsKeptWithItsNeighboursInTheTrainingSet() {
        const QString own = images().path() + "/along/0.png";
        const Outcome outcome = dino(train() + QStringList{"--probe", own});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        const Metrics metrics = metricsOf("run");
        const std::filesystem::path run = paths("run").folder();
        QVERIFY(!headerOf(run / metrics.probes[0].file).contains("neighbours"));  // nothing was evaluated yet
        const QJsonObject header = headerOf(run / metrics.probes[2].file);
        QCOMPARE(header["teacher"].toObject()["shape"].toArray(), (QJsonArray{12, 3, 2, 2}));
        QCOMPARE(header["student"].toObject()["shape"], header["teacher"].toObject()["shape"]);
        QCOMPARE(header["neighbours"].toObject()["shape"].toArray(), QJsonArray{12});
        const QJsonObject words = header["__metadata__"].toObject();
        for (int i = 0; i < 12; ++i) {
            const QString name = words["neighbour-" + QString::number(i)].toString();
            QVERIFY2(QFile::exists(images().path() + "/" + name), qPrintable(name));
            QVERIFY(name != "along/0.png");
        }
        QVERIFY(std::filesystem::exists(run / "probes" / words["picture"].toString().toStdString()));
        const QDir pictures(path("run/probes/pictures"));
        QVERIFY(pictures.entryList({"probe-*.jpg"}).size() == 1 &&
                pictures.entryList(QDir::Files).size() > 12);
    }

    void aPlanTellsMemoryWithoutStarting() {
        const Outcome outcome = dino(train() + QStringList{"--plan", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        const QJsonObject plan = outcome.json();
        QVERIFY(plan["total"].toDouble() > 5e6 * 4 * 5);
        QVERIFY(plan["largest_batch"].toInt() >= 4);
        QVERIFY(!QDir(path("run")).exists());
    }

    void theDoctorSpeaksAtTheEndOfAnEpochAndOnce() {
        const Outcome outcome = dino(train() + QStringList{"--teacher-update", "copy", "--epochs", "4",
                                                           "--batch-size-per-gpu", "1", "--knn-every", "0"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        const QString words = "warning: the teacher is a copy of the student";
        QVERIFY2(outcome.err.count(words) == 1, qPrintable(outcome.err));
        QFile log(path("run/log.txt"));
        QVERIFY(log.open(QIODevice::ReadOnly));
        QVERIFY(QString::fromUtf8(log.readAll()).count(words) == 1);
    }

    void aReplayTakesNoOptionsOfWeights() {
        QVERIFY(dino(train() + QStringList{"--epochs", "1"}).status == 0);
        const QStringList replay{"export", path("run"), "--format", "replay", "-o", path("replay")};
        for (const QStringList& more :
             {QStringList{"--epoch", "1"}, QStringList{"--shard-size", "9"}, QStringList{"--namespace"},
              QStringList{"--checkpoint-key", "teacher"}}) {
            const Outcome outcome = dino(replay + more);
            QVERIFY2(outcome.status == 2 && outcome.err.contains(more[0]), qPrintable(outcome.err));
        }
        QCOMPARE(dino(replay).status, 0);
    }

    void everyAblationTrainsAndGoesOn_data() {
        QTest::addColumn<QStringList>("options");
        QTest::newRow("no momentum") << QStringList{"--teacher-update", "copy"};
        QTest::newRow("previous epoch") << QStringList{"--teacher-update", "previous-epoch"};
        QTest::newRow("no multi-crop") << QStringList{"--local-crops-number", "0"};
        QTest::newRow("no centring") << QStringList{"--no-centring"};
        QTest::newRow("no sharpening") << QStringList{"--no-sharpening"};
        QTest::newRow("sinkhorn") << QStringList{"--targets", "sinkhorn"};
        QTest::newRow("mse") << QStringList{"--loss", "mse"};
        QTest::newRow("predictor") << QStringList{"--predictor"};
        QTest::newRow("supervised") << QStringList{"--objective", "supervised"};
        QTest::newRow("checkpointing") << QStringList{"--activation-checkpointing"};
        QTest::newRow("accumulation") << QStringList{"--accumulate", "2"};
        QTest::newRow("sgd") << QStringList{"--optimizer", "sgd"};
        QTest::newRow("lars, batch norm") << QStringList{"--optimizer", "lars", "--use-bn-in-head"};
    }

    void everyAblationTrainsAndGoesOn() {
        QFETCH(QStringList, options);
        const Outcome outcome = dino(train() + QStringList{"--epochs", "1"} + options);
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        const std::size_t steps = metricsOf("run").steps.size();
        const Outcome longer = dino({"train", "-o", path("run"), "--resume", "--epochs", "2"});
        QVERIFY2(longer.status == 0, qPrintable(longer.err));
        QCOMPARE(metricsOf("run").steps.size(), 2 * steps);
        for (const StepMetrics& step : metricsOf("run").steps)
            QVERIFY(std::isfinite(step.loss));
    }

private:
    void killAfterSteps(const QString& name, std::size_t steps) {
        QProcess process;
        start(process, train(name));
        QVERIFY(waitForSteps(name, steps));
        process.kill();
        process.waitForFinished();
    }
};

QTEST_GUILESS_MAIN(TrainTest)
#include "train_test.moc"
