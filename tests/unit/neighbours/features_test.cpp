#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/neighbours/features.h"
#include "engine/neighbours/fit_whitening.h"
#include "engine/neighbours/query_part.h"
#include "engine/nn/resnet50.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

constexpr double kLimit = 2e-5;

/// Two different images of the golden set's size.
at::Tensor batchOf(const Golden& golden, const std::string& size) {
    const at::Tensor image = golden[size + ".image"];
    return at::cat({image, image.flip(3), image * 0.5});
}

}  // namespace

class FeaturesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aBatchGivesWhatEachImageGivesAlone() {
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        JobControl control;
        for (const std::string size : {"32x32", "48x40", "24x64"}) {
            const at::Tensor batch = batchOf(golden, size);
            const at::Tensor last = vit.lastLayers(batch, 1, false, control).front();
            const at::Tensor classes = vit.lastLayers(batch, 1, true, control).front();
            QCOMPARE(last.size(0), 3);
            QCOMPARE(classes.size(1), 1);
            for (int i = 0; i < 3; ++i) {
                const at::Tensor alone = vit.tokens(batch.slice(0, i, i + 1), control);
                QVERIFY(greatest(last[i], alone) < kLimit);
                QVERIFY(greatest(classes[i], alone.slice(0, 0, 1)) < kLimit);
            }
            QVERIFY(greatest(last[0], golden[size + ".tokens"]) < 10 * kLimit);
        }
    }

    void earlierLayersAreThoseOfAShorterNetwork() {
        const Golden golden("vit/vit.safetensors");
        VitConfig config = goldenVitConfig();
        const StateDict weights = golden.below("weights.");
        const InferenceVit vit(config, weights, at::kCPU, at::kFloat);
        const int depth = config.depth;
        config.depth = depth - 1;
        const InferenceVit shorter(config, weights, at::kCPU, at::kFloat);
        JobControl control;
        const at::Tensor batch = batchOf(golden, "48x40");
        const auto outputs = vit.lastLayers(batch, 2, false, control);
        QCOMPARE(outputs.size(), std::size_t(2));
        QVERIFY(greatest(outputs[0], shorter.lastLayers(batch, 1, false, control)[0]) < kLimit);
        const auto classes = vit.lastLayers(batch, 2, true, control);
        QVERIFY(greatest(classes[0], outputs[0].slice(1, 0, 1)) < kLimit);
        QVERIFY(greatest(classes[1], outputs[1].slice(1, 0, 1)) < kLimit);
    }

    void kindsAreWhatTheyAreSaidToBe() {
        const Golden golden("vit/vit.safetensors");
        const VitConfig config = goldenVitConfig();
        const InferenceVit vit(config, golden.below("weights."), at::kCPU, at::kFloat);
        const FeatureNetwork network(vit);
        JobControl control;
        const at::Tensor batch = batchOf(golden, "32x32");
        const auto outputs = vit.lastLayers(batch, 2, false, control);
        const at::Tensor concat =
            at::cat({outputs[0].select(1, 0), outputs[1].select(1, 0), outputs[1].slice(1, 1).mean(1)}, 1);
        QVERIFY(greatest(network.features(batch, FeatureKind::Concat, 2, true, control), concat) < kLimit);
        QVERIFY(greatest(network.features(batch, FeatureKind::Concat, 2, false, control),
                         concat.slice(1, 0, 2 * config.dim)) < kLimit);
        const at::Tensor gem = outputs[1].slice(1, 1).clamp_min(1e-6).pow(3).mean(1).pow(1.0 / 3);
        QVERIFY(greatest(features(vit, batch, FeatureKind::Gem, 1, control), gem / gem.norm(2, 1, true)) <
                kLimit);
        QCOMPARE(network.dim(FeatureKind::Concat, 2), 3 * config.dim);
        const at::Tensor unit = features(vit, batch, FeatureKind::Class, 1, control);
        QVERIFY(greatest(unit.norm(2, 1), at::ones({3})) < kLimit);
    }

    void aResNetsAreMeansOfItsLastMap() {
        ResNet50 trained(1);
        StateDict weights = stateDict(*trained);
        for (auto& [name, tensor] : weights)
            tensor = tensor.detach();
        const InferenceResNet resnet(weights, at::kCPU, at::kFloat);
        const FeatureNetwork network(resnet);
        QCOMPARE(network.stride(), 32);
        QCOMPARE(network.dim(FeatureKind::Class, 1), 2048);
        JobControl control;
        const at::Tensor images =
            (at::arange(2 * 3 * 64 * 32) * 0.37).sin().to(at::kFloat).view({2, 3, 64, 32});
        const at::Tensor map = resnet.lastMap(images, control);
        const at::Tensor mean = network.features(images, FeatureKind::Class, 1, true, control);
        QVERIFY(at::allclose(mean, map.mean({2, 3}), 1e-5));
        const at::Tensor gem = map.clamp_min(1e-6).pow(3).mean({2, 3}).pow(1.0 / 3);
        QVERIFY(at::allclose(network.features(images, FeatureKind::Gem, 1, true, control), gem, 1e-4));
        QVERIFY_EXCEPTION_THROWN(network.features(images, FeatureKind::Concat, 4, true, control), UsageError);
    }

    void bf16StaysWithinItsRounding() {
        const Golden golden("vit/vit.safetensors");
        const StateDict weights = golden.below("weights.");
        const InferenceVit wide(goldenVitConfig(), weights, at::kCPU, at::kFloat);
        const InferenceVit narrow(goldenVitConfig(), weights, at::kCPU, at::kBFloat16);
        JobControl control;
        const at::Tensor batch = batchOf(golden, "48x40");
        const at::Tensor a = features(wide, batch, FeatureKind::Class, 1, control);
        const at::Tensor b = features(narrow, batch, FeatureKind::Class, 1, control);
        QVERIFY((a * b).sum(1).min().item<double>() > 0.999);
    }

    void moreLayersThanThereAreAreRefused() {
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        JobControl control;
        QVERIFY_EXCEPTION_THROWN(vit.lastLayers(batchOf(golden, "32x32"), 99, true, control), UsageError);
    }

    void theFingerprintIsOfTheNumbersAndTheShape() {
        const Golden golden("vit/vit.safetensors");
        StateDict weights = golden.below("weights.");
        const std::string first = weightsFingerprint(goldenVitConfig(), weights);
        QCOMPARE(first.size(), std::size_t(32));
        for (auto& [name, tensor] : weights)
            tensor = tensor.to(at::kDouble);
        QCOMPARE(weightsFingerprint(goldenVitConfig(), weights), first);
        weights["norm.bias"][3] += 1e-3;
        QVERIFY(weightsFingerprint(goldenVitConfig(), weights) != first);
        VitConfig config = goldenVitConfig();
        config.heads *= 2;
        QVERIFY(weightsFingerprint(config, golden.below("weights.")) != first);
    }

    void whiteningEqualsScikitLearns() {
        const Golden golden("neighbours/neighbours.safetensors");
        const at::Tensor train = golden["train"].contiguous();
        const at::Tensor val = golden["val"].contiguous();
        const std::int64_t dim = train.size(1);
        const Whitening whitening =
            fitWhitening({train.const_data_ptr<float>(), std::size_t(train.numel())}, dim, 9);
        at::Tensor white = at::empty({40, 9});
        for (int i = 0; i < 40; ++i) {
            const std::vector<float> row =
                whitening.apply({val[i].const_data_ptr<float>(), std::size_t(dim)});
            for (int j = 0; j < 9; ++j)
                white[i][j] = row[std::size_t(j)];
        }
        // The sign of a component is nobody's: similarities have none.
        QVERIFY(greatest(white.matmul(white.t()), golden["whitened_similarity"]) < 1e-4);
    }

    void whiteningNeedsMoreImagesThanDimensions() {
        const std::vector<float> features(5 * 8);
        QVERIFY_EXCEPTION_THROWN(fitWhitening(features, 8, 5), Error);
    }

    void partsGrowToSquaresWithinTheImage() {
        const auto is = [](const SourceBox& box, float left, float top, float right, float bottom) {
            return box.left == left && box.top == top && box.right == right && box.bottom == bottom;
        };
        QVERIFY(is(growToSquare({40, 40, 60, 80}, 200, 100), 30, 40, 70, 80));
        QVERIFY(is(growToSquare({0, 40, 20, 80}, 200, 100), 0, 40, 40, 80));
        QVERIFY(is(growToSquare({0, 10, 200, 30}, 200, 100), 0, 0, 200, 100));
    }

    void aMaskLeavesOnlyItsPatches() {
        Image image(40, 20);
        std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t(9));
        const std::vector<std::uint8_t> cells{0, 1, 0, 0, 0, 0, 0, 0};
        SourceBox box;
        const Image masked = maskImage(image, cells, 2, 4, 32, 16, box);
        QVERIFY(box.left == 8 && box.right == 16 && box.top == 0 && box.bottom == 8);
        QCOMPARE(int(masked.at(10, 3)[0]), 9);
        QCOMPARE(int(masked.at(10, 9)[0]), 124);
        QCOMPARE(int(masked.at(39, 19)[2]), 104);
        QVERIFY_EXCEPTION_THROWN(maskImage(image, std::vector<std::uint8_t>(8), 2, 4, 32, 16, box), Error);
    }
};

QTEST_GUILESS_MAIN(FeaturesTest)
#include "features_test.moc"
