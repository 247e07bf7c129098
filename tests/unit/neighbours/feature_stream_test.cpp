#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <cmath>
#include <fstream>

#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/neighbours/feature_stream.h"
#include "engine/neighbours/features.h"
#include "engine/neighbours/input_batch.h"
#include "engine/ssl/augment/evaluation_transform.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

namespace fs = std::filesystem;

Image picture(int number) {
    Image image(40 + 8 * (number % 3), 40);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            image.at(x, y)[0] = std::uint8_t(x * (number + 1));
            image.at(x, y)[1] = std::uint8_t(y * (number + 3));
            image.at(x, y)[2] = std::uint8_t(x + y + 20 * number);
        }
    }
    return image;
}

}  // namespace

class FeatureStreamTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        for (int i = 0; i < 90; ++i) {
            files_.push_back(fs::path(folder_.path().toStdString()) / (std::to_string(i) + ".png"));
            if (i == 7) {
                std::ofstream(files_.back()) << "no image";
            } else {
                writePng(files_.back(), picture(i));
            }
        }
    }

    void everyImageComesOnceWithTheFeatureItHasAlone_data() {
        QTest::addColumn<int>("crop");
        QTest::newRow("crop") << 32;
        QTest::newRow("whole images of three sizes") << 0;
    }

    void everyImageComesOnceWithTheFeatureItHasAlone() {
        QFETCH(int, crop);
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        FeatureRecipe recipe;
        recipe.input = {40, crop, vit.config().patchSize};
        recipe.thumbnails = true;
        JobControl control;
        std::vector<StreamedImage> found(files_.size());
        std::vector<int> times(files_.size());
        FeatureStream(vit, recipe)
            .run(
                files_, {},
                [&](std::vector<StreamedImage> images) {
                    for (StreamedImage& image : images) {
                        ++times[image.index];
                        found[image.index] = std::move(image);
                    }
                },
                control);
        for (std::size_t i = 0; i < files_.size(); ++i) {
            QCOMPARE(times[i], 1);
            QCOMPARE(found[i].failure.empty(), i != 7);
            if (i == 7) continue;
            const NetworkInput input = prepareImage(picture(int(i)), recipe.input, nullptr);
            const NetworkInput* one = &input;
            const at::Tensor alone =
                features(vit, toBatch(std::span(&one, 1)), FeatureKind::Class, 1, control)[0];
            QVERIFY(greatest(at::tensor(found[i].feature), alone) < 2e-5);
            const Image thumbnail = decodeImage(found[i].thumbnail, "thumbnail");
            QCOMPARE(thumbnail.width, picture(int(i)).width);
        }
    }

    void knownContentsAreNotComputed() {
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        FeatureRecipe recipe;
        recipe.input = {40, 32, vit.config().patchSize};
        JobControl control;
        int computed = 0;
        FeatureStream(vit, recipe)
            .run(
                {files_[0], files_[1]}, [](const ContentHash&) { return true; },
                [&](const std::vector<StreamedImage>& images) {
                    for (const StreamedImage& image : images)
                        computed += !image.feature.empty();
                },
                control);
        QCOMPARE(computed, 0);
    }

    void theInputIsThatOfTheEvaluation() {
        const Image image = picture(2);
        const EvaluationOptions options{48, 32};
        std::vector<float> expected(3 * 32 * 32);
        applyEvaluation(image, options, expected.data());
        const NetworkInput input = prepareImage(image, {48, 32, 8}, nullptr);
        const NetworkInput* one = &input;
        const at::Tensor batch = toBatch(std::span(&one, 1));
        QVERIFY(at::equal(batch, at::tensor(expected).view({1, 3, 32, 32})));
    }

    /// Scaled whole, a line of pixels would take gigabytes.
    void ofAVeryLongImageTheMiddleAloneIsMade_data() {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::newRow("upright") << 5 << 401;
        QTest::newRow("lying") << 330 << 5;
        QTest::newRow("a line") << 1 << 8000;
    }

    void ofAVeryLongImageTheMiddleAloneIsMade() {
        QFETCH(int, width);
        QFETCH(int, height);
        Image image(width, height);
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                for (int channel = 0; channel < 3; ++channel)
                    image.at(x, y)[channel] = std::uint8_t(127 + 100 * std::sin(0.7 * x + 0.4 * y + channel));
            }
        }
        std::vector<std::byte> thumbnail;
        const NetworkInput found = prepareImage(image, {48, 32, 8}, &thumbnail);
        QVERIFY(!thumbnail.empty());
        const Image whole = resizeForEvaluation(image, 48);
        NetworkInput expected{32, 32, std::vector<std::uint8_t>(3 * 32 * 32)};
        splitBox(whole, centreBox(whole, 32), expected.planes.data());
        for (std::size_t i = 0; i < expected.planes.size(); ++i)
            QVERIFY(std::abs(int(found.planes[i]) - int(expected.planes[i])) <= 2);
    }

    void bytesAreNormalisedOnADeviceAsByTheProcessor() {
        const NetworkInput first = prepareImage(picture(2), {48, 32, 8}, nullptr);
        const NetworkInput second = prepareImage(picture(5), {48, 32, 8}, nullptr);
        const NetworkInput* both[] = {&first, &second};
        at::Tensor bytes = at::empty({2, 3, 32, 32}, at::kByte);
        for (int i = 0; i < 2; ++i)
            std::copy(both[i]->planes.begin(), both[i]->planes.end(), bytes[i].data_ptr<std::uint8_t>());
        QVERIFY(greatest(normaliseBytes(bytes), toBatch(both)) < 1e-6);
    }

    void sizesThatDoNotFitAreRefused() {
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        FeatureRecipe recipe;
        recipe.input = {40, 33, 0};
        QVERIFY_EXCEPTION_THROWN(FeatureStream(vit, recipe), UsageError);
        recipe.input = {40, 48, 0};
        QVERIFY_EXCEPTION_THROWN(FeatureStream(vit, recipe), UsageError);
    }

private:
    QTemporaryDir folder_;
    std::vector<fs::path> files_;
};

QTEST_GUILESS_MAIN(FeatureStreamTest)
#include "feature_stream_test.moc"
