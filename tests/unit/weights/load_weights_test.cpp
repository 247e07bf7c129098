#include <ATen/ATen.h>

#include "engine/weights/load.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "engine/weights/safetensors_file.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

/// value() of tests/golden/weights/make.py.
at::Tensor expectedValue(const std::string& name, at::IntArrayRef shape, std::int64_t seed = 0) {
    std::int64_t base = seed;
    for (std::size_t i = 0; i < name.size(); ++i)
        base += static_cast<std::int64_t>(i + 1) * static_cast<unsigned char>(name[i]);
    std::int64_t count = 1;
    for (const std::int64_t size : shape)
        count *= size;
    const at::Tensor numbers = at::arange(count, at::kLong).mul(7).add(base).remainder(251).sub(125);
    return numbers.to(at::kDouble).div(64).reshape(shape);
}

bool equals(const at::Tensor& tensor, const at::Tensor& expected) {
    return tensor.sizes() == expected.sizes() && tensor.to(at::kDouble).equal(expected.to(at::kDouble));
}

Backbone load(const std::string& path, const std::string& key = {}) {
    LoadOptions options;
    options.checkpointKey = key;
    options.headsPerLayer = 3;
    JobControl control;
    return loadBackbone(path, options, control);
}

/// A tensor at the top of a golden file.
at::Tensor tensorOf(const Checkpoint& checkpoint, const std::string& name) {
    const TensorGroup& group = *checkpoint.group("");
    for (std::size_t i = 0; i < group.tensors.size(); ++i) {
        if (group.tensors[i].name == name) return loadTensor(checkpoint, group, i);
    }
    return {};
}

}  // namespace

class LoadWeightsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFormatGivesTheSameBackbone_data() {
        QTest::addColumn<QByteArray>("name");
        for (const char* name : {"backbone.pth", "legacy.pth", "protocol4.pth", "backbone.safetensors"})
            QTest::newRow(name) << QByteArray(name);
    }

    void everyFormatGivesTheSameBackbone() {
        QFETCH(QByteArray, name);
        const Backbone backbone = load(golden(name.toStdString()));
        const auto shapes = expectedShapes(backbone.config);
        QCOMPARE(backbone.weights.size(), shapes.size());
        QCOMPARE(backbone.config.heads, 3);
        for (const auto& [key, shape] : shapes) {
            QVERIFY(backbone.weights.at(key).scalar_type() == at::kFloat);
            QVERIFY2(equals(backbone.weights.at(key), expectedValue(key, shape)), key.c_str());
        }
    }

    void teacherAndStudentOfATrainingCheckpointDiffer() {
        for (const auto& [key, seed, prefix] : {std::tuple{"", 1, "backbone."},
                                                {"teacher", 1, "backbone."},
                                                {"student", 2, "module.backbone."}}) {
            const Backbone backbone = load(golden("training.pth"), key);
            QCOMPARE(backbone.weights.size(), std::size_t(18));
            for (const auto& [name, shape] : expectedShapes(backbone.config)) {
                // The script prefixed the names after it had made the values.
                QVERIFY2(equals(backbone.weights.at(name), expectedValue(name, shape, seed)),
                         (prefix + name).c_str());
            }
        }
    }

    void brainFloatsStayAsTheyAre() {
        JobControl control;
        const Backbone backbone = loadBackbone(golden("bf16.safetensors"), {}, control);
        for (const auto& [key, shape] : expectedShapes(backbone.config)) {
            QVERIFY(backbone.weights.at(key).scalar_type() == at::kBFloat16);
            QVERIFY2(equals(backbone.weights.at(key), expectedValue(key, shape)), key.c_str());
        }
    }

    void tensorsOfEveryLayoutAndTypeAreRead_data() {
        QTest::addColumn<QByteArray>("name");
        for (const char* name : {"odd.pth", "odd_legacy.pth", "repacked.pth"})
            QTest::newRow(name) << QByteArray(name);
    }

    void tensorsOfEveryLayoutAndTypeAreRead() {
        QFETCH(QByteArray, name);
        const Checkpoint checkpoint(golden(name.toStdString()));
        const auto tensor = [&](const char* key) { return tensorOf(checkpoint, key); };
        const at::Tensor grid = expectedValue("grid", {6, 5});
        const at::Tensor shared = expectedValue("shared", {10});
        QVERIFY(equals(tensor("transposed"), grid.t()));
        QVERIFY(equals(tensor("column"), grid.select(1, 2)));
        QVERIFY(equals(tensor("first"), shared.slice(0, 0, 5)));
        QVERIFY(equals(tensor("second"), shared.slice(0, 5, 10)));
        QVERIFY(equals(tensor("parameter"), expectedValue("parameter", {2, 3})));
        QVERIFY(equals(tensor("buffer"), expectedValue("buffer", {3})));
        for (const auto& [key, type] :
             {std::pair{"half", at::kHalf}, {"brain", at::kBFloat16}, {"double", at::kDouble}}) {
            QVERIFY(tensor(key).scalar_type() == type);
            QVERIFY(equals(tensor(key), expectedValue(key, {7})));
        }
        QCOMPARE(tensor("scalar").dim(), std::int64_t(0));
        QCOMPARE(tensor("scalar").item<double>(), 1.5);
        QVERIFY(tensor("empty").sizes() == at::IntArrayRef({0, 4}));
        QVERIFY(tensor("long").equal(at::tensor({std::int64_t(-1), std::int64_t(1) << 40})));
        QVERIFY(tensor("int").equal(at::tensor({-7, 8}, at::kInt)));
        QVERIFY(tensor("short").equal(at::tensor({-7, 8}, at::kShort)));
        QVERIFY(tensor("byte").equal(at::tensor({7, 255}, at::kByte)));
        QVERIFY(tensor("bool").equal(at::tensor({1, 0, 1}).to(at::kBool)));
        VERIFY_SAYS(errorOf([&] { tensor("expanded"); }), "expanded claims more elements");
    }

    void weightsAreViewsOfTheFileAndKeepItOpen() {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("copy.pth").toStdString();
        std::filesystem::copy_file(golden("backbone.pth"), path);
        at::Tensor tensor;
        {
            const Checkpoint checkpoint(path);
            tensor = tensorOf(checkpoint, "pos_embed");
            const auto bytes = checkpoint.mapping(checkpoint.groups().front(), 0)->bytes();
            const auto* data = static_cast<const std::byte*>(tensor.data_ptr());
            QVERIFY(data >= bytes.data() && data < bytes.data() + bytes.size());
        }
        std::filesystem::remove(path);
        QVERIFY(equals(tensor, expectedValue("pos_embed", {1, 10, 24})));
    }

    void unalignedDataIsCopied() {
        // The names are of a length that puts float32 data on an odd address.
        const QTemporaryDir folder;
        const std::string path = folder.filePath("odd.safetensors").toStdString();
        const std::string header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
        const float values[] = {1.5f, -2.5f};
        for (std::size_t padding = 0; padding < 4; ++padding) {
            const std::string padded = header + std::string(padding, ' ');
            std::string bytes(8, '\0');
            bytes[0] = static_cast<char>(padded.size());
            writeContent(path, bytes + padded + std::string(reinterpret_cast<const char*>(values), 8));
            const at::Tensor tensor = tensorOf(Checkpoint(path), "a");
            QCOMPARE(reinterpret_cast<std::uintptr_t>(tensor.data_ptr()) % 4, std::uintptr_t(0));
            QVERIFY(equals(tensor, at::tensor({1.5, -2.5})));
        }
    }

    void anIncompleteFileLoadsNothing() {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("part.safetensors").toStdString();
        const Backbone whole = load(golden("backbone.pth"));
        std::vector<SafetensorsItem> items;
        for (const auto& [name, tensor] : whole.weights) {
            if (name == "blocks.1.norm2.bias") continue;
            items.push_back({name,
                             ElementType::F32,
                             tensor.sizes().vec(),
                             {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
        }
        writeSafetensors(path, items);
        VERIFY_SAYS(errorOf([&] { load(path); }), "blocks.1.norm2.bias");
    }

    void weightsThatAreNotNumbersAreRefused_data() {
        QTest::addColumn<float>("value");
        QTest::newRow("not a number") << std::numeric_limits<float>::quiet_NaN();
        QTest::newRow("infinite") << std::numeric_limits<float>::infinity();
        QTest::newRow("negative infinite") << -std::numeric_limits<float>::infinity();
    }

    void weightsThatAreNotNumbersAreRefused() {
        QFETCH(const float, value);
        const QTemporaryDir folder;
        const std::string path = folder.filePath("astray.safetensors").toStdString();
        Backbone whole = load(golden("backbone.pth"));
        at::Tensor& bias = whole.weights.at("blocks.1.norm2.bias");
        bias = bias.clone();
        bias[3] = value;
        std::vector<SafetensorsItem> items;
        for (const auto& [name, tensor] : whole.weights) {
            items.push_back({name,
                             ElementType::F32,
                             tensor.sizes().vec(),
                             {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
        }
        writeSafetensors(path, items);
        const std::string sentence = errorOf([&] { load(path); });
        VERIFY_SAYS(sentence, "blocks.1.norm2.bias");
        VERIFY_SAYS(sentence, "infinite or not numbers");
        VERIFY_SAYS(sentence, path);
    }

    void weightsOfIntegersAreRefused() {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("integers.safetensors").toStdString();
        const Backbone whole = load(golden("backbone.pth"));
        std::vector<SafetensorsItem> items;
        for (const auto& [name, tensor] : whole.weights) {
            items.push_back({name,
                             ElementType::I32,
                             tensor.sizes().vec(),
                             {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
        }
        writeSafetensors(path, items);
        VERIFY_SAYS(errorOf([&] { load(path); }), "no floating-point numbers");
    }

    void loadingCanBeCancelled() {
        LoadOptions options;
        options.headsPerLayer = 3;
        JobControl control;
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(loadBackbone(golden("backbone.pth"), options, control), Cancelled);
    }
};

QTEST_APPLESS_MAIN(LoadWeightsTest)
#include "load_weights_test.moc"
