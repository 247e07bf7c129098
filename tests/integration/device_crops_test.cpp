#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <cmath>
#include <map>
#include <memory>

#include "engine/image/encode.h"
#include "engine/train/run/train_options.h"
#include "engine/train/trainer.h"
#include "tests/unit/image/test_files.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

constexpr int kImages = 13;
constexpr int kBatch = 3;
constexpr int kSteps = 2 * (kImages / (2 * kBatch));  // of two epochs

/// As small as can be; batches are accumulated, and cut into micro-batches.
OptionValues smallOptions(const std::string& cropsOn) {
    const std::map<std::string, std::string> given{{"arch", "vit_tiny"},
                                                   {"img-size", "32"},
                                                   {"global-crop-size", "32"},
                                                   {"local-crop-size", "16"},
                                                   {"local-crops-number", "2"},
                                                   {"out-dim", "64"},
                                                   {"batch-size-per-gpu", std::to_string(kBatch)},
                                                   {"accumulate", "2"},
                                                   {"micro-batch", "2"},
                                                   {"epochs", "2"},
                                                   {"warmup-epochs", "0"},
                                                   {"freeze-last-layer", "0"},
                                                   {"metrics-every", "1"},
                                                   {"knn-every", "0"},
                                                   {"save-every", "0"},
                                                   {"crops-on", cropsOn}};
    OptionValues options(trainOptions());
    for (const auto& [key, text] : given)
        options.set(key, std::string_view(text));
    return options;
}

}  // namespace

/// Training whose crops are made by the device's operations: those of a CPU.
class DeviceCropsTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::unique_ptr<ImageDataset> dataset_;

    fs::path path(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }
    std::vector<StepMetrics> stepsOf(const std::string& run) const {
        return readMetrics(RunPaths(path(run)).metrics()).steps;
    }

    /// A session, of a new run or of one that goes on: to the end, or until step `last` is told.
    void train(const std::string& run, const std::string& cropsOn, std::int64_t last = kSteps) {
        const OptionValues options = smallOptions(cropsOn);
        const bool goesOn = RunPaths(path(run)).holdsRun();
        RunDirectory directory = goesOn ? RunDirectory::open(path(run)) : RunDirectory::create(path(run));
        directory.write({options, {}, {}, {}});
        JobControl control;
        TrainEvents events;
        events.step = [&](const StepMetrics& step) {
            if (step.step == last) control.cancel();
        };
        Trainer trainer(options, *dataset_, directory, {at::kCPU}, events);
        if (goesOn) trainer.restore(control);
        try {
            trainer.run(control);
        } catch (const Cancelled&) {
            // As asked above.
        }
    }

    /// Crops are equal bit by bit, and so is the rest of the arithmetic; rounding is let pass all the same.
    void verifyAlike(const std::string& run, const std::string& other) const {
        const std::vector<StepMetrics> steps = stepsOf(run);
        const std::vector<StepMetrics> others = stepsOf(other);
        QCOMPARE(steps.size(), others.size());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            QVERIFY(std::abs(steps[i].loss - others[i].loss) < 1e-5 * others[i].loss);
            QVERIFY(std::abs(steps[i].gradientNorm - others[i].gradientNorm) < 1e-3 * others[i].gradientNorm);
        }
    }

private Q_SLOTS:
    void initTestCase() {
        fs::create_directories(path("images"));
        for (int i = 0; i < kImages; ++i)
            writePng(path("images") / (std::to_string(i) + ".png"), test::noise(30 + 9 * i, 120 - 7 * i));
        JobControl control;
        dataset_ = std::make_unique<ImageDataset>(ImageDataset::scan(path("images"), control));
    }

    void itsLossesAreThoseOfARunWithTheLoadersCrops() {
        train("processor", "cpu");
        train("device", "device");
        QCOMPARE(stepsOf("processor").size(), std::size_t(kSteps));
        verifyAlike("device", "processor");
    }

    void aRunGoesOnWithCropsMadeElsewhere() {
        train("whole", "cpu");
        train("resumed", "device", 1);
        QVERIFY(stepsOf("resumed").size() < std::size_t(kSteps));
        train("resumed", "cpu", 2);
        train("resumed", "device");
        QCOMPARE(stepsOf("resumed").size(), std::size_t(kSteps));
        verifyAlike("resumed", "whole");
    }
};

QTEST_GUILESS_MAIN(DeviceCropsTest)
#include "device_crops_test.moc"
