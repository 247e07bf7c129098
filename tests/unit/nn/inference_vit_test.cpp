#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <functional>

#include "engine/base/cpu_features.h"
#include "engine/nn/inference_vit.h"
#include "engine/nn/position_embedding.h"
#include "tests/unit/golden.h"
#include "tests/unit/nn/forced_path.h"

using namespace dinoscope;

namespace {

constexpr double kLimit = 1e-5;

at::Tensor probabilities(const QueriesAndKeys& field) {
    return at::softmax(
        field.queries.matmul(field.keys.transpose(1, 2)) / std::sqrt(double(field.queries.size(2))), -1);
}

constexpr int kBlocks = 6;

InferenceVit sixBlocks() {
    VitConfig config = goldenVitConfig();
    config.depth = kBlocks;
    return InferenceVit(config, initialWeights(config, 0), at::kCPU, at::kFloat);
}

/// Whatever polls finds itself cancelled at its poll number `turn`, counted from 0.
void cancelAtPoll(JobControl& control, int turn) {
    control.setYield([&control, turn, polls = 0]() mutable {
        if (polls++ == turn) control.cancel();
    });
}

using Pass = std::function<void(const InferenceVit&, const at::Tensor& image, JobControl&)>;

/// Each polls once before it runs a block.
const std::vector<std::pair<const char*, Pass>> kPasses{
    {"queries and keys", [](const InferenceVit& vit, const at::Tensor& image,
                            JobControl& control) { vit.queriesAndKeys(image, kBlocks - 1, control); }},
    {"all queries and keys", [](const InferenceVit& vit, const at::Tensor& image,
                                JobControl& control) { vit.allQueriesAndKeys(image, control); }},
    {"tokens", [](const InferenceVit& vit, const at::Tensor& image,
                  JobControl& control) { vit.tokens(image, control); }},
    {"[CLS] of the last layers", [](const InferenceVit& vit, const at::Tensor& image,
                                    JobControl& control) { vit.lastLayers(image, 2, true, control); }},
};

}  // namespace

class InferenceVitTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { takeForcedPath(); }

    void attentionEqualsTimmAndTheReferencesPositions_data() {
        QTest::addColumn<QString>("size");
        for (const char* size : {"32x32", "48x40", "24x64", "8x8", "72x16"})
            QTest::newRow(size) << size;
    }

    void attentionEqualsTimmAndTheReferencesPositions() {
        QFETCH(QString, size);
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        const std::string key = size.toStdString() + ".";
        JobControl control;
        const std::vector<QueriesAndKeys> all = vit.allQueriesAndKeys(golden[key + "image"], control);
        QCOMPARE(all.size(), 3U);
        for (int layer = 0; layer < 3; ++layer) {
            const at::Tensor expected = golden[key + "layer" + std::to_string(layer)];
            QVERIFY(greatest(probabilities(all[std::size_t(layer)]), expected) < kLimit);
            const at::Tensor found = probabilities(vit.queriesAndKeys(golden[key + "image"], layer, control));
            QVERIFY2(greatest(found, expected) < kLimit,
                     qPrintable(QString("layer %1: %2").arg(layer).arg(greatest(found, expected))));
        }
        QVERIFY(greatest(vit.tokens(golden[key + "image"], control), golden[key + "tokens"]) < 10 * kLimit);
    }

    void bf16StaysWithinItsRounding() {
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kBFloat16);
        JobControl control;
        const at::Tensor found = probabilities(vit.queriesAndKeys(golden["48x40.image"], 2, control));
        QVERIFY(greatest(found, golden["48x40.layer2"]) < 0.06);
    }

    void cancelEndsAForwardPass() {
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        JobControl control;
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(vit.queriesAndKeys(golden["32x32.image"], 2, control), Cancelled);
    }

    void cancelledWithinABlockAPassEndsBeforeTheNext_data() {
        QTest::addColumn<int>("pass");
        QTest::addColumn<int>("finished");
        for (int pass = 0; pass < int(kPasses.size()); ++pass) {
            for (const int finished : {0, 1, 4})
                QTest::addRow("%s, %d blocks", kPasses[std::size_t(pass)].first, finished)
                    << pass << finished;
        }
    }

    /// What comes while a block is computed is found by the poll after it.
    void cancelledWithinABlockAPassEndsBeforeTheNext() {
        QFETCH(const int, pass);
        QFETCH(const int, finished);
        const InferenceVit vit = sixBlocks();
        JobControl control;
        cancelAtPoll(control, finished);
        QVERIFY_EXCEPTION_THROWN(kPasses[std::size_t(pass)].second(vit, at::zeros({1, 3, 32, 32}), control),
                                 Cancelled);
        QCOMPARE(control.progress().done, std::int64_t{finished});
    }

    void cancelledWithinALongMlpAPassEndsInTheMiddleOfTheBlock() {
        const InferenceVit vit = sixBlocks();
        JobControl control;
        // 2,305 tokens are two pieces: each block polls before it begins and between them.
        cancelAtPoll(control, 2 * 2 + 1);
        QVERIFY_EXCEPTION_THROWN(vit.tokens(at::zeros({1, 3, 384, 384}), control), Cancelled);
        QCOMPARE(control.progress().done, std::int64_t{2});
    }

    void progressCountsBlocks() {
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        JobControl control;
        vit.queriesAndKeys(golden["32x32.image"], 1, control);
        QCOMPARE(control.progress().done, 2);
        QCOMPARE(control.progress().total, 2);
    }

    void headsOfAnOddSizeAreRefused() {
        VitConfig config = goldenVitConfig();
        config.heads = 4;
        QVERIFY_EXCEPTION_THROWN(InferenceVit(config, initialWeights(config, 0), at::kCPU, at::kFloat),
                                 Error);
    }

    void positionRowsSumToOne() {
        for (const int count : {1, 3, 14, 37, 60}) {
            const at::Tensor sums = positionMatrix(14, count).sum(1);
            QVERIFY(greatest(sums, at::ones_like(sums)) < 1e-6);
        }
    }

    void initialWeightsDependOnTheSeedAlone() {
        const VitConfig config = goldenVitConfig();
        const StateDict first = initialWeights(config, 5);
        const StateDict again = initialWeights(config, 5);
        const StateDict other = initialWeights(config, 6);
        QVERIFY(first.at("pos_embed").equal(again.at("pos_embed")));
        QVERIFY(!first.at("pos_embed").equal(other.at("pos_embed")));
        const at::Tensor& weight = first.at("blocks.0.mlp.fc1.weight");
        QVERIFY(std::abs(weight.std().item<double>() - 0.02) < 0.001);
        QVERIFY(std::abs(weight.mean().item<double>()) < 0.001);
        QVERIFY(first.at("blocks.0.norm1.weight").eq(1).all().item<bool>());
    }
};

QTEST_APPLESS_MAIN(InferenceVitTest)
#include "inference_vit_test.moc"
