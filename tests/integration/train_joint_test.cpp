#include <csignal>

#include <QFile>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "tests/free_port.h"
#include "tests/integration/train_fixture.h"

using namespace dinoscope;

namespace {

/// Processes that train together, as a launcher starts them.
class Processes {
public:
    /// The words of each; as many processes.
    explicit Processes(const std::vector<QStringList>& arguments) {
        const QString port = QString::number(freePort());
        for (std::size_t rank = 0; rank < arguments.size(); ++rank) {
            auto process = std::make_unique<QProcess>();
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("RANK", QString::number(rank));
            environment.insert("WORLD_SIZE", QString::number(arguments.size()));
            environment.insert("MASTER_ADDR", "127.0.0.1");
            environment.insert("MASTER_PORT", port);
            process->setProcessEnvironment(environment);
            start(*process, arguments[rank]);
            processes_.push_back(std::move(process));
        }
    }

    void signal(std::size_t rank, int which) const { ::kill(pid_t(processes_[rank]->processId()), which); }

    std::vector<Outcome> finish() {
        std::vector<Outcome> outcomes;
        for (const auto& process : processes_)
            outcomes.push_back(dinoscope::finish(*process));
        return outcomes;
    }

private:
    std::vector<std::unique_ptr<QProcess>> processes_;
};

std::vector<Outcome> together(int count, const QStringList& arguments) {
    return Processes(std::vector<QStringList>(std::size_t(count), arguments)).finish();
}

bool allEndedWith(int status, const std::vector<Outcome>& outcomes) {
    return std::ranges::all_of(outcomes, [&](const Outcome& one) { return one.status == status; });
}

QByteArray bytesOf(const std::filesystem::path& path) {
    QFile file(QString::fromStdString(path.string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class TrainJointTest : public QObject, protected TrainRuns {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeFolder(); }

    void twoProcessesTakeTheStepsOfOneWithTwoBatches() {
        QVERIFY(dino(train("alone") + QStringList{"--accumulate", "2"}).status == 0);
        const std::vector<Outcome> outcomes = together(2, train("joint") + QStringList{"--json"});
        QVERIFY2(allEndedWith(0, outcomes), qPrintable(outcomes[0].err + outcomes[1].err));
        QCOMPARE(outcomes[0].json()["processes"].toInt(), 2);
        QCOMPARE(outcomes[0].json()["steps"].toInt(), kStepsPerEpoch);
        QVERIFY2(outcomes[1].out.isEmpty() && outcomes[1].err.isEmpty(), qPrintable(outcomes[1].err));
        QVERIFY(sameSteps(metricsOf("joint"), metricsOf("alone")));
        QVERIFY(!std::filesystem::exists(paths("joint").lock()));
    }

    void theBatchesOfAStepMayBeSharedUnequallyOftenByMore() {
        QVERIFY(dino(train("alone") + QStringList{"--accumulate", "6"}).status == 0);
        const std::vector<Outcome> outcomes = together(3, train("joint") + QStringList{"--accumulate", "2"});
        QVERIFY2(allEndedWith(0, outcomes), qPrintable(outcomes[0].err));
        const Metrics alone = metricsOf("alone");
        const Metrics joint = metricsOf("joint");
        QCOMPARE(joint.steps.size(), alone.steps.size());
        // Sums in another order.
        for (std::size_t i = 0; i < joint.steps.size(); ++i) {
            QVERIFY(std::abs(joint.steps[i].loss - alone.steps[i].loss) < 1e-4);
            QCOMPARE(joint.steps[i].learningRate, alone.steps[i].learningRate);
        }
    }

    void batchNormalisationSeesTheImagesOfAll() {
        const QStringList words{"--use-bn-in-head", "--out-dim",   "32",  "--lr",
                                "0.0001",           "--precision", "fp32"};
        QVERIFY(dino(train("alone") + words + QStringList{"--batch-size-per-gpu", "8"}).status == 0);
        const std::vector<Outcome> outcomes = together(2, train("joint") + words);
        QVERIFY2(allEndedWith(0, outcomes), qPrintable(outcomes[0].err));
        const Metrics alone = metricsOf("alone");
        const Metrics joint = metricsOf("joint");
        QCOMPARE(joint.steps.size(), alone.steps.size());
        for (std::size_t i = 0; i < joint.steps.size(); ++i)
            QVERIFY2(std::abs(joint.steps[i].loss - alone.steps[i].loss) < 1e-4,
                     qPrintable(QString("%1 %2").arg(joint.steps[i].loss).arg(alone.steps[i].loss)));
        const Outcome resumed = dino(train("joint") + words + QStringList{"--resume", "--epochs", "3"});
        QCOMPARE(resumed.status, 2);
        QVERIFY2(resumed.err.contains("sees the images of 2 processes together; start 2"),
                 qPrintable(resumed.err));
    }

    void anythingThatIsLearntIsLearntTogether_data() {
        QTest::addColumn<QString>("words");
        QTest::newRow("with labels") << "--objective supervised --clip-grad 0";
        QTest::newRow("Sinkhorn") << "--targets sinkhorn";
        QTest::newRow("squared distance") << "--loss mse --predictor";
        QTest::newRow("the epoch before") << "--teacher-update previous-epoch --optimizer lars";
        QTest::newRow("a copy") << "--teacher-update copy --optimizer sgd";
    }
    void anythingThatIsLearntIsLearntTogether() {
        QFETCH(QString, words);
        const QStringList given = words.split(u' ');
        QVERIFY(dino(train("alone") + given + QStringList{"--accumulate", "2"}).status == 0);
        const std::vector<Outcome> outcomes = together(2, train("joint") + given);
        QVERIFY2(allEndedWith(0, outcomes), qPrintable(outcomes[0].err));
        QVERIFY(sameSteps(metricsOf("joint"), metricsOf("alone")));
    }

    void aStepThatIsNotFiniteIsToldByTheFirst() {
        // Decay makes the weights ten thousand times larger in each step. Process 0 reads its numbers at each
        // of its checkpoints, and the others at other steps.
        const std::vector<Outcome> outcomes = together(
            2, train() + QString("--lr 1000 --optimizer sgd --weight-decay 100 --weight-decay-end 100 "
                                 "--warmup-epochs 0 --clip-grad 0 --epochs 40 --metrics-every 7 "
                                 "--save-every 0.0001")
                             .split(u' '));
        QVERIFY(allEndedWith(1, outcomes));
        QVERIFY2(outcomes[0].err.contains("gave a loss or gradient that is not a number; its images"),
                 qPrintable(outcomes[0].err));
        QVERIFY2(outcomes[0].err.contains("lower --lr"), qPrintable(outcomes[0].err));
    }

    void aPlanIsThatOfOneOfThem() {
        const auto accumulated = [&](const QStringList& words) {
            return dino(train() + QStringList{"--plan", "--json"} + words).json()["total"].toDouble();
        };
        // But for what the program itself takes, which is measured.
        const double ofOne = accumulated({});
        QVERIFY(ofOne > 0 && std::abs(accumulated({"--processes", "4"}) / ofOne - 1) < 0.02);
        QVERIFY(!QFileInfo::exists(path("run")));
    }

    void aRunGoesOnByOneProcessAndByTwoAgain() {
        const QStringList twice = QStringList{"--epochs", "3"};
        QVERIFY(dino(train("alone") + QStringList{"--accumulate", "2"} + twice).status == 0);
        Processes processes(std::vector<QStringList>(2, train("joint") + twice));
        QVERIFY(waitForSteps("joint", 2));
        processes.signal(1, SIGINT);
        QVERIFY(allEndedWith(130, processes.finish()));
        const Outcome resumed = dino(train("joint") + twice + QStringList{"--resume", "--epochs", "3"});
        QVERIFY2(resumed.status == 0, qPrintable(resumed.err));
        QVERIFY2(resumed.err.contains("number of processes (2, now 1)"), qPrintable(resumed.err));
        QVERIFY(sameSteps(metricsOf("joint"), metricsOf("alone")));
        const std::vector<Outcome> again =
            together(2, train("joint") + QStringList{"--resume", "--epochs", "4"});
        QVERIFY2(allEndedWith(0, again), qPrintable(again[0].err));
        QCOMPARE(metricsOf("joint").steps.size(), std::size_t(4 * kStepsPerEpoch / 2));
    }

    void copiesOfTheProgramAreStartedForOneMachine() {
        QVERIFY(dino(train("alone") + QStringList{"--accumulate", "2"}).status == 0);
        const Outcome outcome = dino(train("joint") + QStringList{"--processes", "2", "--json"});
        QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
        QCOMPARE(outcome.json()["processes"].toInt(), 2);
        QVERIFY(sameSteps(metricsOf("joint"), metricsOf("alone")));
    }

    void copiesThatAreInterruptedEndTogether() {
        QProcess process;
        start(process, train() + QStringList{"--processes", "3", "--epochs", "200"});
        QVERIFY(waitForSteps("run", 2));
        ::kill(pid_t(process.processId()), SIGTERM);
        QCOMPARE(finish(process).status, 130);
        QVERIFY(paths("run").latestCheckpoint().has_value());
    }

    void copiesOfAProgramThatCannotBeginEndWithIt() {
        const Outcome outcome = dino(trainOn(path("nowhere")) + QStringList{"--processes", "3", "--json"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.json().contains("error"), qPrintable(outcome.out));
        const Outcome early = dino(train() + QStringList{"--processes", "3", "--device", "abacus"});
        QCOMPARE(early.status, 2);
    }

    void copiesBesideThoseOfALauncherAreRefused() {
        const std::vector<Outcome> outcomes = together(2, train() + QStringList{"--processes", "3"});
        QVERIFY(allEndedWith(2, outcomes));
        QVERIFY2(outcomes[0].err.contains("a launcher has started 2 processes already"),
                 qPrintable(outcomes[0].err));
    }

    void oneThatIsInterruptedEndsAllWithACheckpoint_data() {
        QTest::addColumn<int>("rank");
        QTest::newRow("the first") << 0;
        QTest::newRow("another") << 1;
    }
    void oneThatIsInterruptedEndsAllWithACheckpoint() {
        QFETCH(int, rank);
        Processes processes(std::vector<QStringList>(2, train() + QStringList{"--epochs", "200"}));
        QVERIFY(waitForSteps("run", 2));
        processes.signal(std::size_t(rank), SIGINT);
        const std::vector<Outcome> outcomes = processes.finish();
        QVERIFY2(allEndedWith(130, outcomes), qPrintable(outcomes[0].err + outcomes[1].err));
        const auto latest = paths("run").latestCheckpoint();
        QVERIFY(latest.has_value());
        QCOMPARE(std::int64_t(metricsOf("run").steps.size()),
                 latest->position.epochs * kStepsPerEpoch / 2 + latest->position.steps);
        QVERIFY(!std::filesystem::exists(paths("run").lock()));
    }

    void oneThatIsKilledIsToldAndNothingIsLost() {
        const QStringList words = train() + QStringList{"--epochs", "12", "--save-every", "0"};
        QVERIFY(allEndedWith(0, together(2, train("whole") + QStringList{"--epochs", "12"})));
        Processes processes(std::vector<QStringList>(2, words));
        QVERIFY(waitForSteps("run", 4));
        processes.signal(1, SIGKILL);
        const std::vector<Outcome> outcomes = processes.finish();
        QCOMPARE(outcomes[0].status, 1);
        QVERIFY2(outcomes[0].err.contains("another process ended"), qPrintable(outcomes[0].err));
        const std::vector<Outcome> resumed = together(2, words + QStringList{"--resume"});
        QVERIFY2(allEndedWith(0, resumed), qPrintable(resumed[0].err));
        QVERIFY(sameSteps(metricsOf("run"), metricsOf("whole")));
    }

    void theFirstThatIsKilledEndsTheOthers() {
        Processes processes(std::vector<QStringList>(2, train() + QStringList{"--epochs", "200"}));
        QVERIFY(waitForSteps("run", 2));
        processes.signal(0, SIGKILL);
        const std::vector<Outcome> outcomes = processes.finish();
        QCOMPARE(outcomes[1].status, 1);
        QVERIFY2(outcomes[1].err.contains("process 1 of 2: another process ended"),
                 qPrintable(outcomes[1].err));
    }

    void otherWordsInOneAreRefusedInAll() {
        Processes processes({train(), train() + QStringList{"--lr", "0.1"}});
        const std::vector<Outcome> outcomes = processes.finish();
        QVERIFY(allEndedWith(1, outcomes));
        QVERIFY2(outcomes[0].err.contains("process 1: its --lr is '0.1', and that of process 0 '0.0005'"),
                 qPrintable(outcomes[0].err));
        QVERIFY(outcomes[1].err.isEmpty());
        QVERIFY(!QFileInfo::exists(path("run")));
    }

    void aFolderThatOneCannotSeeIsToldByAll() {
        Processes processes({train(), trainOn(path("nowhere"))});
        const std::vector<Outcome> outcomes = processes.finish();
        QVERIFY(allEndedWith(1, outcomes));
        QVERIFY2(outcomes[0].err.contains("process 1: it cannot take part: "), qPrintable(outcomes[0].err));
        QVERIFY(!QFileInfo::exists(path("run")));
    }

    void aFolderThatIsTakenEndsAllBeforeTheImagesAreRead() {
        QVERIFY(dino(train()).status == 0);
        const std::vector<Outcome> outcomes = together(2, train());
        QVERIFY(allEndedWith(1, outcomes));
    }

    void moreProcessesThanShareTheBatchesAreRefused() {
        QVERIFY(allEndedWith(0, together(2, train())));
        const std::vector<Outcome> outcomes = together(3, train() + QStringList{"--resume", "--epochs", "3"});
        QVERIFY(allEndedWith(2, outcomes));
        QVERIFY2(outcomes[0].err.contains("2 batches of a step of this run cannot be shared by 3 processes"),
                 qPrintable(outcomes[0].err));
    }

    void damagedImagesOfAnyAreListedAndReplacedAsByOne() {
        QTemporaryDir data;
        for (int i = 0; i < kImages; ++i)
            QVERIFY(picture(i).save(data.filePath(QString::number(i) + ".png")));
        // Their headers are whole: what is wrong shows when they are decoded.
        for (int i = 3; i < kImages; i += 5) {
            QFile file(data.filePath(QString::number(i) + ".png"));
            QVERIFY(file.resize(file.size() / 2));
        }
        QVERIFY(dino(trainOn(data.path(), "alone") + QStringList{"--accumulate", "2"}).status == 0);
        const std::vector<Outcome> outcomes = together(2, trainOn(data.path(), "joint"));
        QVERIFY2(allEndedWith(0, outcomes), qPrintable(outcomes[0].err));
        const Metrics alone = metricsOf("alone");
        const Metrics joint = metricsOf("joint");
        QVERIFY(sameSteps(joint, alone));
        QVERIFY(alone.epochs[0].replacedImages > 0);
        QCOMPARE(joint.epochs[0].replacedImages, alone.epochs[0].replacedImages);
        QCOMPARE(joint.epochs[1].replacedImages, alone.epochs[1].replacedImages);
        QVERIFY2(bytesOf(paths("joint").log()).contains("skipped: "),
                 bytesOf(paths("joint").log()).constData());
    }

    void aPlaceThatMakesNoSenseIsWrongUsage() {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("WORLD_SIZE", "2");
        process.setProcessEnvironment(environment);
        start(process, train());
        const Outcome outcome = finish(process);
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.err.startsWith("dino: RANK: it is not set"), qPrintable(outcome.err));
        QVERIFY(!QFileInfo::exists(path("run")));
    }
};

QTEST_GUILESS_MAIN(TrainJointTest)
#include "train_joint_test.moc"
