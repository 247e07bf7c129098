#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/nn/autocast.h"
#include "engine/nn/vision_transformer.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

VisionTransformer goldenNetwork() {
    VisionTransformer network(goldenVitConfig(), 0);
    copyWeights(*network, Golden("vit/vit.safetensors").below("weights."));
    return network;
}

at::Tensor run(VisionTransformer& network, const std::vector<at::Tensor>& groups, const DropPath& drop = {}) {
    return network->forward(groups, drop);
}

/// Keys 7, 8, … as tests/golden/ssl has them.
DropPath goldenDropPath() {
    return DropPath(3, 0.5, {{7, 8, 9, 10, 11}, {12, 13, 14, 15, 16, 17}});
}

}  // namespace

class VisionTransformerTest : public QObject {
    Q_OBJECT

    static void comparesWithMasks(bool recomputing, at::ScalarType type = at::kFloat) {
        const Golden golden("ssl/ssl.safetensors");
        VisionTransformer network = goldenNetwork();
        network->to(type);
        network->setRecomputing(recomputing);
        const at::Tensor features =
            run(network, {golden["drop.group0"].to(type), golden["drop.group1"].to(type)}, goldenDropPath());
        QVERIFY(greatest(features.detach(), golden["drop.features"]) < 1e-5);
        (features * golden["drop.direction"]).sum().backward();
        int compared = 0;
        for (const auto& [name, expected] : golden.below("drop.gradient.")) {
            const at::Tensor& found = network->named_parameters()[name].grad();
            QVERIFY2(greatest(found, expected) < 1e-5 * std::max(1.0, expected.norm().item<double>()),
                     name.c_str());
            ++compared;
        }
        QCOMPARE(compared, 15);
    }

private Q_SLOTS:
    void featuresEqualTimmAtAnySize_data() {
        QTest::addColumn<QString>("size");
        for (const char* size : {"32x32", "48x40", "24x64"})
            QTest::newRow(size) << size;
    }

    void featuresEqualTimmAtAnySize() {
        QFETCH(QString, size);
        const Golden golden("vit/vit.safetensors");
        VisionTransformer network = goldenNetwork();
        const at::Tensor image = golden[size.toStdString() + ".image"];
        const at::Tensor images = image.dim() == 3 ? image.unsqueeze(0) : image;
        const at::Tensor tokens = golden[size.toStdString() + ".tokens"];
        const at::Tensor expected = tokens.view({-1, tokens.size(-1)})[0];
        QVERIFY(greatest(run(network, {images}).detach()[0], expected) < 1e-5);
    }

    void droppedBranchesEqualMaskedOnes() { comparesWithMasks(false); }

    /// Doubles go the way of a card, which weighs dropped branches with 0.
    void weighedBranchesEqualMaskedOnes() { comparesWithMasks(false, at::kDouble); }

    void recomputingChangesNoGradient() { comparesWithMasks(true); }

    /// In bf16 rows of dropped samples fill up those that are computed.
    void whatFillsUpIsOfNoConsequence() {
        at::manual_seed(5);
        const std::vector<at::Tensor> groups{at::randn({10, 3, 32, 32}), at::randn({20, 3, 16, 16})};
        std::vector<std::uint64_t> keys(20);
        for (std::size_t i = 0; i < keys.size(); ++i)
            keys[i] = i;
        const DropPath drop(7, 0.5, {{keys.begin(), keys.begin() + 10}, keys});
        VisionTransformer exact = goldenNetwork();
        VisionTransformer rounded = goldenNetwork();
        const at::Tensor expected = run(exact, groups, drop);
        at::Tensor features;
        {
            const AutocastGuard autocast(c10::DeviceType::CPU, true);
            features = run(rounded, groups, drop);
        }
        const double size = expected.detach().norm().item<double>();
        QVERIFY((features - expected).detach().norm().item<double>() < 0.02 * size);
        const at::Tensor direction = at::randn_like(expected);
        (expected * direction).sum().backward();
        (features.to(at::kFloat) * direction).sum().backward();
        const auto parameters = rounded->named_parameters();
        for (const auto& parameter : exact->named_parameters()) {
            if (parameter.key().ends_with("qkv.bias")) continue;  // the keys' part is rounding alone
            const at::Tensor& wanted = parameter.value().grad();
            const at::Tensor difference = parameters[parameter.key()].grad() - wanted;
            QVERIFY2((difference.norm() / wanted.norm()).item<double>() < 0.1, parameter.key().c_str());
        }
    }

    void groupsDoNotSeeEachOther() {
        VisionTransformer network = goldenNetwork();
        const at::Tensor large = at::randn({2, 3, 32, 32});
        const at::Tensor small = at::randn({3, 3, 16, 24});
        const at::Tensor together = run(network, {large, small}).detach();
        QVERIFY(greatest(together.narrow(0, 0, 2), run(network, {large}).detach()) < 1e-5);
        QVERIFY(greatest(together.narrow(0, 2, 3), run(network, {small}).detach()) < 1e-5);
    }

    void aBlockThatEverySampleSkipsIsSkipped() {
        VisionTransformer network = goldenNetwork();
        const DropPath all(3, 1, {{1, 2}});
        const at::Tensor features = run(network, {at::randn({2, 3, 32, 32})}, all);
        QVERIFY(features.isfinite().all().item<bool>());
        features.sum().backward();
        QVERIFY(!network->named_parameters()["blocks.2.mlp.fc1.weight"].grad().defined());
    }

    void theShareOfKeptSamplesIsTheProbability() {
        std::vector<std::uint64_t> keys(4000);
        for (std::size_t i = 0; i < keys.size(); ++i)
            keys[i] = i;
        const DropPath drop(5, 0.4, {keys});
        QCOMPARE(drop.kept(0, 0, 0).size(), keys.size());
        QVERIFY(std::abs(double(drop.kept(4, 0, 0).size()) / 4000 - 0.6) < 0.03);
        QVERIFY(drop.kept(4, 0, 0) != drop.kept(4, 1, 0));
    }

    void weightsOfAnotherShapeAreRefusedAndNothingIsCopied() {
        VisionTransformer network = goldenNetwork();
        StateDict weights = Golden("vit/vit.safetensors").below("weights.");
        weights["cls_token"] = at::zeros({1, 1, 32});
        weights["norm.weight"] = at::zeros({31});
        QVERIFY_EXCEPTION_THROWN(copyWeights(*network, weights), Error);
        QVERIFY(network->named_parameters()["cls_token"].abs().sum().item<double>() > 0);
    }
};

QTEST_APPLESS_MAIN(VisionTransformerTest)
#include "vision_transformer_test.moc"
