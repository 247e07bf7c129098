#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <cmath>
#include <iterator>

#include "engine/nn/inference_vit.h"
#include "engine/nn/vision_transformer.h"
#include "tests/unit/golden.h"
#include "tests/unit/nn/forced_path.h"

using namespace dinoscope;

namespace {

/// Of the largest value of an output. In float32 timm itself is off by up to 3e-6.
constexpr double kLimit = 1e-5;

struct Size {
    const char* name;
    const char* architecture;
    int patchSize;
    int imageSize;
    bool isQuick;  ///< the others are for DINOSCOPE_VIT_SIZES=all
};

/// Those of tests/golden/vit/make_vit_sizes.py.
constexpr Size kSizes[]{{"tiny", "vit_tiny", 16, 224, true},
                        {"small", "vit_small", 8, 112, true},
                        {"base", "vit_base", 16, 112, false},
                        {"large", "vit_large", 16, 112, false}};

VitConfig configOf(const Size& size) {
    VitConfig config = VitConfig::byName(size.architecture, size.patchSize);
    config.imageSize = size.imageSize;
    return config;
}

constexpr std::uint32_t mixed(std::uint32_t x) {
    x = (x ^ (x >> 16)) * 0x7feb352dU;
    x = (x ^ (x >> 15)) * 0x846ca68bU;
    return x ^ (x >> 16);
}

/// The formula of tests/golden/vit/make_vit_sizes.py.
at::Tensor formula(const std::string& name, at::IntArrayRef shape, double mean, double deviation) {
    std::uint32_t start = 0;
    for (const char c : name)
        start = 31 * start + static_cast<unsigned char>(c);
    const double factor = std::sqrt(12.0) * deviation * 0x1p-32;
    at::Tensor values = at::empty(shape, at::kFloat);
    auto* value = values.data_ptr<float>();
    const auto count = static_cast<std::uint32_t>(values.numel());
    for (std::uint32_t i = 0; i < count; ++i)
        value[i] = static_cast<float>(mean + factor * (double(mixed(mixed(i) + start)) - 0x1p31));
    return values;
}

double deviationOf(const std::string& name, const std::vector<std::int64_t>& shape) {
    if (name == "cls_token" || name == "pos_embed" || name == "patch_embed.proj.bias") return 0.02;
    if (name.ends_with("bias") || shape.size() == 1) return 0.1;
    double fanIn = 1;
    for (std::size_t i = 1; i < shape.size(); ++i)
        fanIn *= double(shape[i]);
    const bool isQkv = name.find("qkv") != std::string::npos;
    const double factor = name.starts_with("patch_embed") ? 0.02 : isQkv ? 1.5 : 1.0;
    return factor / std::sqrt(fanIn);
}

StateDict weightsOf(const VitConfig& config) {
    StateDict weights;
    for (const auto& [name, shape] : expectedShapes(config)) {
        const bool isOfNorm = name.find("norm") != std::string::npos && name.ends_with("weight");
        weights[name] = formula(name, shape, isOfNorm ? 1 : 0, deviationOf(name, shape));
    }
    return weights;
}

at::Tensor imageOf(const VitConfig& config) {
    return formula("image", {1, 3, config.imageSize, config.imageSize}, 0, 1);
}

/// What [CLS] looks at, [heads, tokens].
at::Tensor classAttention(const QueriesAndKeys& field) {
    const at::Tensor queries = field.queries.slice(1, 0, 1).to(at::kDouble);
    const at::Tensor logits = queries.matmul(field.keys.to(at::kDouble).transpose(1, 2)).squeeze(1);
    return at::softmax(logits / std::sqrt(double(field.queries.size(2))), -1);
}

double relativeError(const at::Tensor& found, const at::Tensor& expected) {
    return greatest(found, expected) / expected.abs().max().item<double>();
}

}  // namespace

/// The networks that people use, with all blocks and heads of 64 channels.
class VitSizesTest : public QObject {
    Q_OBJECT

    static void addSizes() {
        QTest::addColumn<int>("row");
        const bool all = qEnvironmentVariable("DINOSCOPE_VIT_SIZES") == "all";
        for (int i = 0; i < int(std::size(kSizes)); ++i) {
            if (all || kSizes[i].isQuick) QTest::newRow(kSizes[i].name) << i;
        }
    }

    static void compare(const char* what, const at::Tensor& found, const at::Tensor& expected) {
        const double off = relativeError(found, expected);
        QVERIFY2(off < kLimit, qPrintable(QString("%1: off by %2").arg(what).arg(off)));
    }

private Q_SLOTS:
    void initTestCase() { takeForcedPath(); }

    void theFormulaIsThatOfTheScript() {
        const at::Tensor expected = Golden("vit/vit_sizes.safetensors")["formula"];
        QCOMPARE(greatest(formula("formula", expected.sizes(), 1, 0.1), expected), 0.0);
    }

    void inferenceEqualsTimm_data() { addSizes(); }

    void inferenceEqualsTimm() {
        QFETCH(const int, row);
        const Golden golden("vit/vit_sizes.safetensors");
        const std::string name = kSizes[row].name;
        const VitConfig config = configOf(kSizes[row]);
        QCOMPARE(config.headDim(), 64);
        const InferenceVit vit(config, weightsOf(config), at::kCPU, at::kFloat);
        const at::Tensor image = imageOf(config);
        JobControl control;
        compare("attention", classAttention(vit.queriesAndKeys(image, config.depth - 1, control)),
                golden[name + ".attention"]);
        const at::Tensor feature = golden[name + ".feature"];
        compare("[CLS] of all tokens", vit.tokens(image, control)[0], feature);
        compare("[CLS] alone", vit.lastLayers(image, 1, true, control).back()[0][0], feature);
    }

    void trainingEqualsTimm_data() { addSizes(); }

    void trainingEqualsTimm() {
        QFETCH(const int, row);
        const VitConfig config = configOf(kSizes[row]);
        VisionTransformer network(config, 0);
        copyWeights(*network, weightsOf(config));
        const at::NoGradGuard guard;
        const std::vector<at::Tensor> groups{imageOf(config)};
        const at::Tensor expected =
            Golden("vit/vit_sizes.safetensors")[std::string(kSizes[row].name) + ".feature"];
        compare("feature", network->forward(groups, {})[0], expected);
    }
};

QTEST_APPLESS_MAIN(VitSizesTest)
#include "vit_sizes_test.moc"
