#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <string>

#include "engine/ssl/dino_head.h"
#include "tests/unit/golden.h"

#include "engine/nn/backbone_net.h"

using namespace dinoscope;

namespace {

DinoHeadOptions smallHead() {
    DinoHeadOptions options;
    options.inDim = 12;
    options.hiddenDim = 20;
    options.bottleneckDim = 8;
    options.outDim = 15;
    return options;
}

}  // namespace

class DinoHeadTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void outputAndGradientsEqualTheFormula_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("key");
        QTest::addColumn<bool>("batchNorm");
        QTest::addColumn<bool>("predictor");
        QTest::addColumn<int>("parameters");
        QTest::addColumn<double>("tolerance");
        const auto row = [](const char* name, const char* file, const char* key, bool batchNorm,
                            bool predictor, int parameters, double tolerance) {
            QTest::newRow(name) << file << key << batchNorm << predictor << parameters << tolerance;
        };
        row("plain", "ssl", "head", false, false, 7, 1e-4);
        row("batch norm", "ssl", "headbn", true, false, 11, 1e-4);
        row("predictor", "ablations", "predictor.head", false, true, 11, 1e-5);
        row("predictor with batch norm", "ablations", "predictor.headbn", true, true, 17, 1e-5);
    }

    void outputAndGradientsEqualTheFormula() {
        QFETCH(QString, file);
        QFETCH(QString, key);
        QFETCH(bool, batchNorm);
        QFETCH(bool, predictor);
        QFETCH(int, parameters);
        QFETCH(double, tolerance);
        const Golden golden("ssl/" + file.toStdString() + ".safetensors");
        const std::string prefix = key.toStdString() + ".";
        DinoHeadOptions options = smallHead();
        options.batchNorm = batchNorm;
        options.predictor = predictor;
        DinoHead head(options, 1);
        copyWeights(*head, golden.below(prefix + "weights."));
        const at::Tensor input = golden[prefix + "input"].requires_grad_();
        const at::Tensor output = head(input);
        QVERIFY(greatest(output.detach(), golden[prefix + "output"]) < 1e-5);
        (output * golden[prefix + "direction"]).sum().backward();
        QVERIFY(greatest(input.grad(), golden[prefix + "gradient.input"]) < tolerance);
        int compared = 0;
        for (const auto& item : head->named_parameters()) {
            if (!item.value().requires_grad()) continue;
            const double off = greatest(item.value().grad(), golden[prefix + "gradient." + item.key()]);
            QVERIFY2(off < tolerance, qPrintable(QString("%1: %2").arg(item.key().c_str()).arg(off)));
            ++compared;
        }
        QCOMPARE(compared, parameters);
    }

    void prototypesHaveLengthOneUnlessTold() {
        DinoHeadOptions options = smallHead();
        QVERIFY(!DinoHead(options, 1)->named_parameters()["last_layer.weight_g"].requires_grad());
        options.normLastLayer = false;
        QVERIFY(DinoHead(options, 1)->named_parameters()["last_layer.weight_g"].requires_grad());
    }

    void initialWeightsDependOnTheSeedAlone() {
        const auto weights = [](std::uint64_t seed) {
            return stateDict(*DinoHead(smallHead(), seed)).at("last_layer.weight_v").detach();
        };
        QVERIFY(weights(3).equal(weights(3)));
        QVERIFY(!weights(3).equal(weights(4)));
    }

    /// As main_dino.py leaves them: normal of deviation 0.02, but for the prototypes, which are nn.Linear's
    /// own.
    void initialWeightsAreThoseOfTheReference() {
        DinoHeadOptions options = smallHead();
        options.hiddenDim = 64;
        options.bottleneckDim = 16;
        options.outDim = 4096;
        const StateDict weights = stateDict(*DinoHead(options, 3));
        QVERIFY(std::abs(weights.at("mlp.2.weight").std().item<double>() - 0.02) < 0.002);
        const at::Tensor prototypes = weights.at("last_layer.weight_v");
        QVERIFY(prototypes.abs().max().item<double>() <= 0.25);
        QVERIFY(std::abs(prototypes.std().item<double>() - 0.25 / std::sqrt(3)) < 0.002);
        QVERIFY(std::abs(prototypes.mean().item<double>()) < 0.002);
    }

    void aPredictorIsAnotherMlp() {
        DinoHeadOptions options = smallHead();
        options.predictor = true;
        const StateDict names = stateDict(*DinoHead(options, 1));
        QVERIFY(names.contains("predictor.0.weight") && names.contains("predictor.2.bias"));
        QCOMPARE(DinoHead(options, 1)->forward(at::randn({3, 12})).size(1), 15);
    }
};

QTEST_APPLESS_MAIN(DinoHeadTest)
#include "dino_head_test.moc"
