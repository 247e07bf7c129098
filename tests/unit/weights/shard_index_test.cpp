#include <ATen/ATen.h>

#include "engine/weights/shard_index.h"

#include <sys/resource.h>

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

#include "engine/weights/load.h"
#include "engine/weights/save.h"
#include "pickle_bytes.h"
#include "weights_test_tools.h"

using namespace dinoscope;

namespace {

std::int64_t peakKilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

std::string failure(const std::string& text) {
    return errorOf([&] { ShardIndex(asBytes(text), "test.index.json"); });
}

}  // namespace

class ShardIndexTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        JobControl control;
        LoadOptions options;
        options.headsPerLayer = 3;
        whole_ = loadBackbone(GOLDEN_DIR "/weights/backbone.safetensors", options, control).weights;
        std::size_t bytes = 0;
        for (const auto& [name, tensor] : whole_)
            bytes += tensor.nbytes();
        index_ =
            saveSafetensorsShards(path("model.safetensors"), whole_, {{"heads", "3"}}, bytes / 3).string();
    }

    void whatWasWrittenInShardsIsReadAsOneFile() {
        QCOMPARE(QString::fromStdString(index_), folder_->filePath("model.safetensors.index.json"));
        const Checkpoint checkpoint(index_);
        QVERIFY(checkpoint.files().size() >= 3);
        QCOMPARE(checkpoint.format(), std::string("safetensors"));
        JobControl control;
        LoadOptions options;
        options.headsPerLayer = 3;
        const Backbone backbone = loadBackbone(index_, options, control);
        QCOMPARE(backbone.weights.size(), whole_.size());
        for (const auto& [name, tensor] : whole_)
            QVERIFY2(backbone.weights.at(name).equal(tensor), name.c_str());
    }

    void weightsKeepTheirShardsOpen() {
        JobControl control;
        LoadOptions options;
        options.headsPerLayer = 3;
        const Backbone backbone = loadBackbone(index_, options, control);
        std::filesystem::remove_all(folder_->path().toStdString());
        for (const auto& [name, tensor] : whole_)
            QVERIFY2(backbone.weights.at(name).equal(tensor), name.c_str());
    }

    void weightsThatFitOneFileAreOne() {
        const auto written = saveSafetensorsShards(path("one.safetensors"), whole_, {}, 1'000'000'000);
        QCOMPARE(written.string(), path("one.safetensors"));
        QVERIFY(!std::filesystem::exists(path("one.safetensors.index.json")));
        QCOMPARE(Checkpoint(written).files().size(), std::size_t(1));
    }

    void aTensorThatIsLargerThanAShardHasOneOfItsOwn() {
        const StateDict weights{{"a", at::zeros({100})}, {"b", at::ones({100})}};
        const auto written = saveSafetensorsShards(path("large.safetensors"), weights, {}, 10);
        QCOMPARE(Checkpoint(written).files().size(), std::size_t(2));
    }

    void aMissingShardIsAnErrorThatNamesIt() {
        const std::string shard = Checkpoint(index_).files().back().string();
        std::filesystem::remove(shard);
        const std::string sentence = errorOf([&] { Checkpoint{index_}; });
        VERIFY_SAYS(sentence, shard);
        VERIFY_SAYS(sentence, "no such file");
    }

    void aShardThatIsCutShortIsAnErrorThatNamesIt() {
        const std::string shard = Checkpoint(index_).files().back().string();
        std::filesystem::resize_file(shard, std::filesystem::file_size(shard) - 1);
        VERIFY_SAYS(errorOf([&] { Checkpoint{index_}; }), shard);
    }

    void shardsOfTorchSaveAreRefusedWithARemedy() {
        saveBackbone(path("pytorch_model-00001-of-00001.bin"), {{"a", at::zeros({1})}});
        writeContent(path("pytorch_model.bin.index.json"),
                     R"({"weight_map": {"a": "pytorch_model-00001-of-00001.bin"}})");
        const std::string sentence = errorOf([&] { Checkpoint{path("pytorch_model.bin.index.json")}; });
        VERIFY_SAYS(sentence, "shards are files of torch.save");
        VERIFY_SAYS(sentence, "save_pretrained");
    }

    void shardsOfAnotherModelAreRefused() {
        saveSafetensors(Checkpoint(index_).files().front(), {{"stranger", at::zeros({1})}});
        VERIFY_SAYS(errorOf([&] { Checkpoint{index_}; }), "tensor stranger is not where");
    }

    void aTensorThatNoShardHoldsIsAnError() {
        const QString shard = QString::fromStdString(Checkpoint(index_).files().front().filename().string());
        QString text = QString::fromStdString(contentOf(index_));
        text.replace(QStringLiteral("\"weight_map\": {"),
                     QStringLiteral("\"weight_map\": {\"absent\": \"%1\",").arg(shard));
        writeContent(index_, text.toStdString());
        const QString part = QStringLiteral("%1 of the %2 tensors").arg(whole_.size()).arg(whole_.size() + 1);
        VERIFY_SAYS(errorOf([&] { Checkpoint{index_}; }), part.toStdString());
    }

    void anIndexReachesNoFileOutsideItsFolder() {
        for (const char* name : {"../secret", "/etc/passwd", "a/b", "..", ".", "", "a\\u0000b"}) {
            const QString index = QStringLiteral(R"({"weight_map": {"a": "%1"}})").arg(QLatin1String(name));
            VERIFY_SAYS(failure(index.toStdString()), "is not the name of a file beside it");
        }
    }

    void whatIsNoIndexIsRefused() {
        VERIFY_SAYS(failure("{\"weight_map\": {\"a\": "), "no JSON");
        VERIFY_SAYS(failure("{}"), "no weight_map");
        VERIFY_SAYS(failure(R"({"weight_map": {}})"), "no weight_map");
        VERIFY_SAYS(failure(R"({"weight_map": ["a"]})"), "no weight_map");
        VERIFY_SAYS(failure(R"({"weight_map": {"a": 1}})"), "no name");
        VERIFY_SAYS(failure("[1]"), "no weight_map");
        VERIFY_SAYS(failure(std::string(100'000, '[')), "no JSON");
    }

    void whatLiesBesideTheMapIsPassedOver() {
        const std::string text =
            R"({"metadata": {"weight_map": {"x": 1}, "sizes": [1, -2, 0.5, null, true, {"a": []}]},
            "weight_map": {"a": "one.safetensors", "b": "two.safetensors"}, "more": [{"weight_map": {"y": "../z"}}]})";
        const ShardIndex index(asBytes(text), "test.index.json");
        QCOMPARE(index.files().size(), std::size_t(2));
        QCOMPARE(index.files().at("b"), std::string("two.safetensors"));
    }

    void aTensorHasOneShard() {
        VERIFY_SAYS(failure(R"({"weight_map": {"a": "b", "a": "c"}})"), "a is there twice");
        for (const char* shard : {"[]", "{}", "null", "true", "-1", "0.5"}) {
            VERIFY_SAYS(failure("{\"weight_map\": {\"a\": " + std::string(shard) + "}}"),
                        "the shard of a is no name");
        }
    }

    void anIndexWithoutEndTakesLittleMemory_data() {
        QTest::addColumn<QByteArray>("unit");
        QTest::addColumn<QByteArray>("start");
        const QByteArray map("{\"weight_map\": ");
        QTest::newRow("nested") << QByteArray("[") << map;
        QTest::newRow("objects nested") << QByteArray("{\"\":") << map;
        QTest::newRow("a list") << QByteArray("[],") << map + "[";
        QTest::newRow("a list beside it") << QByteArray("{},") << QByteArray("{\"metadata\": [");
    }

    void anIndexWithoutEndTakesLittleMemory() {
        QFETCH(QByteArray, unit);
        QFETCH(QByteArray, start);
        const std::string text = (start + unit.repeated(20'000'000 / unit.size())).toStdString();
        const std::int64_t before = peakKilobytes();
        QVERIFY(!failure(text).empty());
        const std::int64_t taken = peakKilobytes() - before;
        QVERIFY2(taken < 100'000, std::to_string(taken).c_str());
    }

    void anIndexOfTooManyTensorsIsRefused() {
        std::string text = "{\"weight_map\": {\"\": \"a\"";
        for (int i = 0; i < 200'000; ++i)
            text += ",\"" + std::to_string(i) + "\": \"a\"";
        VERIFY_SAYS(failure(text + "}}"), "more than 200000 tensors");
    }

    void anIndexInMemoryHasNoShards() {
        const std::string text = contentOf(index_);
        VERIFY_SAYS(errorOf([&] { Checkpoint(asBytes(text), "test"); }), "not a weights file");
    }

private:
    std::string path(const QString& name) const { return folder_->filePath(name).toStdString(); }

    std::unique_ptr<QTemporaryDir> folder_;
    std::string index_;
    StateDict whole_;
};

QTEST_APPLESS_MAIN(ShardIndexTest)
#include "shard_index_test.moc"
