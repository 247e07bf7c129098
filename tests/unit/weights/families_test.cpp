#include <ATen/ATen.h>

#include "engine/nn/inference_vit.h"

#include <QtTest/QtTest>

#include <filesystem>

#include "engine/weights/load.h"
#include "engine/weights/save.h"
#include "tests/unit/golden.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

constexpr double kLimit = 1e-4;

at::Tensor probabilities(const QueriesAndKeys& field) {
    return at::softmax(
        field.queries.matmul(field.keys.transpose(1, 2)) / std::sqrt(double(field.queries.size(2))), -1);
}

std::string file(const std::string& name) {
    return GOLDEN_DIR "/families/" + name;
}

Backbone load(const std::string& name, int heads, const std::string& key = {}) {
    LoadOptions options;
    options.headsPerLayer = heads;
    options.checkpointKey = key;
    JobControl control;
    return loadBackbone(file(name), options, control);
}

}  // namespace

/// Files of each family, made by tests/golden/families/make_families.py together with what timm and
/// transformers compute from them.
class FamiliesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void attentionAndFeaturesEqualAnIndependentImplementation_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("confidence");
        QTest::addColumn<QString>("key");
        QTest::addColumn<int>("heads");  // 0: the file tells
        const auto row = [](const char* name, const char* expected, const char* family,
                            const char* confidence, int heads = 2, const char* key = "") {
            QTest::newRow(*key ? (std::string(name) + " " + key).c_str() : name)
                << QString(name) << QString(expected) << QString(family) << QString(confidence)
                << QString(key) << heads;
        };
        row("mae_encoder.pth", "mae", "MAE", "likely");
        row("mae_pretraining.pth", "mae", "MAE", "certain");
        row("moco.pth", "moco_base_encoder", "MoCo v3", "certain");
        row("moco.pth", "moco_base_encoder", "MoCo v3", "certain", 2, "base_encoder");
        row("moco.pth", "moco_momentum_encoder", "MoCo v3", "certain", 2, "momentum_encoder");
        row("ibot_backbone.pth", "ibot", "iBOT", "likely");
        row("ibot_training.pth", "ibot", "iBOT", "certain");
        row("deit_distilled.pth", "deit_distilled", "DeiT", "certain");
        row("timm_supervised.safetensors", "timm_supervised", "supervised ViT (DeiT, timm)", "likely");
        row("dinov2.pth", "dinov2", "DINOv2", "certain");
        row("dinov2_chunked.pth", "dinov2", "DINOv2", "certain");
        row("dinov2_registers.pth", "dinov2_registers", "DINOv2 with registers", "certain");
        row("dinov2_registers_timm.safetensors", "dinov2_registers", "DINOv2 with registers (timm)",
            "certain");
        row("dinov3.pth", "dinov3", "DINOv3", "certain", 0);
        row("dinov3_timm.safetensors", "dinov3", "DINOv3 (timm)", "certain");
        row("dinov3_swiglu.pth", "dinov3_swiglu", "DINOv3", "certain", 0);
        row("dinov3_swiglu_timm.safetensors", "dinov3_swiglu", "DINOv3 (timm)", "certain");
        row("hf_vit/model.safetensors", "hf_vit", "ViT (transformers)", "certain", 0);
        row("hf_mae/model.safetensors", "hf_mae", "MAE (transformers)", "certain", 0);
        row("hf_dino/model.safetensors", "hf_dino", "ViT (transformers)", "certain");
        row("hf_dinov2/model.safetensors", "hf_dinov2", "DINOv2 (transformers)", "certain", 0);
        row("hf_dinov2_registers/model.safetensors", "hf_dinov2_registers",
            "DINOv2 with registers (transformers)", "certain", 0);
        row("hf_dinov3/model.safetensors", "hf_dinov3", "DINOv3 (transformers)", "certain", 0);
        row("hf_dinov3_plain/model.safetensors", "hf_dinov3_plain", "DINOv3 (transformers)", "certain", 0);
    }

    void attentionAndFeaturesEqualAnIndependentImplementation() {
        QFETCH(QString, name);
        QFETCH(QString, expected);
        QFETCH(QString, family);
        QFETCH(QString, confidence);
        QFETCH(QString, key);
        QFETCH(int, heads);
        const Backbone backbone = load(name.toStdString(), heads, key.toStdString());
        QCOMPARE(QString::fromStdString(backbone.inspection.family), family);
        QCOMPARE(QString::fromStdString(backbone.inspection.confidence), confidence);
        QCOMPARE(backbone.config.heads, 2);
        const InferenceVit vit(backbone.config, backbone.weights, at::kCPU, at::kFloat);
        static const Golden golden("families/expected.safetensors");
        for (const char* size : {"16x16", "24x20", "8x36"}) {
            const std::string at = expected.toStdString() + "." + size + ".";
            const at::Tensor image = golden[at + "image"];
            JobControl control;
            for (int layer = 0; layer < backbone.config.depth; ++layer) {
                const double off = greatest(probabilities(vit.queriesAndKeys(image, layer, control)),
                                            golden[at + "layer" + std::to_string(layer)]);
                QVERIFY2(off < kLimit, (at + std::to_string(layer) + ": " + std::to_string(off)).c_str());
            }
            const double off = greatest(vit.tokens(image, control), golden[at + "tokens"]);
            QVERIFY2(off < kLimit, (at + "tokens: " + std::to_string(off)).c_str());
            // In a batch, where another image comes first, and of [CLS] alone.
            const at::Tensor pair = at::cat({image.flip({3}), image});
            const at::Tensor expectedTokens = golden[at + "tokens"];
            QVERIFY(greatest(vit.lastLayers(pair, 1, false, control)[0][1], expectedTokens) < kLimit);
            QVERIFY(greatest(vit.lastLayers(pair, 1, true, control)[0][1], expectedTokens.slice(0, 0, 1)) <
                    kLimit);
        }
    }

    void aWrappedStateDictIsMaesOnlyWhereClsHasNoPosition() {
        const QTemporaryDir folder;
        const Backbone mae = load("mae_encoder.pth", 2);
        const auto wrapped = [&](const StateDict& weights) {
            TorchValue::Entries entries;
            for (const auto& [name, tensor] : weights)
                entries.emplace_back(name, tensorValue(tensor));
            const std::string path = folder.filePath("wrapped.pth").toStdString();
            writeTorchFile(path, TorchValue::dict({{"model", TorchValue::orderedDict(std::move(entries))}}));
            LoadOptions options;
            options.headsPerLayer = 2;
            return inspect(path, options);
        };
        Inspection seen = wrapped(mae.weights);
        QCOMPARE(seen.family, std::string("MAE"));
        QVERIFY(seen.config.positions == PositionRule::Bicubic);

        StateDict learnt = mae.weights;
        learnt["pos_embed"] = learnt.at("pos_embed").clone();
        learnt["pos_embed"].index_put_({0, 0, 31}, 1e-6);
        seen = wrapped(learnt);
        QCOMPARE(seen.family, std::string("DINO"));
        QCOMPARE(seen.confidence, std::string("likely"));
        QCOMPARE(seen.checkpointKey, std::string("model"));
        QVERIFY(seen.config.positions == PositionRule::Offset);
        QVERIFY(!refusal(seen));

        // Nothing to look at is no table of MAE's.
        learnt["pos_embed"] = at::zeros({1, 0, 32});
        QCOMPARE(wrapped(learnt).family, std::string("DINO"));
        learnt.erase("pos_embed");
        QCOMPARE(wrapped(learnt).family, std::string("DINO"));
    }

    void namesOfTransformers5AreThoseOfItsFiles_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"hf_vit", "hf_mae", "hf_dinov2", "hf_dinov2_registers"})
            QTest::newRow(name) << QString(name);
    }

    // What torch.save writes of its networks in memory, whose safetensors keep the older names.
    void namesOfTransformers5AreThoseOfItsFiles() {
        QFETCH(QString, name);
        const std::filesystem::path source = file(name.toStdString());
        const Checkpoint checkpoint(source / "model.safetensors");
        const TensorGroup& group = *checkpoint.group("");
        const bool dinov2 = name.startsWith(QLatin1String("hf_dinov2"));
        StateDict newer;
        for (std::size_t i = 0; i < group.tensors.size(); ++i) {
            QString key = QString::fromStdString(group.tensors[i].name);
            const at::Tensor tensor = loadTensor(checkpoint, group, i);
            key.replace(QLatin1String("attention.attention.query"), QLatin1String("attention.q_proj"));
            key.replace(QLatin1String("attention.attention.key"), QLatin1String("attention.k_proj"));
            key.replace(QLatin1String("attention.attention.value"), QLatin1String("attention.v_proj"));
            key.replace(QLatin1String("attention.output.dense"), QLatin1String("attention.o_proj"));
            key.replace(QLatin1String("intermediate.dense"), QLatin1String("mlp.fc1"));
            key.replace(QLatin1String("output.dense"), QLatin1String("mlp.fc2"));
            key.replace(QLatin1String("weights_out"), QLatin1String("down_proj"));
            if (!dinov2) key.replace(QLatin1String("encoder.layer."), QLatin1String("layers."));
            if (!key.contains(QLatin1String("weights_in"))) {
                newer[key.toStdString()] = tensor;
                continue;
            }
            const auto halves = tensor.chunk(2);
            newer[QString(key)
                      .replace(QLatin1String("weights_in"), QLatin1String("gate_proj"))
                      .toStdString()] = halves[0].contiguous();
            newer[QString(key).replace(QLatin1String("weights_in"), QLatin1String("up_proj")).toStdString()] =
                halves[1].contiguous();
        }
        const QTemporaryDir folder;
        const std::filesystem::path copy = folder.filePath("state.pth").toStdString();
        saveBackbone(copy, newer);
        std::filesystem::copy_file(source / "config.json", copy.parent_path() / "config.json");
        JobControl control;
        const Backbone expected = loadBackbone(source / "model.safetensors", {}, control);
        const Backbone found = loadBackbone(copy, {}, control);
        QCOMPARE(found.inspection.family, expected.inspection.family);
        QVERIFY(found.config == expected.config);
        QCOMPARE(found.weights.size(), expected.weights.size());
        for (const auto& [key, tensor] : expected.weights)
            QVERIFY2(found.weights.at(key).equal(tensor), key.c_str());
    }

    void bf16StaysWithinItsRounding() {
        const Golden golden("families/expected.safetensors");
        for (const char* name : {"dinov3_swiglu", "dinov2_registers"}) {
            const Backbone backbone = load(std::string(name) + ".pth", 2);
            const InferenceVit vit(backbone.config, backbone.weights, at::kCPU, at::kBFloat16);
            JobControl control;
            const std::string at = std::string(name) + ".24x20.";
            const at::Tensor found = probabilities(vit.queriesAndKeys(golden[at + "image"], 1, control));
            QVERIFY2(greatest(found, golden[at + "layer1"]) < 0.08, name);
        }
    }

    void classifiersAreKept() {
        QCOMPARE(load("timm_supervised.safetensors", 2).classifier.at("head.weight").size(0), 5);
        const Backbone deit = load("deit_distilled.pth", 2);
        QCOMPARE(deit.inspection.classes, 6);
        QVERIFY(deit.inspection.keysIgnored ==
                (std::vector<std::string>{"head_dist.weight [6, 32]", "head_dist.bias [6]"}));
        QCOMPARE(load("hf_vit/model.safetensors", 0).inspection.classes, 2);
        QVERIFY(load("dinov2.pth", 2).classifier.empty());
    }

    void whatIsNotTheBackbonesIsIgnoredByName() {
        QCOMPARE(load("mae_pretraining.pth", 2).inspection.keysIgnored.size(), std::size_t(10));
        QVERIFY(load("dinov2.pth", 2).inspection.keysIgnored ==
                (std::vector<std::string>{"mask_token [1, 32]"}));
        const Inspection moco = load("moco.pth", 2).inspection;
        QVERIFY(moco.keysIgnored.size() > moco.sources.size());
        QVERIFY(moco.checkpointKeys == (std::vector<std::string>{"base_encoder", "momentum_encoder"}));
        QCOMPARE(moco.checkpointKey, std::string("base_encoder"));
        QCOMPARE(moco.epoch.value_or(0), std::int64_t(300));
    }

    void headsThatTheFileDoesNotTellAreAskedFor() {
        VERIFY_SAYS(errorOf([] { load("mae_encoder.pth", 0); }), "--heads-per-layer");
        VERIFY_SAYS(errorOf([] { load("hf_dino/model.safetensors", 0); }), "--heads-per-layer");
    }

    void anEncoderThatIsNotThereIsRefusedWithThoseThatAre() {
        VERIFY_SAYS(errorOf([] { load("moco.pth", 2, "teacher"); }), "base_encoder and momentum_encoder");
        VERIFY_SAYS(errorOf([] { load("dinov2.pth", 2, "momentum_encoder"); }), "leave out --checkpoint-key");
    }

    void aLinearProbeIsToldAndRefusedAsWeights() {
        const Inspection seen = inspect(file("linear_probe.pth"));
        QCOMPARE(seen.family, std::string("DINO linear probe"));
        QCOMPARE(seen.classes, 10);
        QCOMPARE(seen.dim, 128);
        QCOMPARE(seen.parameters, std::int64_t(1290));
        QCOMPARE(seen.dtype, std::string("float32"));
        QCOMPARE(seen.epoch.value_or(0), std::int64_t(100));
        VERIFY_SAYS(errorOf([] { load("linear_probe.pth", 0); }), "linear classifier of 128 features");
    }

    void aConfigurationThatAsksForSomethingElseIsRefused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("activation") << QByteArray("{\"hidden_act\": \"quick_gelu\"}")
                                    << QByteArray("quick_gelu");
        QTest::newRow("damaged") << QByteArray("{\"hidden_act\": ") << QByteArray("damaged");
        QTest::newRow("a list") << QByteArray("[1]") << QByteArray("damaged");
        QTest::newRow("heads") << QByteArray("{\"num_attention_heads\": 1e30}") << QByteArray("heads");
        QTest::newRow("heads that do not divide the width")
            << QByteArray("{\"num_attention_heads\": 7}") << QByteArray("cannot be split");
        QTest::newRow("another width") << QByteArray("{\"hidden_size\": 768}") << QByteArray("another model");
        QTest::newRow("another depth")
            << QByteArray("{\"num_hidden_layers\": 40}") << QByteArray("another model");
        QTest::newRow("other patches") << QByteArray("{\"patch_size\": 33}") << QByteArray("another model");
        QTest::newRow("epsilon") << QByteArray("{\"layer_norm_eps\": -1}") << QByteArray("layer_norm_eps");
        QTest::newRow("too deep") << QByteArray(100'000, '[') << QByteArray("damaged");
        QTest::newRow("too long") << QByteArray(2 << 20, ' ') << QByteArray("too large");
    }

    void aConfigurationThatAsksForSomethingElseIsRefused() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, says);
        const QTemporaryDir folder;
        const std::string copy = folder.filePath("model.safetensors").toStdString();
        std::filesystem::copy_file(file("hf_vit/model.safetensors"), copy);
        writeContent(folder.filePath("config.json").toStdString(), text.toStdString());
        VERIFY_SAYS(errorOf([&] { inspect(copy); }), says.toStdString());
    }

    void aConfigurationIsNotAskedForHeadsThatAreGiven() {
        const QTemporaryDir folder;
        const std::string copy = folder.filePath("model.safetensors").toStdString();
        std::filesystem::copy_file(file("hf_vit/model.safetensors"), copy);
        const std::string config = folder.filePath("config.json").toStdString();
        writeContent(config, R"({"num_attention_heads": 1e30, "layer_norm_eps": 1e-5})");
        VERIFY_SAYS(errorOf([&] { inspect(copy); }), "give --heads-per-layer");
        LoadOptions options;
        options.headsPerLayer = 4;
        const Inspection seen = inspect(copy, options);
        QCOMPARE(seen.heads, 4);
        QCOMPARE(seen.config.layerNormEpsilon, 1e-5);
        writeContent(config, R"({"layer_norm_eps": 7})");
        VERIFY_SAYS(errorOf([&] { inspect(copy, options); }), "correct or remove config.json");
    }
};

QTEST_APPLESS_MAIN(FamiliesTest)
#include "families_test.moc"
