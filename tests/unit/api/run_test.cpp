#include "engine/api/run.h"

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <array>
#include <fstream>

#include "engine/weights/safetensors_file.h"
#include "tests/unit/train/run/run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

/// A run of 100 images, 10 a step, as one that was killed or ended leaves it.
void writeRun(const fs::path& folder, std::int64_t steps, double teacherTemp = 0.04) {
    fs::create_directories(folder);
    RunRecord record{
        OptionValues(trainOptions()), {"/pictures", "0123456789abcdef", 100, 2}, {}, "2026-01-02"};
    record.options.set("epochs", OptionValue(std::int64_t(4)));
    record.options.set("batch-size-per-gpu", OptionValue(std::int64_t(5)));
    record.options.set("accumulate", OptionValue(std::int64_t(2)));
    record.options.set("teacher-temp", OptionValue(teacherTemp));
    record.terms = {"0.1", "2.7", "cpu", "fp32", "avx2", 1};
    writeContent(folder / "run.toml", formatRunRecord(record));
    MetricsWriter writer(folder / "metrics.jsonl");
    for (std::int64_t i = 0; i < steps; ++i) {
        writer.add(
            StepMetrics{.step = i, .epoch = i / 10, .loss = 9 - 0.01 * double(i), .seconds = double(i)});
        if (i % 10 != 9) continue;
        const std::int64_t epoch = i / 10;
        writer.add(
            EpochMetrics{.step = i, .epoch = epoch, .knnTop1 = epoch == 1 ? 60.0 : 50.0 + double(epoch)});
        writer.add(ProbeMetrics{i, epoch + 1, "cat.jpg", "probes/cat" + std::to_string(epoch)});
    }
    writer.sync();
}

template <typename Number>
SafetensorsItem item(const char* name, ElementType type, std::vector<std::int64_t> shape,
                     const std::vector<Number>& values) {
    return {name, type, std::move(shape), std::as_bytes(std::span(values))};
}

}  // namespace

class RunTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;

    fs::path path(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }

