#include "engine/train/trainer.h"

#include <ATen/ATen.h>

#include <QScopeGuard>
#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <cmath>
#include <map>
#include <memory>

#include "engine/image/encode.h"
#include "engine/train/run/train_options.h"
#include "engine/weights/pickle_writer.h"
#include "tests/unit/train/run/run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

using Given = std::map<std::string, std::string>;

constexpr int kImages = 12;

Image stripes(int number) {
    Image image(40, 36);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            image.at(x, y)[0] = std::uint8_t((number % 2 ? x : y) * (3 + number));
            image.at(x, y)[1] = std::uint8_t(x + 9 * number);
            image.at(x, y)[2] = std::uint8_t(5 * y);
        }
    }
    return image;
}

/// As small as can be, and an epoch is one step; one a session unless `given` says more.
OptionValues optionsOf(const Given& given) {
    Given all{{"arch", "vit_tiny"},
              {"img-size", "32"},
              {"global-crop-size", "32"},
              {"local-crop-size", "16"},
              {"local-crops-number", "1"},
              {"out-dim", "64"},
              {"batch-size-per-gpu", std::to_string(kImages)},
              {"epochs", "1"},
              {"warmup-epochs", "0"},
              {"freeze-last-layer", "0"},
              {"metrics-every", "1"},
              {"knn-every", "0"},
              {"save-every", "0"}};
    for (const auto& [key, text] : given)
        all[key] = text;
    OptionValues options(trainOptions());
    for (const auto& [key, text] : all)
        options.set(key, std::string_view(text));
    return options;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

class TrainerTest : public QObject {
    Q_OBJECT

    QTemporaryDir images_;
    std::unique_ptr<ImageDataset> dataset_;
    std::unique_ptr<QTemporaryDir> folder_;
    std::string notes_;  ///< of the last session, a line each

    fs::path path(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }
    RunPaths run() const { return RunPaths(path("run")); }
    Metrics metrics() const { return readMetrics(run().metrics()); }

    /// One session of the run: it begins, or goes on.
    TrainOutcome train(const Given& given, JobControl& control, TrainEvents events = {}) {
        notes_.clear();
        events.note = [this](const std::string& text) { notes_ += text + "\n"; };
        const OptionValues options = optionsOf(given);
        const bool goesOn = run().holdsRun();
        RunDirectory directory = goesOn ? RunDirectory::open(path("run")) : RunDirectory::create(path("run"));
        directory.write({options, {}, {}, {}});
        Trainer trainer(options, *dataset_, directory, {at::kCPU}, events);
        if (goesOn) trainer.restore(control);
        return trainer.run(control);
    }
    TrainOutcome train(const Given& given = {}, TrainEvents events = {}) {
        JobControl control;
        return train(given, control, std::move(events));
    }

    /// What a session says that is refused, and leaves the metrics as they were.
    std::string refusalOf(const Given& given) {
        const std::string before = contentOf(run().metrics());
        std::string said = errorOf([&] { train(given); });
        return contentOf(run().metrics()) == before ? said : "the metrics have changed";
    }

private Q_SLOTS:
    void initTestCase() {
        const fs::path folder = images_.path().toStdString();
        for (int i = 0; i < kImages; ++i) {
            const fs::path file = folder / (i % 2 ? "across" : "along") / (std::to_string(i) + ".png");
            fs::create_directories(file.parent_path());
            writePng(file, stripes(i));
        }
        JobControl control;
        dataset_ = std::make_unique<ImageDataset>(ImageDataset::scan(folder, control));
    }

    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void aNewerCheckpointIsRefusedThoughThereIsAnOlderOne() {
        train();
        writeTorchFile(run().checkpoint({2, 0}),
                       TorchValue::dict({{"dinoscope", TorchValue::dict({{"format", 2}})}}));
        const std::string sentence = "the checkpoint is of format 2, this program reads up to 1";
        VERIFY_SAYS(refusalOf({{"epochs", "3"}}), sentence);
        fs::remove(run().checkpoint({1, 0}));
        VERIFY_SAYS(refusalOf({{"epochs", "3"}}), sentence);
    }

    void aCheckpointOfOtherOptionsIsRefusedThoughThereIsAnOlderOne() {
        train({{"epochs", "2"}});
        QCOMPARE(run().listCheckpoints().size(), std::size_t(2));
        VERIFY_SAYS(refusalOf({{"epochs", "3"}, {"out-dim", "32"}}), "epoch0002.pth: tensor ");
        VERIFY_SAYS(refusalOf({{"epochs", "3"}, {"optimizer", "sgd"}}), "epoch0002.pth: ");
    }

    void aDamagedCheckpointMakesWayForTheOneBefore() {
        train({{"epochs", "2"}});
        const Metrics whole = metrics();
        const fs::path newest = run().checkpoint({2, 0});
        fs::resize_file(newest, fs::file_size(newest) / 2);
        QCOMPARE(train({{"epochs", "2"}}).steps, std::int64_t(1));
        QVERIFY2(contains(notes_, "epoch0002.pth: the checkpoint cannot be read: "), notes_.c_str());
        QVERIFY2(contains(notes_, "epoch0002.pth.damaged, resuming from the checkpoint before it"),
                 notes_.c_str());
        QVERIFY(fs::exists(newest.string() + ".damaged"));
        const Metrics again = metrics();
        QCOMPARE(again.steps.size(), std::size_t(2));
        QVERIFY(sameNumbers(again.steps[1], whole.steps[1]));
        QCOMPARE(again.epochs.size(), std::size_t(2));
        fs::resize_file(newest, 1000);
        fs::remove(run().checkpoint({1, 0}));
        VERIFY_SAYS(refusalOf({{"epochs", "2"}}), "restore it from a copy");
    }

    /// A replay, too, is such a folder.
    void aRunWhoseCheckpointsAreGoneIsNotBegunAnew() {
        train({{"epochs", "2"}});
        fs::remove_all(run().checkpoints());
        const std::string said = refusalOf({{"epochs", "3"}});
        VERIFY_SAYS(said, "the run has 2 epochs behind it, and no checkpoint to go on from");
        VERIFY_SAYS(said, "put its checkpoints back into " + run().checkpoints().string());
    }

    void aRunThatWasKilledInItsFirstCheckpointBeginsAnew() {
        train();
        const Metrics whole = metrics();
        fs::remove(run().checkpoint({1, 0}));
        VERIFY_SAYS(refusalOf({}), "the run has 1 epoch behind it");
        LockHolder killed = thisProcess();
        killed.started = "another-boot/12345";
        writeContent(run().lock(), formatLockHolder(killed));
        train();
        QVERIFY2(contains(notes_, "the run starts anew"), notes_.c_str());
        QCOMPARE(metrics().epochs.size(), std::size_t(1));
        QCOMPARE(metrics().steps.size(), std::size_t(1));
        QVERIFY(sameNumbers(metrics().steps[0], whole.steps[0]));
    }

    /// What is shown in its place depends on neither how it was lost nor when that was noticed.
    void anImageThatIsGoneIsReplacedAndCountedAsABadOneIs() {
        const fs::path file = dataset_->path(3);
        const std::string whole = contentOf(file);
        fs::resize_file(file, whole.size() / 2);
        train({{"epochs", "2"}});
        const Metrics bad = metrics();
        writeContent(file, whole);
        QVERIFY2(contains(notes_, "skipped: "), notes_.c_str());

        folder_ = std::make_unique<QTemporaryDir>();
        const ImageDataset before = *dataset_;
        const auto end = qScopeGuard([&] { *dataset_ = before; });
        dataset_->markGone(3);
        train({{"epochs", "2"}, {"knn-every", "1"}});
        QVERIFY2(!contains(notes_, "skipped: "), notes_.c_str());
        const Metrics gone = metrics();
        QCOMPARE(gone.steps.size(), std::size_t(2));
        for (std::size_t i = 0; i < 2; ++i) {
            QVERIFY(sameNumbers(gone.steps[i], bad.steps[i]));
            QCOMPARE(gone.epochs[i].replacedImages, std::int64_t(1));
            QCOMPARE(bad.epochs[i].replacedImages, std::int64_t(1));
        }
    }

    void lostMetricsAreTold() {
        train({{"epochs", "2"}});
        QVERIFY2(!contains(notes_, "has lost"), notes_.c_str());
        fs::remove(run().metrics());
        train({{"epochs", "3"}});
        QVERIFY2(contains(notes_, "metrics.jsonl has lost the numbers of 2 of the 2 steps before"),
                 notes_.c_str());
        QCOMPARE(metrics().steps.size(), std::size_t(1));
    }

    /// A disk may be full of them: the session would fail with its first checkpoint.
    void checkpointsThatAreNotToBeKeptGoBeforeTheNextIsWritten() {
        train({{"epochs", "3"}, {"keep-last", "3"}});
        QCOMPARE(run().listCheckpoints().size(), std::size_t(3));
        QVERIFY(train({{"epochs", "3"}, {"keep-last", "1"}}).alreadyFinished);
        QCOMPARE(run().listCheckpoints().size(), std::size_t(1));
        QVERIFY((run().latestCheckpoint()->position == RunPosition{3, 0}));
    }

    void anImageThatWasMissingIsShownAgainByTheNextSession() {
        const fs::path file = dataset_->path(3), away = file.string() + ".away";
        fs::rename(file, away);
        train({{"epochs", "2"}});
        fs::rename(away, file);
        QVERIFY2(contains(notes_, "skipped until it is back: " + file.string()), notes_.c_str());
        train({{"epochs", "3"}});
        QVERIFY2(!contains(notes_, "skipped"), notes_.c_str());
        const Metrics found = metrics();
        QCOMPARE(found.epochs.size(), std::size_t(3));
        for (const std::size_t epoch : {0U, 1U, 2U})
            QCOMPARE(found.epochs[epoch].replacedImages, std::int64_t(epoch < 2 ? 1 : 0));
    }

    void anEvaluationWithoutItsImagesIsNotSilent() {
        const fs::path folder = images_.path().toStdString(), elsewhere = folder.string() + "-elsewhere";
        const auto back = qScopeGuard([&] { fs::rename(elsewhere, folder); });
        TrainEvents events;
        events.epoch = [&](const EpochMetrics& epoch) {
            if (epoch.epoch == 0) fs::rename(folder, elsewhere);
        };
        train({{"epochs", "3"}, {"knn-every", "1"}}, events);
        const Metrics found = metrics();
        QCOMPARE(found.epochs.size(), std::size_t(3));
        QVERIFY(found.epochs[0].knnTop1 != kNotMeasured);
        for (const std::size_t epoch : {1U, 2U})
            QCOMPARE(found.epochs[epoch].knnTop1, kNotMeasured);
        QVERIFY2(contains(notes_, "the evaluation after epoch 2 leaves out 12 of its 12 images"),
                 notes_.c_str());
        QVERIFY2(!contains(notes_, "after epoch 3"), notes_.c_str());
    }

    /// As a kill leaves it between the checkpoint behind the epoch's last step and that behind its
    /// evaluation.
    void theEndOfAnEpochIsRecordedOnce() {
        writePng(path("probe.png"), stripes(5));
        const Given given{{"save-every", "0.000001"}, {"probe", path("probe.png").string()}};
        train(given);
        QVERIFY(fs::exists(run().checkpoint({0, 1})));
        fs::remove(run().checkpoint({1, 0}));
        QCOMPARE(train(given).position.epochs, std::int64_t(1));
        const Metrics found = metrics();
        QCOMPARE(found.steps.size(), std::size_t(1));
        QCOMPARE(found.epochs.size(), std::size_t(1));
        QCOMPARE(found.probes.size(), std::size_t(2));
        QVERIFY(fs::exists(run().checkpoint({1, 0})));
    }

    void anInterruptionWhileProbesAreLookedAtLosesNone() {
        writePng(path("probe.png"), stripes(5));
        const Given given{{"probe", path("probe.png").string()}};
        TrainEvents events;
        bool stepped = false;
        events.step = [&stepped](const StepMetrics&) { stepped = true; };
        JobControl control;
        control.setYield([&] {
            if (stepped) control.cancel();
        });
        QVERIFY_THROWS_EXCEPTION(Cancelled, train(given, control, events));
        QVERIFY((run().latestCheckpoint()->position == RunPosition{0, 1}));
        QCOMPARE(metrics().epochs.size(), std::size_t(0));
        train(given);
        QCOMPARE(metrics().steps.size(), std::size_t(1));
        QCOMPARE(metrics().epochs.size(), std::size_t(1));
        QCOMPARE(metrics().probes.size(), std::size_t(2));
        QCOMPARE(metrics().probes[1].epoch, std::int64_t(1));
    }

    void aProbeThatCannotBeReadLeavesThePinsBefore() {
        writePng(path("good.png"), stripes(5));
        writeContent(path("bad.png"), "no image");
        TrainEvents events;
        events.requests = std::make_shared<TrainRequests>();
        events.requests->pin({path("good.png").string(), path("bad.png").string()});
        bool pinned = false;
        events.pinned = [&pinned](const std::vector<std::string>&) { pinned = true; };
        train({{"probe", path("good.png").string()}}, events);
        QVERIFY(!pinned);
        QVERIFY2(contains(notes_, "the images that are pinned stay as they are: "), notes_.c_str());
        QVERIFY2(contains(notes_, "bad.png"), notes_.c_str());
        const Metrics found = metrics();
        QCOMPARE(found.probes.size(), std::size_t(2));
        QCOMPARE(found.probes[1].image, path("good.png").string());
    }

    void theSupervisedBaselineIsMeasuredByItsClasses() {
        train({{"objective", "supervised"}});
        const StepMetrics step = metrics().steps.at(0);
        QVERIFY(std::abs(step.loss + step.lossBelowLnK - std::log(2.0)) < 1e-9);
    }

    void theSquaredDistanceIsNotComparedWithLnK() {
        train({{"loss", "mse"}});
        QCOMPARE(metrics().steps.at(0).lossBelowLnK, kNotMeasured);
        QVERIFY(!contains(contentOf(run().metrics()), "loss_below_ln_k"));
    }

    /// A decay that turns weights around and blows them up, until a head of three layers overflows.
    void aStepThatIsNotFiniteEndsTheRunAndNamesItsImages() {
        const Given given{{"epochs", "30"},        {"lr", "1000"},     {"min-lr", "1000"},
                          {"weight-decay", "100"}, {"clip-grad", "0"}, {"weight-decay-end", "100"},
                          {"drop-path-rate", "0"}};
        const std::string said = errorOf([&] { train(given); });
        const std::string step = "step " + std::to_string(metrics().steps.size()) +
                                 " gave a loss or gradient that is not a number; its images: ";
        VERIFY_SAYS(said, step);
        VERIFY_SAYS(said, " and " + std::to_string(kImages - 8) + " more");
        VERIFY_SAYS(said, " is whole: lower --lr in a new run with --init");
        for (std::int64_t i = 0; i < dataset_->size(); ++i)
            QVERIFY2(contains(notes_, std::string(dataset_->name(i))), notes_.c_str());
        const auto latest = run().latestCheckpoint();
        QVERIFY(latest && latest->position.epochs == std::int64_t(metrics().steps.size()));
        // Whole: a session that goes on from it comes to the same step.
        VERIFY_SAYS(errorOf([&] { train(given); }), step);
    }

    /// Its options are those that failed: a resume would come to the same step.
    void withoutACheckpointAnotherFolderIsAdvised() {
        const std::string said = errorOf([this] {
            train({{"batch-size-per-gpu", "1"},
                   {"lr", "1000"},
                   {"min-lr", "1000"},
                   {"weight-decay", "100"},
                   {"weight-decay-end", "100"},
                   {"clip-grad", "0"},
                   {"drop-path-rate", "0"}});
        });
        VERIFY_SAYS(said, "; lower --lr in another folder (-o): this one holds no checkpoint");
        QVERIFY(!run().latestCheckpoint());
    }
};

QTEST_GUILESS_MAIN(TrainerTest)
#include "trainer_test.moc"
