#include "engine/train/probes.h"

#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QtTest/QtTest>

#include "engine/explore/preprocess.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/nn/inference_vit.h"
#include "tests/unit/golden.h"
#include "tests/unit/train/small_learner.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

constexpr int kSide = 40;

StateDict randomWeights(std::uint64_t seed) {
    const VisionTransformer network(goldenVitConfig(), seed);
    StateDict weights;
    for (const auto& [name, tensor] : stateDict(*network))
        weights[name] = tensor.detach().clone();
    return weights;
}

Image stripes(int width, int height) {
    Image image(width, height);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            image.at(x, y)[0] = std::uint8_t(x * 5);
            image.at(x, y)[1] = std::uint8_t(y * 3);
            image.at(x, y)[2] = std::uint8_t(x / 7 % 2 * 200);
        }
    }
    return image;
}

at::Tensor tensorOf(const fs::path& file, const std::string& name) {
    const Checkpoint checkpoint(file);
    for (const TensorGroup& group : checkpoint.groups()) {
        for (std::size_t i = 0; i < group.tensors.size(); ++i) {
            if (group.tensors[i].name == name) return loadTensor(checkpoint, group, i).clone();
        }
    }
    return {};
}

/// softmax(q k / sqrt(d)), all rows written out: that of [CLS] over the patches. [heads, patches]
at::Tensor classAttention(const QueriesAndKeys& field) {
    const at::Tensor scores =
        at::einsum("hqd,hkd->hqk", {field.queries, field.keys}) / std::sqrt(field.queries.size(2));
    const at::Tensor exponents = scores.to(at::kDouble).exp();
    return (exponents / exponents.sum(-1, true)).select(1, 0).slice(1, 1);
}

}  // namespace

class ProbesTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;

    fs::path path(const char* name) const { return fs::path(folder_->path().toStdString()) / name; }
    Probes makeProbes(bool allLayers) const {
        writePng(path("image.png"), stripes(61, 40));
        return {{path("image.png").string()}, {kSide, allLayers}, path("probes")};
    }
    fs::path record(const Probes& probes, const std::vector<ProbeNeighbours>& neighbours = {}) const {
        fs::create_directories(path("probes"));
        JobControl control;
        const auto records = probes.record({goldenVitConfig(), randomWeights(1), randomWeights(2)},
                                           neighbours, 7, 69, control);
        return records.size() == 1 ? path("") / records[0].file : fs::path();
    }
    QueriesAndKeys fieldOf(std::uint64_t seed, int layer) const {
        const Image image = decodeImage(path("image.png"));
        const VitConfig config = goldenVitConfig();
        const auto geometry =
            planInput(image.width, image.height, InputSize::shorterSide(kSide), config.patchSize);
        JobControl control;
        return InferenceVit(config, randomWeights(seed), at::kCPU, at::kFloat)
            .queriesAndKeys(prepareInput(image, geometry), layer, control);
    }

private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void everyLayerOfBothNetworksIsKept() {
        const fs::path file = record(makeProbes(true));
        const std::pair<const char*, std::uint64_t> networks[] = {{"teacher", 1}, {"student", 2}};
        for (const auto& [name, seed] : networks) {
            const at::Tensor kept = tensorOf(file, name);
            QCOMPARE(kept.sizes().vec(), (std::vector<std::int64_t>{3, 2, 5, 7}));
            for (int layer = 0; layer < 3; ++layer) {
                const at::Tensor expected = classAttention(fieldOf(seed, layer)).view({2, 5, 7});
                const at::Tensor found = kept[layer].to(at::kDouble);
                QVERIFY2(greatest(found, expected) < 1e-3 * expected.max().item<double>(), name);
            }
        }
        QVERIFY(greatest(tensorOf(file, "teacher"), tensorOf(file, "student")) > 1e-4);
        const at::Tensor last = tensorOf(file, "attention");
        QVERIFY(greatest(last, classAttention(fieldOf(1, 2)).view({2, 5, 7})) < 1e-6);
    }

    void theLastLayerAloneIsKeptWhereAsked() {
        const fs::path file = record(makeProbes(false));
        const at::Tensor kept = tensorOf(file, "teacher");
        QCOMPARE(kept.sizes().vec(), (std::vector<std::int64_t>{1, 2, 5, 7}));
        QVERIFY(greatest(kept[0], tensorOf(file, "attention")) < 1e-3);
    }

    void theImageAndItsNeighboursAreKeptSmall() {
        const Probes probes = makeProbes(false);
        writePng(path("other.png"), stripes(400, 100));
        fs::create_directories(path("probes"));
        probes.keepNeighbour(12, path("other.png"));
        probes.keepNeighbour(13, path("nowhere.png"));
        const fs::path file = record(probes, {{{12, 13}, {"a/other.png", "nowhere.png"}, {0.5F, 0.25F}}});
        QCOMPARE(tensorOf(file, "neighbours").sizes().vec(), std::vector<std::int64_t>{2});
        QCOMPARE(tensorOf(file, "neighbours")[1].item<int>(), 13);
        QCOMPARE(tensorOf(file, "similarities")[0].item<float>(), 0.5F);
        const Image small = decodeImage(path("probes/pictures/12.jpg"));
        QCOMPARE(small.width, Probes::kNeighbourSide);
        QCOMPARE(small.height, 40);
        QVERIFY(!fs::exists(path("probes/pictures/13.jpg")));
        int pictures = 0;
        for (const auto& entry : fs::directory_iterator(path("probes/pictures")))
            pictures += entry.path().filename().string().starts_with("probe-") ? 1 : 0;
        QCOMPARE(pictures, 1);
    }

    void aProbeThatCannotBeReadIsNamed() {
        try {
            const Probes probes({path("nowhere.jpg").string()}, {}, path("probes"));
            QFAIL("it was read");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("nowhere.jpg") != std::string::npos);
        }
    }
};

QTEST_APPLESS_MAIN(ProbesTest)
#include "probes_test.moc"
