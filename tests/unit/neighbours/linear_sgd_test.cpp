#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/neighbours/linear_sgd.h"
#include "engine/ssl/augment/crop_plan.h"
#include "tests/unit/data/data_test_tools.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

constexpr int kSide = 48;

Image gradient() {
    Image image(90, 70);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            for (int c = 0; c < Image::kChannels; ++c)
                image.at(x, y)[c] = std::uint8_t(37 * x + 91 * y + 13 * x * y + 50 * c);
        }
    }
    return image;
}

}  // namespace

class LinearSgdTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stepsEqualPyTorchs() {
        const Golden golden("neighbours/linear_sgd.safetensors");
        const at::Tensor features = golden["features"];  // [epochs, images, dim]
        const at::Tensor labels = golden["labels"];
        const at::Tensor start = golden["start"];
        SgdOptions options;
        options.epochs = features.size(0);
        options.batch = 8;
        options.learningRate = 0.8;
        LinearSgd sgd({start.clone(), at::zeros({start.size(0)}, start.options())}, options);
        for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
            const std::vector<at::Tensor> parts = features[epoch].split(options.batch);
            const std::vector<at::Tensor> truths = labels[epoch].split(options.batch);
            for (std::size_t i = 0; i < parts.size(); ++i)
                sgd.step(parts[i], truths[i], epoch);
            QVERIFY(greatest(sgd.classifier().weight, golden["weights"][epoch]) < 1e-12);
            QVERIFY(greatest(sgd.classifier().bias, golden["biases"][epoch]) < 1e-12);
        }
    }

    void aViewSeesNothingAroundItsBox() {
        MultiCropOptions options;
        options.globalScale = {0.08, 1.0};
        options.recipe = AugmentRecipe::CropAndFlip;
        const Image whole = gradient();
        for (std::uint64_t key = 1; key <= 20; ++key) {
            const CropBox box = drawCropPlan(options, whole.width, whole.height, 0, key).box;
            Image around = whole;
            for (int y = 0; y < whole.height; ++y) {
                for (int x = 0; x < whole.width; ++x) {
                    const bool inside =
                        x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;
                    if (!inside) *around.at(x, y) = std::uint8_t(255 - *around.at(x, y));
                }
            }
            QVERIFY(randomView(whole, kSide, key) == randomView(around, kSide, key));
        }
    }

    void anImageThatCannotBeDecodedIsToldOnce() {
        const test::ImageFolder folder;
        folder.png("a/1.png", 40, 40);
        folder.png("b/1.png", 41, 40);
        folder.tornPng("b/2.png");
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        FeatureRecipe recipe;
        recipe.input = {40, 32, vit.config().patchSize};
        recipe.unitLength = false;
        SgdOptions options;
        options.epochs = 3;
        options.batch = 2;
        JobControl control;
        std::vector<std::string> notes;
        control.setListener([&](const std::string& line) { notes.push_back(line); });
        const ImageDataset dataset = folder.scan();
        QCOMPARE(dataset.size(), 3);
        const SgdFit fit = fitLinearSgd(vit, recipe, dataset, {0, 1}, 2, options, control);
        QCOMPARE(fit.images, 2);
        QCOMPARE(fit.skipped.size(), std::size_t(1));
        QVERIFY(fit.skipped[0].first == folder.path("b/2.png"));
        QVERIFY(!fit.skipped[0].second.empty());
        QCOMPARE(notes.size(), std::size_t(1));
        QCOMPARE(control.progress().done, 9);
        QVERIFY(fit.classifier.weight.isfinite().all().item<bool>());
    }

    void viewsDifferFromKeyToKeyOnly() {
        const Image image = gradient();
        QVERIFY(randomView(image, kSide, 1) == randomView(image, kSide, 1));
        QVERIFY(randomView(image, kSide, 1) != randomView(image, kSide, 2));
    }
};

QTEST_GUILESS_MAIN(LinearSgdTest)
#include "linear_sgd_test.moc"
