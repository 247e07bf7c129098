#include "engine/api/replay.h"

#include <QTemporaryDir>
#include <QtTest/QtTest>

#include "engine/api/export.h"
#include "engine/api/run.h"
#include "engine/weights/safetensors_file.h"
#include "tests/unit/train/run/run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kStepsPerEpoch = 1500;

void writeLook(const fs::path& file, const std::string& image, const std::string& picture) {
    const std::vector<float> attention{0.1F, 0.2F, 0.3F, 0.4F};
    const std::vector<std::int64_t> numbers{7};
    const std::vector<float> similarities{0.5F};
    const std::vector<SafetensorsItem> items{
        {"teacher", ElementType::F32, {1, 1, 2, 2}, std::as_bytes(std::span(attention))},
        {"neighbours", ElementType::I64, {1}, std::as_bytes(std::span(numbers))},
        {"similarities", ElementType::F32, {1}, std::as_bytes(std::span(similarities))}};
    writeSafetensors(file, items,
                     {{"image", image}, {"picture", picture}, {"neighbour-0", "secret/face.jpg"}});
}

/// Two epochs, two pinned images of one name, a checkpoint and a log.
void writeRun(const fs::path& run) {
    fs::create_directories(run / "probes/pictures");
    RunRecord record{OptionValues(trainOptions()),
                     {"/home/lovelace/photos/", "0123456789abcdef", 6000, 2},
                     {"0.1", "2.11", "cpu", "fp32", "avx2", 1},
                     "2026-01-02T10:00:00Z"};
    record.options.set("epochs", OptionValue(std::int64_t(2)));
    record.options.set("batch-size-per-gpu", OptionValue(std::int64_t(4)));
    record.options.set("init", OptionValue(std::string("/home/lovelace/weights.pth")));
    record.options.set("probe",
                       OptionValue(std::vector<std::string>{"/home/lovelace/cat.jpg", "/mnt/cat.jpg"}));
    writeContent(run / "run.toml", formatRunRecord(record));
    MetricsWriter writer(run / "metrics.jsonl");
    for (std::int64_t i = 0; i < 2 * kStepsPerEpoch; ++i) {
        writer.add(StepMetrics{.step = i, .epoch = i / kStepsPerEpoch, .loss = 5, .seconds = double(i)});
        if (i % kStepsPerEpoch != kStepsPerEpoch - 1) continue;
        const std::int64_t epoch = i / kStepsPerEpoch;
        writer.add(EpochMetrics{.step = i, .epoch = epoch, .knnTop1 = 50.0 + double(epoch)});
        for (const char* image : {"/home/lovelace/cat.jpg", "/mnt/cat.jpg"}) {
            const std::string file =
                "probes/epoch" + std::to_string(epoch) + (image[1] == 'h' ? "-a" : "-b") + ".safetensors";
            writeLook(run / file, image, "pictures/probe-1.jpg");
            writer.add(ProbeMetrics{i, epoch + 1, image, file});
        }
    }
    writer.sync();
    writeContent(run / "probes/pictures/probe-1.jpg", "the pinned one");
    writeContent(run / "probes/pictures/7.jpg", "a training image");
    writeContent(run / "checkpoints/epoch0002.pth", "weights");
    writeContent(run / "log.txt", "on host lovelace-laptop");
    writeContent(run / "images.txt",
                 "dinoscope images 1\nclasses 0\nimages 1\n8 6 99 -1 /mnt/secret/face.jpg\n");
}

}  // namespace

class ReplayTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;
    JobControl control_;

    fs::path path(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        writeRun(path("run"));
    }

    void itShowsTheSameRun() {
        const std::int64_t bytes = api::writeReplay(path("run"), path("replay"), control_);
        const api::RunSummary before = api::summarise(path("run"));
        const api::RunSummary after = api::summarise(path("replay"));
        QCOMPARE(after.state, api::RunState::Finished);
        QCOMPARE(after.steps, before.steps);
        QCOMPARE(after.seconds, before.seconds);
        QCOMPARE(api::RunScorer(path("replay")).update().bestKnn, 51.0);
        for (const api::RunDifference& difference : api::differences({before, after}))
            QVERIFY2(difference.key == "data" || difference.key == "init", difference.key.c_str());
        const Metrics metrics = readMetrics(path("replay/metrics.jsonl"));
        QCOMPARE(metrics.steps.size(), std::size_t(kStepsPerEpoch));  // every second one
        QCOMPARE(metrics.epochs.size(), std::size_t(2));
        std::int64_t found = 0;
        for (const auto& entry : fs::recursive_directory_iterator(path("replay")))
            if (entry.is_regular_file()) found += std::int64_t(entry.file_size());
        QCOMPARE(bytes, found);
    }

    void looksStayWithoutTheImagesOfOthers() {
        api::writeReplay(path("run"), path("replay"), control_);
        api::ProbeHistory history(path("replay"));
        history.add(readMetrics(path("replay/metrics.jsonl")).probes);
        QCOMPARE(history.images().size(), std::size_t(2));
        QCOMPARE(history.images()[0].name, std::string("cat.jpg"));
        QCOMPARE(history.images()[1].name, std::string("cat.jpg (2)"));
        QCOMPARE(history.images()[1].looks.size(), std::size_t(2));
        const auto frame = api::readProbeFrame(history.images()[1].looks[1].file);
        QCOMPARE(frame->teacher, (std::vector<float>{0.1F, 0.2F, 0.3F, 0.4F}));
        QVERIFY(frame->neighbours.empty());
        QCOMPARE(contentOf(frame->picture), std::string("the pinned one"));
        QVERIFY(!fs::exists(path("replay/probes/pictures/7.jpg")));
    }

    void nothingTellsWhereItRan() {
        api::writeReplay(path("run"), path("replay"), control_);
        for (const auto& entry : fs::recursive_directory_iterator(path("replay"))) {
            if (!entry.is_regular_file()) continue;
            const std::string content = contentOf(entry.path());
            for (const char* word : {"/home", "/mnt", "lovelace", "secret"})
                QVERIFY2(content.find(word) == std::string::npos, entry.path().c_str());
        }
        QVERIFY(!fs::exists(path("replay/log.txt")) && !fs::exists(path("replay/checkpoints")));
        QCOMPARE(api::summarise(path("replay")).record.data.path, std::string("photos"));
    }

    void aFolderWithSomethingInItIsRefused() {
        writeContent(path("taken/notes.txt"), "mine");
        VERIFY_SAYS(errorOf([&] { api::writeReplay(path("run"), path("taken"), control_); }), "taken");
        QCOMPARE(contentOf(path("taken/notes.txt")), std::string("mine"));
        fs::create_directories(path("empty"));
        api::writeReplay(path("run"), path("empty/"), control_);
        QVERIFY(api::isRun(path("empty")));
    }

    void whatFailsLeavesNothing() {
        writeContent(path("run/probes/epoch1-b.safetensors"), "torn");
        VERIFY_SAYS(errorOf([&] { api::writeReplay(path("run"), path("replay"), control_); }), "epoch1-b");
        QVERIFY(!fs::exists(path("replay")) && !fs::exists(path("replay.part")));
    }

    void theCommandWritesOneOfARunOnly() {
        OptionValues options(api::exportOptions());
        options.set("format", std::string_view("replay"));
        options.set("output", OptionValue(path("replay").string()));
        const api::ExportReport report = api::exportWeights(path("run").string(), options, control_);
        QCOMPARE(report.output, path("replay"));
        QVERIFY(report.bytes > 0 && api::isRun(path("replay")));
        VERIFY_SAYS(errorOf([&] { api::exportWeights(path("run/log.txt").string(), options, control_); }),
                    "only a run");
    }
};

QTEST_GUILESS_MAIN(ReplayTest)
#include "replay_test.moc"