private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void aRunIsToldByItsFolder() {
        writeRun(path("run"), 25);
        const api::RunSummary run = api::summarise(path("run"));
        QCOMPARE(run.state, api::RunState::Stopped);
        QCOMPARE(run.epochs(), std::int64_t(4));
        QCOMPARE(run.stepsPerEpoch, std::int64_t(10));
        QCOMPARE(run.epochsDone(), 2.5);
        QVERIFY(std::abs(run.loss - 8.76) < 1e-9);
        QVERIFY(std::abs(run.uniformLoss() - std::log(65536.0)) < 1e-12);
        QCOMPARE(run.seconds, 24.0);
        writeRun(path("whole"), 40);
        QCOMPARE(api::summarise(path("whole")).state, api::RunState::Finished);
    }

    void aRunThatIsWrittenToIsLive() {
        writeRun(path("run"), 5);
        const auto writer = std::make_unique<RunLock>(path("run/lock"));
        const api::RunSummary run = api::summarise(path("run"));
        QCOMPARE(run.state, api::RunState::Live);
        QVERIFY(run.writer && run.writer->process > 0);
    }

    void aDamagedRunIsToldAsOne() {
        writeContent(path("run/run.toml"), "format = ");
        const api::RunSummary run = api::summarise(path("run"));
        QCOMPARE(run.state, api::RunState::Unreadable);
        VERIFY_SAYS(run.problem, "run.toml");
        writeContent(path("empty/run.toml"), "");
        QCOMPARE(api::summarise(path("empty")).state, api::RunState::Unreadable);
    }

    void runsAreFoundInAFolderAndItsSubfolders() {
        writeRun(path("run10"), 1);
        writeRun(path("run2"), 1);
        writeRun(path("more/inside"), 1);
        writeRun(path("more/deep/too/far"), 1);
        writeRun(path(".hidden"), 1);
        fs::create_directories(path("empty"));
        JobControl control;
        const std::vector<fs::path> found = api::findRuns(path(""), control);
        QCOMPARE(found.size(), std::size_t(3));
        QVERIFY(found[0] == path("more/inside") && found[1] == path("run2") && found[2] == path("run10"));
        QCOMPARE(api::findRuns(path("run2"), control), std::vector<fs::path>{path("run2")});
        QVERIFY(api::findRuns(path("nowhere"), control).empty());
    }

    void scoresAreFollowed() {
        api::RunScorer scorer(path("run"));
        QCOMPARE(scorer.update().bestKnn, kNotMeasured);
        writeRun(path("run"), 10);
        QCOMPARE(scorer.update().bestKnn, 50.0);
        fs::remove_all(path("run"));
        writeRun(path("run"), 40);
        const api::RunScores& scores = scorer.update();
        QCOMPARE(scores.bestKnn, 60.0);
        QCOMPARE(scores.bestEpoch, std::int64_t(2));
        QCOMPARE(scores.lastKnn, 53.0);
    }

    void onlyOptionsThatDifferAreTold() {
        writeRun(path("a"), 1);
        writeRun(path("b"), 1, 0.07);
        writeRun(path("c"), 1);
        const std::vector<api::RunSummary> runs{api::summarise(path("a")), api::summarise(path("b")),
                                                api::summarise(path("c"))};
        const std::vector<api::RunDifference> found = api::differences(runs);
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(found[0].key, std::string("teacher-temp"));
        QCOMPARE(found[0].values, (std::vector<std::string>{"0.04", "0.07", "0.04"}));
        QVERIFY(api::differences({runs[0]}).empty());
    }

    void looksAreSortedByImageAndEpoch() {
        api::ProbeHistory history(path("run"));
        history.add(
            {{9, 1, "b.jpg", "probes/b1"}, {9, 1, "a.jpg", "probes/a1"}, {-1, 0, "a.jpg", "probes/a0"}});
        history.add({{9, 1, "a.jpg", "probes/again"},
                     {1, 1, "evil", "probes/../../etc/passwd"},
                     {1, 1, "evil", "/etc/passwd"},
                     {1, 1, "evil", "probes/.."}});
        QCOMPARE(history.images().size(), std::size_t(2));
        QCOMPARE(history.images()[0].name, std::string("b.jpg"));
        const std::vector<api::ProbeLook>& looks = history.images()[1].looks;
        QCOMPARE(looks.size(), std::size_t(2));
        QCOMPARE(looks[0].epochs, std::int64_t(0));
        QVERIFY(looks[1].file == path("run/probes/again"));
    }

    void aFrameIsReadAsItWasKept() {
        const std::vector<std::uint16_t> ofTeacher{0x3c00, 0x3800, 0x3400, 0x3000};  // 1, 1/2, 1/4, 1/8
        const std::vector<std::uint16_t> ofStudent{0, 0x3800, 0, 0};
        const std::vector<float> last{0.25F, 0.125F}, similarities{0.75F};
        const std::vector<std::int64_t> numbers{42};
        const SafetensorsItem items[] = {item("attention", ElementType::F32, {1, 1, 2}, last),
                                         item("teacher", ElementType::F16, {2, 1, 1, 2}, ofTeacher),
                                         item("student", ElementType::F16, {2, 1, 1, 2}, ofStudent),
                                         item("neighbours", ElementType::I64, {1}, numbers),
                                         item("similarities", ElementType::F32, {1}, similarities)};
        writeSafetensors(path("frame"), items,
                         {{"neighbour-0", "cats/7.jpg"},
                          {"first-layer", "10"},
                          {"picture", "pictures/p.jpg"},
                          {"covered-width", "0.75"},
                          {"covered-height", "7"}});
        const auto frame = api::readProbeFrame(path("frame"));
        using Network = api::ProbeFrame::Network;
        QCOMPARE(frame->layers, 2);
        QCOMPARE(frame->firstLayer, 10);
        QCOMPARE(frame->coveredWidth, 0.75);
        QCOMPARE(frame->coveredHeight, 1.0);
        QCOMPARE(frame->map(Network::Teacher, 1).values, (std::vector<float>{0.25F, 0.125F}));
        QCOMPARE(frame->map(Network::Student, 0).values, (std::vector<float>{0, 0.5F}));
        QCOMPARE(frame->neighbours.size(), std::size_t(1));
        QCOMPARE(frame->neighbours[0].name, std::string("cats/7.jpg"));
        QVERIFY(frame->neighbours[0].picture == path("pictures/42.jpg"));
        QVERIFY(frame->picture == path("pictures/p.jpg"));

        writeSafetensors(path("old"), std::span(items, 1), {{"epochs", "3"}});
        const auto old = api::readProbeFrame(path("old"));
        QCOMPARE(old->firstLayer, -1);
        QVERIFY(!old->has(Network::Student) && old->neighbours.empty() && old->picture.empty());
        QCOMPARE(old->map(Network::Teacher, 0).values, last);
    }

    void aDamagedFrameIsRefused() {
        const std::vector<float> values(4, 1.0F);
        const std::vector<std::int64_t> numbers(4, 1);
        const auto refuse = [&](const SafetensorsItem& one) {
            writeSafetensors(path("frame"), std::span(&one, 1));
            return errorOf([&] { api::readProbeFrame(path("frame")); });
        };
        VERIFY_SAYS(refuse(item("other", ElementType::F32, {4}, values)), "no attention");
        VERIFY_SAYS(refuse(item("attention", ElementType::F32, {4}, values)), "no attention");
        VERIFY_SAYS(refuse(item("teacher", ElementType::F32, {2, 1, 2}, values)), "no attention");
        VERIFY_SAYS(refuse(item("teacher", ElementType::I64, {2, 1, 1, 2}, numbers)), "no reals");
        writeContent(path("frame"), "no such format");
        QVERIFY(!errorOf([&] { api::readProbeFrame(path("frame")); }).empty());
        QVERIFY(!errorOf([&] { api::readProbeFrame(path("nowhere")); }).empty());
    }
};

QTEST_APPLESS_MAIN(RunTest)
#include "run_test.moc"
