#include "engine/api/train_preview.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <numbers>

#include "engine/api/train.h"
#include "engine/api/train_speed.h"
#include "engine/image/encode.h"

using namespace dinoscope;
using namespace dinoscope::api;

namespace {

Image gradient(int width, int height) {
    Image image(width, height);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            image.at(x, y)[0] = std::uint8_t(x * 255 / width);
            image.at(x, y)[1] = std::uint8_t(y * 255 / height);
            image.at(x, y)[2] = std::uint8_t((x + y) % 256);
        }
    }
    return image;
}

OptionValues small() {
    OptionValues options(trainOptions());
    options.set("global-crop-size", std::string_view("32"));
    options.set("local-crop-size", std::string_view("16"));
    options.set("local-crops-number", std::string_view("3"));
    options.set("epochs", std::string_view("10"));
    options.set("warmup-epochs", std::string_view("2"));
    options.set("batch-size-per-gpu", std::string_view("4"));
    return options;
}

}  // namespace

class TrainPreviewTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        for (int i = 0; i < 5; ++i) {
            const QString name = folder_->filePath(i < 2 ? "few" : "more");
            QDir().mkpath(name);
            writePng(QString("%1/%2.png").arg(name).arg(i).toStdString(), gradient(40 + 10 * i, 64));
        }
        QFile broken(folder_->filePath("more/broken.jpg"));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("no picture");
    }

    void aSummaryCountsImagesClassesSidesAndWhatCannotBeRead() {
        JobControl control;
        const DataSummary summary = summariseData(folder_->path().toStdString(), control);
        QCOMPARE(summary.images, std::int64_t(5));
        QCOMPARE(summary.classes.size(), std::size_t(2));
        QCOMPARE(summary.classes[0].name, std::string("few"));
        QCOMPARE(summary.classes[0].images, std::int64_t(2));
        QCOMPARE(summary.classes[1].images, std::int64_t(3));
        QCOMPARE(summary.smallestSide, 40);
        QCOMPARE(summary.largestSide, 80);
        QCOMPARE(summary.medianShorterSide, 60);  // of 40, 50, 60, 64, 64
        QCOMPARE(summary.pixelBytes, std::int64_t(3 * 64 * (40 + 50 + 60 + 70 + 80)));
        QCOMPARE(summary.unreadable, std::int64_t(1));
        QVERIFY(summary.unreadableNames.front().find("broken.jpg") != std::string::npos);
        QCOMPARE(summary.samples.size(), std::size_t(5));
    }

    void cropsHaveTheirSizesLieInTheImageAndDependOnTheRoll() {
        const auto file = folder_->filePath("more/4.png").toStdString();
        const CropPreviews first = previewCrops(small(), file, 0);
        QCOMPARE(first.views.size(), std::size_t(5));
        for (std::size_t i = 0; i < first.views.size(); ++i) {
            const CropPreview& view = first.views[i];
            QCOMPARE(view.global, i < 2);
            QCOMPARE(view.pixels.width, i < 2 ? 32 : 16);
            QVERIFY(view.left >= 0 && view.top >= 0 && view.width > 0 && view.height > 0);
            QVERIFY(view.left + view.width <= first.image.width);
            QVERIFY(view.top + view.height <= first.image.height);
        }
        const CropPreviews same = previewCrops(small(), file, 0);
        const CropPreviews other = previewCrops(small(), file, 1);
        QVERIFY(same.views[0].pixels == first.views[0].pixels);
        QVERIFY(!(other.views[0].pixels == first.views[0].pixels));
    }

    void aCropThatNothingIsDoneToHasTheColoursOfTheImage() {
        // The supervised baseline only crops and flips; the whole image at its own size is the image itself.
        OptionValues options = small();
        options.set("objective", std::string_view("supervised"));
        options.set("global-crops-scale", std::string_view("1 1"));
        options.set("global-crop-size", std::string_view("64"));
        options.set("local-crop-size", std::string_view("16"));
        const auto file = folder_->filePath("square.png").toStdString();
        const Image square = gradient(64, 64);
        writePng(file, square);
        bool whole = false;
        for (int roll = 0; roll < 40 && !whole; ++roll) {
            const CropPreviews previews = previewCrops(options, file, roll);
            QCOMPARE(previews.views.size(), std::size_t(1));
            const CropPreview& view = previews.views.front();
            whole = view.width == 64 && view.height == 64 && !view.flipped;
            if (whole) QVERIFY(view.pixels == square);
        }
        QVERIFY(whole);
    }

    void schedulesAreTheReferences() {
        // 40 images in steps of 4: 10 steps an epoch, 100 in all.
        const ScheduleCurves curves = scheduleCurves(small(), 40, 1000);
        QCOMPARE(curves.epochs.size(), std::size_t(100));
        const double base = 0.0005 * 4 / 256;
        QCOMPARE(curves.learningRate.front(), 0.0);
        for (std::size_t step = 20; step < 100; ++step) {
            const double share = double(step - 20) / 80;
            const double expected = 1e-6 + 0.5 * (base - 1e-6) * (1 + std::cos(std::numbers::pi * share));
            QVERIFY(std::abs(curves.learningRate[step] - expected) < 1e-12);
            const double momentum =
                1 - 0.5 * (1 - 0.996) * (1 + std::cos(std::numbers::pi * double(step) / 100));
            QVERIFY(std::abs(curves.momentum[step] - momentum) < 1e-9);
        }
        QCOMPARE(curves.temperature.back(), 0.04);
        QVERIFY(curves.weightDecay.back() > 0.39 && std::abs(curves.weightDecay.front() - 0.04) < 1e-12);
        QCOMPARE(scheduleCurves(small(), 1'000'000, 50).epochs.size(), std::size_t(50));
    }

    void contradictionsAreRefused() {
        OptionValues options = small();
        options.set("warmup-epochs", std::string_view("11"));
        QVERIFY_THROWS_EXCEPTION(UsageError, scheduleCurves(options, 40, 10));
        options = small();
        options.set("local-crop-size", std::string_view("17"));
        QVERIFY_THROWS_EXCEPTION(UsageError,
                                 previewCrops(options, folder_->filePath("few/0.png").toStdString(), 0));
    }

    void timeGrowsWithEpochsImagesAndWork() {
        const TrainSpeed speed{{{1e9, 1e11}}};
        const OptionValues options = small();
        const double seconds = secondsOfRun(options, 400, speed);
        QVERIFY(seconds > 0);
        OptionValues longer = options;
        longer.set("epochs", std::string_view("20"));
        QCOMPARE(secondsOfRun(longer, 400, speed), 2 * seconds);
        QCOMPARE(secondsOfRun(options, 800, speed), 2 * seconds);
        QCOMPARE(secondsOfRun(options, 403, speed), seconds);  // the last images make no step
        OptionValues finer = options;
        finer.set("patch-size", std::string_view("8"));
        QVERIFY(secondsOfRun(finer, 400, speed) > 2 * seconds);
    }

    void theTrialWhoseImagesCostMostAlikeTells() {
        const TrainSpeed both{{{1e6, 1e11}, {1e13, 3e11}}};
        const TrainSpeed slow{{{1e6, 1e11}}};
        const TrainSpeed fast{{{1e13, 3e11}}};
        OptionValues tiny = small();
        tiny.set("arch", std::string_view("vit_tiny"));
        tiny.set("global-crop-size", std::string_view("16"));
        tiny.set("local-crops-number", std::string_view("0"));
        tiny.set("out-dim", std::string_view("2"));
        OptionValues large = small();
        large.set("arch", std::string_view("vit_base"));
        large.set("global-crop-size", std::string_view("512"));
        QCOMPARE(secondsOfRun(tiny, 400, both), secondsOfRun(tiny, 400, slow));
        QCOMPARE(secondsOfRun(large, 400, both), secondsOfRun(large, 400, fast));
    }

private:
    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TrainPreviewTest)
#include "train_preview_test.moc"
