#include "engine/train/run/metrics_file.h"

#include <sys/resource.h>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>
#include <csignal>

#include "run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

StepMetrics step(std::int64_t number, double loss = 8) {
    return {.step = number, .epoch = number / 10, .loss = loss, .seconds = double(number)};
}

/// Ten steps, their epoch, and so on.
void writeSteps(const fs::path& file, std::int64_t from, std::int64_t to, double loss = 8) {
    MetricsWriter writer(file);
    for (std::int64_t i = from; i < to; ++i) {
        writer.add(step(i, loss));
        if (i % 10 == 9) writer.add(EpochMetrics{.step = i, .epoch = i / 10, .loss = loss});
        if (i % 10 == 9) writer.add(ProbeMetrics{i, i / 10, "a.jpg", "probes/a"});
    }
    writer.sync();
}

void append(const fs::path& file, const std::string& text) {
    std::ofstream(file, std::ios::app | std::ios::binary) << text;
}

void verifySteps(const Metrics& metrics, std::int64_t from, std::int64_t to) {
    QCOMPARE(metrics.steps.size(), std::size_t(to - from));
    for (std::size_t i = 0; i < metrics.steps.size(); ++i)
        QCOMPARE(metrics.steps[i].step, from + std::int64_t(i));
}

}  // namespace

class MetricsFileTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    fs::path file_;

