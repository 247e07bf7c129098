#include "engine/weights/inspector.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <map>

#include "engine/nn/resnet_shapes.h"
#include "engine/weights/infer_config.h"
#include "engine/weights/safetensors_file.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

/// A safetensors file of these tensors, float32 but for int64 counters of batches, whose data is a hole in
/// the file: it takes no disk.
std::string sparseFile(const QTemporaryDir& folder, const Shapes& shapes) {
    std::string header = "{";
    std::int64_t offset = 0;
    for (const auto& [name, shape] : shapes) {
        const bool counter = name.ends_with("num_batches_tracked");
        const std::int64_t end = offset + (counter ? 8 : 4) * elementCount(shape).value();
        header += (offset > 0 || header.size() > 1 ? "," : "") + ("\"" + name) + "\":{\"dtype\":\"" +
                  (counter ? "I64" : "F32") + "\",\"shape\":" + shapeText(shape) + ",\"data_offsets\":[" +
                  std::to_string(offset) + "," + std::to_string(end) + "]}";
        offset = end;
    }
    header += "}";
    std::string bytes;
    for (int i = 0; i < 8; ++i)
        bytes += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    const std::string path = folder.filePath("sparse.safetensors").toStdString();
    writeContent(path, bytes + header);
    std::filesystem::resize_file(path, bytes.size() + header.size() + static_cast<std::size_t>(offset));
    return path;
}

LoadOptions threeHeads() {
    LoadOptions options;
    options.headsPerLayer = 3;
    return options;
}

VitConfig tiny() {
    VitConfig config;
    config.dim = 64;
    config.depth = 1;
    config.heads = 1;
    config.patchSize = 4;
    config.imageSize = 8;
    config.mlpDim = 128;
    return config;
}

}  // namespace

class InspectorTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tellsABackbone() {
        for (const char* name : {"backbone.pth", "legacy.pth", "protocol4.pth", "backbone.safetensors"}) {
            const Inspection seen = inspect(golden(name), threeHeads());
            QCOMPARE(seen.family, std::string("DINO"));
            QCOMPARE(seen.confidence, std::string("likely"));
            QCOMPARE(seen.architecture, std::string("vit_24x2"));
            QCOMPARE(seen.patchSize, 4);
            QCOMPARE(seen.imageSize, 12);
            QCOMPARE(seen.layers, 2);
            QCOMPARE(seen.heads, 3);
            QCOMPARE(seen.dim, 24);
            QCOMPARE(seen.config.mlpDim, 48);
            QVERIFY(seen.config.qkvBias);
            QCOMPARE(seen.dtype, std::string("float32"));
            QCOMPARE(seen.keysUsed, std::int64_t(30));
            QVERIFY(seen.keysMissing.empty() && seen.keysIgnored.empty() && seen.keysUnexpected.empty());
            QVERIFY(!seen.epoch);
            QVERIFY(!refusal(seen));
            std::int64_t parameters = 0;
            for (const auto& [key, shape] : expectedShapes(seen.config))
                parameters += elementCount(shape).value();
            QCOMPARE(seen.parameters, parameters);
        }
        QCOMPARE(inspect(golden("legacy.pth"), threeHeads()).format, std::string("torch legacy"));
    }

    void tellsATrainingCheckpoint() {
        const Inspection seen = inspect(golden("training.pth"), threeHeads());
        QCOMPARE(seen.confidence, std::string("certain"));
        QCOMPARE(seen.checkpointKey, std::string("teacher"));
        QVERIFY(seen.checkpointKeys == (std::vector<std::string>{"teacher", "student"}));
        QCOMPARE(seen.epoch.value_or(-1), std::int64_t(42));
        QCOMPARE(seen.keysUsed, std::int64_t(18));
        QCOMPARE(seen.keysIgnored.size(), std::size_t(6));
        QCOMPARE(seen.keysIgnored.front(), std::string("head.mlp.0.weight [16, 24]"));
        const std::map<std::string, std::string> options(seen.trainingOptions.begin(),
                                                         seen.trainingOptions.end());
        QCOMPARE(options.at("arch"), std::string("vit_small"));
        QCOMPARE(options.at("lr"), std::string("0.0005"));
        QCOMPARE(options.at("use_fp16"), std::string("true"));
        QCOMPARE(options.at("local_crops_scale"), std::string("[0.05, 0.4]"));
        QCOMPARE(options.at("resume"), std::string("none"));
        QVERIFY(std::find(seen.others.begin(), seen.others.end(), "optimizer") != seen.others.end());
        QVERIFY(!refusal(seen));
    }

    void theStudentIsTakenWhereAsked() {
        LoadOptions options = threeHeads();
        options.checkpointKey = "student";
        const Inspection seen = inspect(golden("training.pth"), options);
        QCOMPARE(seen.checkpointKey, std::string("student"));
        QVERIFY(!refusal(seen));
        options.checkpointKey = "techer";
        VERIFY_SAYS(errorOf([&] { inspect(golden("training.pth"), options); }),
                    "choose --checkpoint-key among student and teacher");
        VERIFY_SAYS(errorOf([&] { inspect(golden("backbone.pth"), options); }), "leave out --checkpoint-key");
        options.checkpointKey = "dino_loss";
        VERIFY_SAYS(errorOf([&] { inspect(golden("training.pth"), options); }), "no checkpoint of a family");
    }

    void headsFollowFromTheWidthWhereTheyCan() {
        QCOMPARE(inspect(golden("bf16.safetensors")).heads, 1);
        QCOMPARE(inspect(golden("bf16.safetensors")).dtype, std::string("bfloat16"));
        VERIFY_SAYS(errorOf([] { inspect(golden("backbone.pth")); }),
                    "--heads-per-layer: 1, 2, 3, 4, 6, 8, 12 and 24");
        try {
            inspect(golden("backbone.pth"));
            QFAIL("it cannot know");
        } catch (const UnknownHeads& unknown) {
            QCOMPARE(unknown.dim(), 24);
            QCOMPARE(unknown.candidates(), (std::vector<int>{1, 2, 3, 4, 6, 8, 12, 24}));
        }
        LoadOptions options;
        options.headsPerLayer = 5;
        QVERIFY_EXCEPTION_THROWN(inspect(golden("backbone.pth"), options), UsageError);
    }

    void theKnownArchitecturesAreNamed_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<int>("heads");
        QTest::newRow("tiny") << QByteArray("vit_tiny") << 3;
        QTest::newRow("small") << QByteArray("vit_small") << 6;
        QTest::newRow("base") << QByteArray("vit_base") << 12;
        QTest::newRow("large") << QByteArray("vit_large") << 16;
    }

    // The large one has 1.2 GB, of which only the header is read.
    void theKnownArchitecturesAreNamed() {
        QFETCH(QByteArray, name);
        QFETCH(int, heads);
        const QTemporaryDir folder;
        const VitConfig config = VitConfig::byName(name.toStdString(), 8);
        const std::string path = sparseFile(folder, expectedShapes(config));
        QElapsedTimer timer;
        timer.start();
        const Inspection seen = inspect(path);
        QVERIFY2(timer.elapsed() < 300, std::to_string(timer.elapsed()).c_str());
        QCOMPARE(seen.architecture, name.toStdString());
        QCOMPARE(seen.heads, heads);
        QVERIFY(seen.config == config);
        QVERIFY(!refusal(seen));

        LoadOptions options;
        options.arch = "vit_giant";
        VERIFY_SAYS(errorOf([&] { inspect(path, options); }),
                    "holds a " + name.toStdString() + ", not a vit_giant");
        options = {};
        options.patchSize = 16;
        VERIFY_SAYS(errorOf([&] { inspect(path, options); }), "8 pixels, not 16");
        options.arch = name.toStdString();
        options.patchSize = 8;
        QVERIFY(!refusal(inspect(path, options)));
    }

    void missingMisshapenAndUnexpectedKeysAreNamed() {
        const QTemporaryDir folder;
        Shapes shapes = expectedShapes(tiny());
        shapes.erase("norm.weight");
        shapes["cls_token"] = {1, 1, 63};
        Inspection seen = inspect(sparseFile(folder, shapes));
        QVERIFY(
            seen.keysMissing ==
            (std::vector<std::string>{"cls_token (it is [1, 1, 63] instead of [1, 1, 64])", "norm.weight"}));
        VERIFY_SAYS(std::string(refusal(seen)->what()), "[1, 1, 64]) and norm.weight; choose");

        shapes = expectedShapes(tiny());
        std::erase_if(shapes, [](const auto& entry) {
            return entry.first.starts_with("blocks.0.") && entry.first != "blocks.0.attn.qkv.weight";
        });
        VERIFY_SAYS(std::string(refusal(inspect(sparseFile(folder, shapes)))->what()), " and 2 more; choose");

        shapes = expectedShapes(tiny());
        shapes["blocks.0.attn.relative"] = {7};
        seen = inspect(sparseFile(folder, shapes));
        QVERIFY(seen.keysUnexpected == (std::vector<std::string>{"blocks.0.attn.relative [7]"}));
        VERIFY_SAYS(std::string(refusal(seen)->what()), "blocks.0.attn.relative [7]");

        shapes = expectedShapes(tiny());
        shapes["module.norm.weight"] = {64};
        VERIFY_SAYS(std::string(refusal(inspect(sparseFile(folder, shapes)))->what()), "norm.weight [64]");

        shapes = expectedShapes(tiny());
        shapes["pos_embed"] = {1, 8, 64};
        VERIFY_SAYS(std::string(refusal(inspect(sparseFile(folder, shapes)))->what()), "square of patches");

        shapes = expectedShapes(tiny());
        shapes["patch_embed.proj.weight"] = {64, 48};
        VERIFY_SAYS(errorOf([&] { inspect(sparseFile(folder, shapes)); }), "which no ViT has");

        shapes = expectedShapes(tiny());
        shapes["blocks.2147483647.norm1.weight"] = {64};
        QCOMPARE(inspect(sparseFile(folder, shapes)).layers, 1);
        shapes = expectedShapes(tiny());
        shapes["blocks.2.norm1.weight"] = {64};
        VERIFY_SAYS(std::string(refusal(inspect(sparseFile(folder, shapes)))->what()),
                    "blocks.1.attn.proj.bias");
    }

    void aViTWithoutQkvBiasIsToldFromItsKeys() {
        const QTemporaryDir folder;
        VitConfig config = tiny();
        config.qkvBias = false;
        const Inspection seen = inspect(sparseFile(folder, expectedShapes(config)));
        QVERIFY(!seen.config.qkvBias);
        QVERIFY(!refusal(seen));
    }

    void otherFamiliesAreNamedInTheRefusal_data() {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("family");
        const auto row = [](const char* name, const char* key, const char* family) {
            QTest::newRow(name) << QByteArray(key) << QByteArray(family);
        };
        row("a stray key", "teacher.backbone.blocks.0.ls1.gamma", "");
        row("EVA", "blocks.0.gamma_1", "EVA or BEiT");
        row("SigLIP", "attn_pool.latent", "a ViT with attention pooling (SigLIP and its like)");
        row("mean pooling", "fc_norm.weight", "a ViT that averages its patches");
        row("CLIP of timm", "norm_pre.weight", "CLIP");
        row("CLIP", "visual.transformer.resblocks.0.ln_1.weight", "CLIP");
        row("a stem", "patch_embed.proj.0.weight", "a ViT with a convolutional stem");
        row("MoCo v3 with a stem", "module.base_encoder.patch_embed.proj.0.weight",
            "MoCo v3 with a convolutional stem");
        row("BEiT of transformers", "encoder.layer.0.lambda_1", "BEiT (transformers)");
        row("BEiT of transformers 5", "beit.layers.0.lambda_1", "BEiT (transformers)");
        row("an unknown transformers", "embeddings.patch_embeddings.projection.weight",
            "another model of transformers");
        row("XCiT", "cls_attn_blocks.0.norm1.weight", "XCiT");
    }

    void otherFamiliesAreNamedInTheRefusal() {
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, family);
        const QTemporaryDir folder;
        Shapes shapes = expectedShapes(tiny());
        shapes[key.toStdString()] = {64};
        const std::string path = sparseFile(folder, shapes);
        if (family.isEmpty()) {
            VERIFY_SAYS(std::string(refusal(inspect(path))->what()), key.toStdString());
        } else {
            const std::string said = errorOf([&] { inspect(path); });
            VERIFY_SAYS(said, "this looks like a checkpoint of " + family.toStdString());
            VERIFY_SAYS(said, "does not read");
        }
    }

    void aViTWithoutACLSTokenIsNamed() {
        const QTemporaryDir folder;
        Shapes shapes = expectedShapes(tiny());
        shapes.erase("cls_token");
        shapes["head.weight"] = {10, 64};
        VERIFY_SAYS(errorOf([&] { inspect(sparseFile(folder, shapes)); }), "a ViT without [CLS]");
    }

    void anEmptyTensorOfRegistersIsNone() {
        const auto& all = families();
        const auto family = std::find_if(
            all.begin(), all.end(), [](const Family& each) { return each.name == "DINOv3 (transformers)"; });
        QVERIFY(family != all.end());
        VitConfig config = tiny();
        config.positions = PositionRule::Rotary;
        config.layerScale = true;
        Shapes shapes{{"embeddings.register_tokens", {1, 0, 64}}, {"embeddings.mask_token", {1, 1, 64}}};
        for (auto [name, shape] : expectedShapes(config)) {
            for (const ReferenceKey& key : namesInFile(*family, name, false)) {
                std::vector<std::int64_t> part = shape;
                part[0] /= key.parts;
                shapes[key.name] = part;
            }
        }
        const QTemporaryDir folder;
        const Inspection seen = inspect(sparseFile(folder, shapes));
        QCOMPARE(seen.family, std::string("DINOv3 (transformers)"));
        QCOMPARE(seen.registers, 0);
        const auto refused = refusal(seen);
        QVERIFY2(!refused, refused ? refused->what() : "");
    }

    void aResNet50IsTold() {
        const QTemporaryDir folder;
        Shapes shapes = expectedResNet50Shapes();
        QCOMPARE(shapes.size(), std::size_t(53 + 4 * 53));
        Inspection seen = inspect(sparseFile(folder, shapes));
        QCOMPARE(seen.family, std::string("DINO"));
        QCOMPARE(seen.architecture, std::string("resnet50"));
        QCOMPARE(seen.dim, 2048);
        QCOMPARE(seen.heads, 0);
        QCOMPARE(seen.parameters,
                 std::int64_t(23'508'032));  // as torchvision counts them, without the classifier
        QVERIFY(!refusal(seen));
        shapes["fc.weight"] = {1000, 2048};
        shapes["fc.bias"] = {1000};
        shapes["bn1.num_batches_tracked"] = {};
        seen = inspect(sparseFile(folder, shapes));
        QCOMPARE(seen.family, std::string("supervised ResNet (torchvision)"));
        QCOMPARE(seen.classes, 1000);
        QCOMPARE(seen.dtype, std::string("float32"));  // whatever the counters are
        QCOMPARE(seen.parameters, std::int64_t(23'508'032));
        QVERIFY(!refusal(seen));
        shapes["layer3.5.conv4.weight"] = {256, 1024, 1, 1};
        VERIFY_SAYS(std::string(refusal(inspect(sparseFile(folder, shapes)))->what()),
                    "layer3.5.conv4.weight");
        shapes.erase("layer4.2.bn3.running_var");
        VERIFY_SAYS(std::string(refusal(inspect(sparseFile(folder, shapes)))->what()),
                    "layer4.2.bn3.running_var");
    }

    void otherResNetsAreNotTakenForADamagedResNet50() {
        const QTemporaryDir folder;
        const auto failure = [&](const Shapes& shapes) {
            return errorOf([&] { inspect(sparseFile(folder, shapes)); });
        };
        const std::string sentence = "this is a ResNet other than ResNet-50";
        Shapes deeper = expectedResNet50Shapes();
        deeper["layer3.6.conv1.weight"] = {256, 1024, 1, 1};
        VERIFY_SAYS(failure(deeper), sentence);
        Shapes wider = expectedResNet50Shapes();
        wider["layer1.0.conv2.weight"] = {128, 128, 3, 3};
        VERIFY_SAYS(failure(wider), sentence);
        VERIFY_SAYS(failure({{"conv1.weight", {64, 3, 7, 7}},
                             {"layer1.0.conv1.weight", {64, 64, 3, 3}},
                             {"layer1.0.conv2.weight", {64, 64, 3, 3}}}),
                    sentence);
        Shapes cut = expectedResNet50Shapes();
        cut.erase("layer1.0.conv3.weight");
        cut["layer4.2.conv2.weight"] = {512, 512, 3};
        VERIFY_SAYS(std::string(refusal(inspect(sparseFile(folder, cut)))->what()),
                    "choose a complete checkpoint");
    }

    void headsThatSeveralFamiliesExplainAreAskedFor() {
        const QTemporaryDir folder;
        VitConfig small = VitConfig::byName("vit_small", 16);
        // MoCo v3's small network has twelve heads.
        Shapes moco;
        for (const auto& [name, shape] : expectedShapes(small))
            moco["module.base_encoder." + name] = shape;
        QCOMPARE(inspect(sparseFile(folder, moco)).heads, 12);
        // A huge ViT has 16, but DINOv3's has 20.
        VitConfig huge = small;
        huge.dim = 1280;
        huge.mlpDim = 5120;
        huge.heads = 16;
        Shapes shapes = expectedShapes(huge);
        shapes["decoder_embed.weight"] = {512, 1280};
        QCOMPARE(inspect(sparseFile(folder, shapes)).heads, 16);
    }

    void partsThatDoNotBelongTogetherAreNamed() {
        const QTemporaryDir folder;
        Shapes shapes;
        for (const auto& [name, shape] : expectedShapes(tiny())) {
            if (name.find("qkv") == std::string::npos) shapes[name] = shape;
        }
        shapes.erase("pos_embed");
        shapes["reg_token"] = {1, 4, 64};
        shapes["blocks.0.gamma_1"] = shapes["blocks.0.gamma_2"] = {64};
        shapes["blocks.0.attn.qkv.weight"] = {192, 64};
        shapes["blocks.0.attn.q_bias"] = {64};
        Inspection seen = inspect(sparseFile(folder, shapes));
        QCOMPARE(seen.family, std::string("DINOv3 (timm)"));
        QCOMPARE(seen.registers, 4);
        VERIFY_SAYS(std::string(refusal(seen)->what()),
                    "blocks.0.attn.qkv.bias (its parts do not belong together)");
        shapes["blocks.0.attn.v_bias"] = {64};
        QVERIFY(!refusal(inspect(sparseFile(folder, shapes))));
    }

    void somethingElseIsRefusedWithAFewOfItsKeys() {
        const QTemporaryDir folder;
        const std::string path = sparseFile(folder, {{"a\\u001b[31m", {1}}, {"b", {1}}});
        const std::string said = errorOf([&] { inspect(path); });
        VERIFY_SAYS(said, "it holds a?[31m and b");
    }
};

QTEST_APPLESS_MAIN(InspectorTest)
#include "inspector_test.moc"
