#include <QRegularExpression>
#include <QtTest/QtTest>
#include <optional>
#include <set>

#include "engine/api/run.h"
#include "engine/base/mapped_file.h"
#include "engine/image/decode.h"
#include "engine/weights/safetensors_file.h"
#include "tests/unit/train/run/run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostBytes = 10'000'000;

std::vector<fs::path> filesOf(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
}

/// Words of a text that hold a slash.
std::set<std::string> pathsIn(const std::string& text) {
    std::set<std::string> paths;
    static const QRegularExpression path(QStringLiteral("[\\w.~-]*/[\\w./~-]*"));
    for (auto match = path.globalMatch(QString::fromStdString(text)); match.hasNext();)
        paths.insert(match.next().captured().toStdString());
    return paths;
}

double mean(const std::vector<float>& values) {
    double sum = 0;
    for (const float value : values)
        sum += value;
    return sum / double(values.size());
}

}  // namespace

/// models/example-run and models/bundled-run, what the Train workspace shows before there is a run.
class ShippedRunsTest : public QObject {
    Q_OBJECT

    fs::path run_;
    std::optional<api::ProbeHistory> history_;

    static void eachRun() {
        QTest::addColumn<QString>("run");
        for (const fs::path& run : api::shippedRuns())
            QTest::newRow(run.filename().c_str()) << QString::fromStdString(run.string());
    }

private Q_SLOTS:
    void initTestCase() {
        QStringList names;
        for (const fs::path& run : api::shippedRuns())
            names << QString::fromStdString(run.filename());
        QCOMPARE(names, (QStringList{"example-run", "bundled-run"}));
    }

    void init() {
        QFETCH(QString, run);
        run_ = run.toStdString();
        history_.emplace(run_);
        history_->add(readMetrics(RunPaths(run_).metrics()).probes);
    }

    void eachIsAWholeRunThatLearnt_data() { eachRun(); }
    void eachIsAWholeRunThatLearnt() {
        const api::RunSummary summary = api::summarise(run_);
        QCOMPARE(summary.state, api::RunState::Finished);
        std::int64_t skipped = 0;
        const Metrics metrics = readMetrics(RunPaths(run_).metrics(), &skipped);
        QCOMPARE(skipped, std::int64_t(0));
        QVERIFY(metrics.steps.size() >= 500);
        QCOMPARE(metrics.epochs.size(), std::size_t(summary.epochs()));
        const api::RunScores scores = api::RunScorer(run_).update();
        QVERIFY(scores.lastKnn > 10 + 100.0 / double(summary.record.data.classes));
    }

    void itsProbesAreTheSamplesOfTheProgram_data() { eachRun(); }
    void itsProbesAreTheSamplesOfTheProgram() {
        std::set<std::string> samples;
        for (const fs::path& file : filesOf(SOURCE_DIR "/resources/samples"))
            if (file.extension() == ".jpg" || file.extension() == ".png") samples.insert(file.filename());
        QVERIFY(history_->images().size() >= 3);
        std::set<fs::path> pictures;
        for (const api::ProbeImage& image : history_->images()) {
            QVERIFY2(samples.contains(image.name), image.name.c_str());
            const Image shown = decodeImage(api::readProbeFrame(image.looks.front().file)->picture);
            const Image sample = decodeImage(fs::path(SOURCE_DIR "/resources/samples") / image.name);
            QVERIFY(std::abs(double(shown.width) / shown.height - double(sample.width) / sample.height) <
                    0.01);
            pictures.insert(api::readProbeFrame(image.looks.front().file)->picture);
        }
        std::size_t kept = 0;
        for (const fs::path& file : filesOf(run_ / "probes/pictures"))
            kept += file.extension() == ".jpg";
        QCOMPARE(kept, pictures.size());
    }

    void everyLookCanBeReplayed_data() { eachRun(); }
    void everyLookCanBeReplayed() {
        for (const api::ProbeImage& image : history_->images()) {
            QVERIFY(image.looks.size() >= 10);
            QVERIFY(image.looks.front().epochs <= 1);
            for (const api::ProbeLook& look : image.looks) {
                const auto frame = api::readProbeFrame(look.file);
                QVERIFY(frame->neighbours.empty());
                QVERIFY(std::abs(mean(frame->teacher) * frame->rows * frame->columns - 1) < 0.5);
            }
        }
    }

    void itIsSmallAndTellsNoPlaces_data() { eachRun(); }
    void itIsSmallAndTellsNoPlaces() {
        std::int64_t bytes = 0;
        for (const fs::path& file : filesOf(run_)) {
            bytes += std::int64_t(fs::file_size(file));
            std::string text;
            if (file.extension() == ".safetensors") {
                const std::vector<std::byte> content = readFile(file);
                const SafetensorsFile look(content, file.string());
                for (const auto& [key, word] : look.metadata())
                    text += key + " " + word + "\n";
            } else if (file.extension() == ".toml" || file.extension() == ".jsonl") {
                text = contentOf(file);
            } else {
                QVERIFY2(file.extension() == ".jpg" || file.extension() == ".md", file.c_str());
            }
            for (const std::string& path : pathsIn(text))
                QVERIFY2(path.starts_with("probes/") || path.starts_with("pictures/"), path.c_str());
        }
        QVERIFY2(bytes <= kMostBytes, std::to_string(bytes).c_str());
    }
};

QTEST_GUILESS_MAIN(ShippedRunsTest)
#include "shipped_runs_test.moc"