private Q_SLOTS:
    void init() {
        file_ = fs::path(folder_.path().toStdString()) / QTest::currentTestFunction() / "metrics.jsonl";
        fs::create_directories(file_.parent_path());
    }

    void whatIsWrittenIsReadInOrder() {
        writeSteps(file_, 0, 25);
        std::int64_t skipped = -1;
        const Metrics metrics = readMetrics(file_, &skipped);
        verifySteps(metrics, 0, 25);
        QCOMPARE(metrics.epochs.size(), std::size_t(2));
        QCOMPARE(metrics.probes.size(), std::size_t(2));
        QCOMPARE(skipped, std::int64_t(0));
    }

    void linesAreThereAfterFlushAndNotBefore() {
        MetricsWriter writer(file_);
        writer.add(step(0));
        QVERIFY(contentOf(file_).empty());
        writer.flush();
        verifySteps(readMetrics(file_), 0, 1);
    }

    void aFileThatIsNotThereIsEmpty() {
        QVERIFY(readMetrics(file_).empty());
        MetricsFollower follower(file_);
        QVERIFY(!follower.poll().restarted);
        writeSteps(file_, 0, 3);
        verifySteps(follower.poll().added, 0, 3);
    }

    void aTornLastLineIsNotReadAndCutOffByTheNextWriter() {
        writeSteps(file_, 0, 5);
        const std::string whole = contentOf(file_);
        const std::string line = formatMetrics(step(5));
        for (std::size_t length = 1; length < line.size(); ++length) {
            writeContent(file_, whole + line.substr(0, length));
            std::int64_t skipped = -1;
            verifySteps(readMetrics(file_, &skipped), 0, 5);
            QCOMPARE(skipped, std::int64_t(0));
            { const MetricsWriter writer(file_); }
            QCOMPARE(contentOf(file_), whole);
        }
        writeContent(file_, line.substr(0, 10));
        { const MetricsWriter writer(file_); }
        QCOMPARE(contentOf(file_), std::string());
    }

    void damagedLinesInTheMiddleAreCountedAndPassedOver() {
        writeSteps(file_, 0, 2);
        append(file_,
               "{\"kind\":\"st\n\n" + std::string("\0\xff", 2) + "\n{\"kind\":\"later\",\"step\":2}\n");
        append(file_, std::string(3 << 20, 'x') + "\n");
        writeSteps(file_, 2, 4);
        std::int64_t skipped = -1;
        verifySteps(readMetrics(file_, &skipped), 0, 4);
        QCOMPARE(skipped, std::int64_t(5));
    }

    void aFollowerGetsEachLineOnce() {
        MetricsFollower follower(file_);
        writeSteps(file_, 0, 12);
        verifySteps(follower.poll().added, 0, 12);
        QVERIFY(follower.poll().added.empty());
        const std::string line = formatMetrics(step(12));
        append(file_, line.substr(0, 20));
        QVERIFY(follower.poll().added.empty());
        append(file_, line.substr(20));
        const MetricsUpdate update = follower.poll();
        QVERIFY(!update.restarted);
        verifySteps(update.added, 12, 13);
    }

    void aFollowerReadsALongFilePieceByPiece() {
        writeSteps(file_, 0, 500);
        MetricsFollower follower(file_);
        Metrics all;
        int polls = 0;
        for (bool more = true; more; ++polls) {
            const MetricsUpdate update = follower.poll(10'000);
            QVERIFY(!update.added.empty() && !update.restarted);
            QVERIFY(update.added.steps.size() < 100);
            more = update.more;
            all.steps.insert(all.steps.end(), update.added.steps.begin(), update.added.steps.end());
        }
        QVERIFY(polls > 5);
        verifySteps(all, 0, 500);
        QVERIFY(!follower.poll(10'000).more);
    }

    void aFollowerOfEpochsPassesStepsOver() {
        writeSteps(file_, 0, 35);
        append(file_, "{\"kind\":\"step\",damaged\n");
        MetricsFollower follower(file_, MetricsFollower::Wanted::EpochsAndProbes);
        const MetricsUpdate update = follower.poll();
        QCOMPARE(update.added.steps.size(), std::size_t(0));
        QCOMPARE(update.added.epochs.size(), std::size_t(3));
        QCOMPARE(update.added.probes.size(), std::size_t(3));
        QCOMPARE(update.skippedLines, std::int64_t(0));
        writeSteps(file_, 35, 41);
        QCOMPARE(follower.poll().added.epochs.size(), std::size_t(1));
    }

    void theTailIsReadInWholeLines_data() {
        QTest::addColumn<int>("bytes");
        for (const int bytes : {1, 50, 400, 1000, 4096, 1 << 20})
            QTest::addRow("%d", bytes) << bytes;
    }

    void theTailIsReadInWholeLines() {
        QFETCH(const int, bytes);
        fs::remove(file_);
        QVERIFY(readMetricsTail(file_, bytes).empty());
        writeSteps(file_, 0, 40);
        append(file_, formatMetrics(step(40)).substr(0, 30));
        const Metrics tail = readMetricsTail(file_, bytes);
        const Metrics all = readMetrics(file_);
        const std::string content = contentOf(file_);
        const std::string seen =
            content.substr(content.size() - std::min(content.size(), std::size_t(bytes)));
        const auto breaks = std::count(seen.begin(), seen.end(), '\n');
        const auto whole =
            std::size_t(seen.size() == content.size() ? breaks : std::max<long>(0, breaks - 1));
        QCOMPARE(tail.steps.size() + tail.epochs.size() + tail.probes.size(), whole);
        if (!tail.steps.empty()) QVERIFY(tail.steps.back() == all.steps.back());
    }

    void aFollowerSurvivesACutFile() {
        MetricsFollower follower(file_);
        writeSteps(file_, 0, 30);
        follower.poll();
        cutBackMetrics(file_, 20);
        const MetricsUpdate cut = follower.poll();
        QVERIFY(cut.restarted);
        verifySteps(cut.added, 0, 20);
        QCOMPARE(cut.added.epochs.size(), std::size_t(2));
    }

    void aFollowerSeesACutThatGrewOverItsPlace() {
        MetricsFollower follower(file_);
        writeSteps(file_, 0, 30);
        follower.poll();
        cutBackMetrics(file_, 20);
        writeSteps(file_, 20, 60, 7.25);
        const MetricsUpdate update = follower.poll();
        QVERIFY(update.restarted);
        verifySteps(update.added, 0, 60);
        QCOMPARE(update.added.steps[20].loss, 7.25);
    }

    void aFollowerSeesAnotherFileAndOneThatVanished() {
        MetricsFollower follower(file_);
        writeSteps(file_, 0, 10);
        follower.poll();
        const fs::path other = file_.parent_path() / "other";
        writeSteps(other, 0, 10);
        fs::rename(other, file_);
        const MetricsUpdate replaced = follower.poll();
        QVERIFY(replaced.restarted);
        verifySteps(replaced.added, 0, 10);
        fs::remove(file_);
        QVERIFY(follower.poll().restarted);
        QVERIFY(!follower.poll().restarted);
    }

    void aCutLeavesTheStepsBeforeIt_data() {
        QTest::addColumn<int>("first");
        for (const int first : {0, 1, 9, 10, 11, 25, 30, 31, 100})
            QTest::addRow("%d", first) << first;
    }

    void aCutLeavesTheStepsBeforeIt() {
        QFETCH(const int, first);
        writeContent(file_, "");
        writeSteps(file_, 0, 31);
        append(file_, "{\"kind\":\"step\",\"st");
        const MetricsCut cut = cutBackMetrics(file_, first);
        const std::int64_t kept = std::min(first, 31);
        QCOMPARE(cut.stepsKept, kept);
        QCOMPARE(cut.stepsMissing, std::int64_t(first) - kept);
        const std::int64_t lines = 31 + 6 - (kept + kept / 10 * 2);
        QCOMPARE(cut.linesDropped, lines);
        verifySteps(readMetrics(file_), 0, kept);
        QVERIFY(kept == 0 || contentOf(file_).ends_with("}\n"));
        writeSteps(file_, kept, 40);
        verifySteps(readMetrics(file_), 0, 40);
        QCOMPARE(readMetrics(file_).epochs.size(), std::size_t(4));
    }

    /// A checkpoint behind an epoch's last step, and a kill before the one behind its evaluation.
    void anEndOfAnEpochThatNoCheckpointHasIsCutWithItsProbes() {
        const auto write = [this](std::int64_t epoch) {
            MetricsWriter writer(file_);
            for (std::int64_t i = 10 * epoch; i < 10 * epoch + 10; ++i)
                writer.add(step(i));
            writer.add(EpochMetrics{.step = 10 * epoch + 9, .epoch = epoch});
            writer.add(ProbeMetrics{10 * epoch + 9, epoch + 1, "a.jpg", "probes/a"});
            writer.sync();
        };
        {
            MetricsWriter writer(file_);
            writer.add(ProbeMetrics{0, 0, "a.jpg", "probes/a"});
        }
        write(0);
        write(1);
        const std::string whole = contentOf(file_);
        QCOMPARE(cutBackMetrics(file_, 20, 2).linesDropped, std::int64_t(0));
        QCOMPARE(contentOf(file_), whole);
        const MetricsCut cut = cutBackMetrics(file_, 20, 1);
        QCOMPARE(cut.stepsKept, std::int64_t(20));
        QCOMPARE(cut.stepsMissing, std::int64_t(0));
        QCOMPARE(cut.linesDropped, std::int64_t(2));
        const Metrics left = readMetrics(file_);
        QCOMPARE(left.epochs.size(), std::size_t(1));
        QCOMPARE(left.probes.size(), std::size_t(2));
        cutBackMetrics(file_, 10, 0);
        QCOMPARE(readMetrics(file_).epochs.size(), std::size_t(0));
        QCOMPARE(readMetrics(file_).probes.size(), std::size_t(1));
        cutBackMetrics(file_, 0, 0);
        QVERIFY(contentOf(file_).empty());
    }

    void aCutTellsWhatIsMissing() {
        QCOMPARE(cutBackMetrics(file_, 7).stepsMissing, std::int64_t(7));
        QVERIFY(!fs::exists(file_));
        writeSteps(file_, 0, 5);
        writeSteps(file_, 8, 12);
        QCOMPARE(cutBackMetrics(file_, 10).stepsMissing, std::int64_t(3));
    }

    void aFullDiskLeavesWholeLines() {
        writeSteps(file_, 0, 10);
        const std::string before = contentOf(file_);
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{before.size() + 100, old.rlim_max};
        std::string said;
        {
            MetricsWriter writer(file_);
            setrlimit(RLIMIT_FSIZE, &tight);
            writer.add(step(10));
            writer.add(step(11));
            said = errorOf([&] { writer.sync(); });
            setrlimit(RLIMIT_FSIZE, &old);
            QCOMPARE(contentOf(file_), before);
        }
        VERIFY_SAYS(said, "metrics.jsonl: the file cannot be written");
        verifySteps(readMetrics(file_), 0, 12);  // the disk has room again
    }

    void aFolderInItsPlaceIsAnError() {
        fs::create_directories(file_);
        VERIFY_SAYS(errorOf([&] { MetricsWriter{file_}; }), "metrics.jsonl");
        VERIFY_SAYS(errorOf([&] { MetricsFollower(file_).poll(); }), "metrics.jsonl");
    }

    void aMillionLinesAreReadInASecondOrTwo() {
        constexpr int kLines = 1'000'000;
        {
            MetricsWriter writer(file_);
            StepMetrics record{.loss = 7.123456789012345,
                               .teacherEntropy = 6.9876543210987654,
                               .kl = 0.1358024679135802,
                               .lossBelowLnK = 1.19432,
                               .teacherTemp = 0.04,
                               .learningRate = 4.87654321e-4,
                               .weightDecay = 0.0412345678,
                               .momentum = 0.996123,
                               .gradientNorm = 1.2345678901234,
                               .centreNorm = 0.98765432101,
                               .imagesPerSecond = 53.2,
                               .dataWait = 0.012,
                               .memoryBytes = 1.5e9};
            for (int i = 0; i < kLines; ++i) {
                record.step = i;
                record.loss += 1e-7;
                record.seconds = i * 0.4371;
                writer.add(record);
                if (i % 1000 == 0) writer.flush();
            }
            writer.sync();
        }
        QElapsedTimer timer;
        timer.start();
        const Metrics metrics = readMetrics(file_);
        const qint64 reading = timer.restart();
        QCOMPARE(metrics.steps.size(), std::size_t(kLines));
        QCOMPARE(cutBackMetrics(file_, 900'000).stepsKept, std::int64_t(900'000));
        qInfo() << kLines << "lines," << fs::file_size(file_) / 900'000 << "bytes each: read in" << reading
                << "ms, cut back in" << timer.elapsed() << "ms";
        QVERIFY(reading < 60'000);  // a squared algorithm would take hours
        fs::remove(file_);
    }
};

QTEST_APPLESS_MAIN(MetricsFileTest)
#include "metrics_file_test.moc"
