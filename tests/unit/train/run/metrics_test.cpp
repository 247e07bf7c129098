#include "engine/train/run/metrics.h"

#include <QtTest>
#include <clocale>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/train/run/metrics_json.h"
#include "engine/train/run/metrics_table.h"
#include "run_test_tools.h"
#include "tests/fuzz/run_targets.h"

using namespace dinoscope;

namespace {

StepMetrics someStep(std::int64_t step) {
    std::mt19937_64 random(static_cast<std::uint64_t>(step));
    std::uniform_real_distribution<double> real(1e-9, 1e4);
    StepMetrics record;
    for (const auto& field : kStepFields) {
        if (field.number) record.*field.number = real(random);
    }
    record.step = step;
    record.epoch = step / 100;
    return record;
}

StepMetrics readStep(const std::string& line) {
    Metrics metrics;
    if (!parseMetricsLine(line, metrics) || metrics.steps.size() != 1) return {.step = -1};
    return metrics.steps.front();
}

}  // namespace

class MetricsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The corpus of the fuzz target, cut after every byte.
    void whateverIsReadIsWrittenAndReadAlike() {
        const QDir folder(QStringLiteral(SOURCE_DIR "/tests/fuzz/corpus/metrics"));
        QVERIFY(folder.entryList(QDir::Files).size() >= 3);
        for (const QFileInfo& info : folder.entryInfoList(QDir::Files)) {
            QFile file(info.filePath());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const std::string line = file.readAll().toStdString();
            Metrics metrics;
            QVERIFY2(parseMetricsLine(line, metrics), qPrintable(info.fileName()));
            for (std::size_t length = 0; length <= line.size(); ++length)
                fuzz::metricsLine(std::string_view(line).substr(0, length));
        }
    }

    void everyRecordReadsBackToTheLastBit() {
        Metrics metrics;
        for (int i = 0; i < 1000; ++i) {
            const StepMetrics record = someStep(i);
            const std::string line = formatMetrics(record);
            QVERIFY(line.ends_with("}\n"));
            QVERIFY(parseMetricsLine(std::string_view(line).substr(0, line.size() - 1), metrics));
            QVERIFY(metrics.steps.back() == record);
        }
        const EpochMetrics epoch{.step = 99, .epoch = 4, .loss = 1.5, .knnTop1 = 61.25, .replacedImages = 3};
        const ProbeMetrics probe{99, 4, "a \"b\"\\\n\t\x01é漢.jpg", "probes/epoch0004-0.safetensors"};
        std::string line = formatMetrics(epoch);
        line.pop_back();
        QVERIFY(parseMetricsLine(line, metrics) && metrics.epochs.back() == epoch);
        QVERIFY(line.find("effective_rank") == std::string::npos);
        line = formatMetrics(probe);
        line.pop_back();
        QVERIFY(parseMetricsLine(line, metrics) && metrics.probes.back() == probe);
    }

    void linesAreJson() {
        StepMetrics record = someStep(7);
        record.loss = std::nan("");
        record.gradientNorm = std::numeric_limits<double>::infinity();
        const auto document = nlohmann::json::parse(formatMetrics(record));
        QCOMPARE(document["kind"].get<std::string>(), std::string("step"));
        QCOMPARE(document["step"].get<std::int64_t>(), std::int64_t(7));
        QCOMPARE(document["loss"].get<std::string>(), std::string("nan"));
        QCOMPARE(document["gradient_norm"].get<std::string>(), std::string("inf"));
        QCOMPARE(document["kl"].get<double>(), record.kl);
        QCOMPARE(document.size(), kStepFields.size() + 1);
        const ProbeMetrics probe{1, 0, "tab\t\"quote\"\x1f\\", "f"};
        QCOMPARE(nlohmann::json::parse(formatMetrics(probe))["image"].get<std::string>(), probe.image);
    }

    void whatIsNotFiniteSurvives() {
        const double infinity = std::numeric_limits<double>::infinity();
        StepMetrics record = someStep(1);
        record.loss = std::nan("");
        record.kl = infinity;
        record.gradientNorm = -infinity;
        std::string line = formatMetrics(record);
        line.pop_back();
        const StepMetrics back = readStep(line);
        QVERIFY(std::isnan(back.loss));
        QCOMPARE(back.kl, infinity);
        QCOMPARE(back.gradientNorm, -infinity);
        QVERIFY(std::isnan(readStep("{\"kind\":\"step\",\"step\":1,\"loss\":null}").loss));
    }

    void theLocaleDoesNotMatter() {
        const char* found = nullptr;
        for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"}) {
            if ((found = std::setlocale(LC_ALL, name))) break;
        }
        StepMetrics record{.step = 3, .loss = 0.5};
        const std::string line = formatMetrics(record);
        const StepMetrics back = readStep("{\"kind\":\"step\",\"step\":3,\"loss\":0.5}");
        std::setlocale(LC_ALL, "C");
        QVERIFY(line.find("\"loss\":0.5,") != std::string::npos);
        QCOMPARE(back.loss, 0.5);
        if (!found) QSKIP("no locale with a decimal comma is installed");
    }

    void fieldsComeInAnyOrderAndUnknownOnesArePassedOver() {
        const StepMetrics back = readStep(
            "{\"kind\": \"step\", \"loss\": 2.5, \"new\": {\"a\": [1, \"}\\\"\", null]}, \"epoch\": 4, "
            "\"other\": true, \"step\": 9, \"kl\": 1e-3 }");
        QCOMPARE(back.step, std::int64_t(9));
        QCOMPARE(back.epoch, std::int64_t(4));
        QCOMPARE(back.loss, 2.5);
        QCOMPARE(back.kl, 1e-3);
    }

    void damagedLinesAreRefusedWhole_data() {
        QTest::addColumn<QString>("line");
        for (const char* line : {"",
                                 "{",
                                 "{}",
                                 "null",
                                 "[1]",
                                 "{\"kind\":\"step\"}",
                                 "{\"kind\":\"step\",\"step\":1",
                                 "{\"kind\":\"step\",\"step\":1}x",
                                 "{\"kind\":\"step\",\"step\":-1}",
                                 "{\"kind\":\"step\",\"step\":1.5}",
                                 "{\"kind\":\"step\",\"step\":\"1\"}",
                                 "{\"kind\":\"step\",\"step\":99999999999999999999}",
                                 "{\"kind\":\"step\",\"step\":1,\"loss\":}",
                                 "{\"kind\":\"step\",\"step\":1,\"loss\":nan}",
                                 "{\"kind\":\"step\",\"step\":1,\"loss\":inf}",
                                 "{\"kind\":\"step\",\"step\":1,\"loss\":-inf}",
                                 "{\"kind\":\"step\",\"step\":1,\"loss\":0x1}",
                                 "{\"kind\":\"step\",\"step\":1,\"loss\":\"high\"}",
                                 "{\"kind\":\"step\" \"step\":1}",
                                 "{\"kind\":\"future\",\"step\":1}",
                                 "{\"step\":1,\"kind\":\"step\"}",
                                 "{\"kind\":\"probe\",\"step\":1,\"image\":\"a\\q\"}",
                                 "{\"kind\":\"probe\",\"step\":1,\"image\":\"\\ud800\"}",
                                 "{\"kind\":\"probe\",\"step\":1,\"image\":\"\\u12\"}"}) {
            QTest::newRow(line) << QString(line);
        }
        QTest::newRow("deep") << "{\"kind\":\"step\",\"step\":1,\"x\":" + QString(100000, '[');
    }

    void damagedLinesAreRefusedWhole() {
        QFETCH(const QString, line);
        Metrics metrics;
        QVERIFY(!parseMetricsLine(line.toStdString(), metrics));
        QVERIFY(metrics.empty());
    }

    void everyTruncationIsRefused() {
        const std::string line = formatMetrics(ProbeMetrics{12, 1, "a\\u\"é", "probes/x"});
        for (std::size_t length = 0; length + 2 < line.size(); ++length) {
            Metrics metrics;
            const std::vector<char> exact(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(length));
            QVERIFY(!parseMetricsLine({exact.data(), exact.size()}, metrics));
        }
    }

    void timeAndMemoryAreNoNumbersToRepeat() {
        const StepMetrics first = someStep(5);
        StepMetrics again = first;
        again.imagesPerSecond = 1;
        again.dataWait = again.memoryBytes = again.seconds = 2;
        QVERIFY(sameNumbers(first, again));
        again.kl = std::nextafter(again.kl, 1e9);
        QVERIFY(!sameNumbers(first, again));
        again = first;
        again.epoch = 1;
        QVERIFY(!sameNumbers(first, again));
        StepMetrics bad = first;
        bad.loss = std::nan("");
        QVERIFY(!sameNumbers(first, bad) && sameNumbers(bad, bad));
    }

    void aTableHasAStepALineWithWhatItsEpochGave() {
        Metrics metrics;
        metrics.steps = {{.step = 0, .loss = 2.5, .seconds = 1},
                         {.step = 1, .loss = std::nan(""), .seconds = 2},
                         {.step = 2, .epoch = 1, .loss = 1, .seconds = 3}};
        metrics.epochs = {{.step = 1, .knnTop1 = 41.25}};
        const QStringList lines = QString::fromStdString(metricsTable(metrics)).split("\r\n");
        QCOMPARE(lines.size(), 5);
        QVERIFY(lines[0].startsWith("step,epoch,loss,") &&
                lines[0].endsWith(",seconds,knn_top1,effective_rank"));
        const auto cells = lines[0].count(',');
        for (int i = 1; i < 4; ++i)
            QCOMPARE(lines[i].count(','), cells);
        QVERIFY(lines[1].startsWith("0,0,2.5,") && lines[1].endsWith(",1,,"));
        QVERIFY(lines[2].startsWith("1,0,nan,") && lines[2].endsWith(",2,41.25,"));
        QVERIFY(lines[3].startsWith("2,1,1,") && lines[4].isEmpty());
    }
};

QTEST_APPLESS_MAIN(MetricsTest)
#include "metrics_test.moc"
