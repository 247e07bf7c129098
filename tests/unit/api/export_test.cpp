#include <ATen/ATen.h>

#include "engine/api/export.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "engine/api/weights_name.h"
#include "engine/base/error.h"
#include "engine/nn/inference_vit.h"
#include "engine/weights/load.h"
#include "engine/weights/save.h"
#include "tests/unit/golden.h"
#include "tests/unit/weights/pickle_bytes.h"
#include "tests/unit/weights/weights_test_tools.h"
#include "tests/unit/weights/zip_bytes.h"

using namespace dinoscope;
using namespace dinoscope::api;
namespace fs = std::filesystem;

namespace {

std::string family(const QString& name) {
    return GOLDEN_DIR "/families/" + name.toStdString();
}

Backbone load(const std::string& file, int heads) {
    LoadOptions options;
    options.headsPerLayer = heads;
    JobControl control;
    return loadBackbone(file, options, control);
}

ExportReport exported(const std::string& source, const std::string& format, const std::string& output,
                      const std::vector<std::pair<std::string, std::string>>& more = {}) {
    OptionValues options(exportOptions());
    options.set("format", std::string_view(format));
    options.set("output", std::string_view(output));
    options.set("heads-per-layer", std::string_view("2"));
    for (const auto& [key, value] : more)
        options.set(key, std::string_view(value));
    JobControl control;
    return exportWeights(source, options, control);
}

at::Tensor lastAttention(const Backbone& backbone, const at::Tensor& image) {
    const InferenceVit vit(backbone.config, backbone.weights, at::kCPU, at::kFloat);
    JobControl control;
    const QueriesAndKeys field = vit.queriesAndKeys(image, backbone.config.depth - 1, control);
    return at::softmax(
        field.queries.matmul(field.keys.transpose(1, 2)) / std::sqrt(double(field.queries.size(2))), -1);
}

std::string python() {
    return qEnvironmentVariable("DINOSCOPE_PYTHON", "python3").toStdString();
}

/// Runs check_export.py; its complaint, or "skip" where there is no Python with torch and timm.
QString checkedByPython(const QStringList& arguments) {
    QProcess process;
    process.start(QString::fromStdString(python()),
                  QStringList{SOURCE_DIR "/tests/integration/check_export.py"} + arguments);
    if (!process.waitForStarted()) return "skip";
    process.waitForFinished(240'000);
    if (process.exitCode() == 77) return "skip";
    return process.exitCode() == 0 ? QString() : QString::fromUtf8(process.readAllStandardError()) + "failed";
}

void familyRows() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("expected");
    QTest::addColumn<QString>("network");  // of check_export.py
    const auto row = [](const char* file, const char* expected, const char* network) {
        QTest::newRow(file) << QString(file) << QString(expected) << QString(network);
    };
    row("mae_pretraining.pth", "mae", "vit");
    row("moco.pth", "moco_base_encoder", "vit");
    row("ibot_training.pth", "ibot", "vit");
    row("deit_distilled.pth", "deit_distilled", "deit");
    row("timm_supervised.safetensors", "timm_supervised", "vit5");
    row("dinov2.pth", "dinov2", "dinov2");
    row("dinov2_registers.pth", "dinov2_registers", "dinov2_registers");
    row("dinov3.pth", "dinov3", "dinov3");
    row("dinov3_swiglu_timm.safetensors", "dinov3_swiglu", "dinov3_swiglu");
    row("hf_dinov2/model.safetensors", "hf_dinov2", "dinov2");
}

}  // namespace

class ExportTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void whatIsExportedIsReadAgain_data() { familyRows(); }

    void whatIsExportedIsReadAgain() {
        QFETCH(QString, file);
        QFETCH(QString, expected);
        const Golden golden("families/expected.safetensors");
        const std::string at = expected.toStdString() + ".16x16.";
        const Backbone before = load(family(file), 2);
        for (const char* format : {"backbone", "safetensors"}) {
            const std::string output = path(std::string("out.") + format);
            const ExportReport report = exported(family(file), format, output);
            const Backbone after = load(output, 2);
            const bool timm = std::string(format) == "safetensors";
            const bool changed = timm && (before.config.registers > 0);  // into what timm has of it
            for (const auto& [name, tensor] : before.weights) {
                if (changed &&
                    (name == "cls_token" || name == "pos_embed" || name.find("bias_mask") != name.npos ||
                     name.find("qkv.bias") != name.npos || name == "rope_embed.periods")) {
                    continue;
                }
                QVERIFY2(after.weights.contains(name) && after.weights.at(name).equal(tensor), name.c_str());
            }
            for (const auto& [name, tensor] : before.classifier)
                QVERIFY2(after.classifier.at(name).equal(tensor), name.c_str());
            const at::Tensor image = golden[at + "image"];
            QVERIFY(greatest(lastAttention(after, image), golden[at + "layer1"]) < 1e-4);
            if (timm) {
                QCOMPARE(after.inspection.family, before.inspection.family);
                QCOMPARE(after.config.positions, before.config.positions);
                QCOMPARE(after.config.layerNormEpsilon, before.config.layerNormEpsilon);
                QCOMPARE(load(output, 0).config.heads, 2);  // the metadata tell
            }
            QCOMPARE(std::int64_t(fs::file_size(output)), report.bytes);
        }
    }

    void theNameTellsTheFormat() {
        OptionValues options(exportOptions());
        options.set("output", OptionValue(path("named.safetensors")));
        options.set("heads-per-layer", std::string_view("2"));
        JobControl control;
        QCOMPARE(exportWeights(family("mae_encoder.pth"), options, control).format,
                 std::string("safetensors"));
        QCOMPARE(load(path("named.safetensors"), 0).config.heads, 2);
        for (const auto& [format, name] :
             {std::pair("backbone", "a.safetensors"), std::pair("safetensors", "a.pth"),
              std::pair("safetensors", "a.safetensors.index.json")})
            QVERIFY_THROWS_EXCEPTION(UsageError, exported(family("mae_encoder.pth"), format, path(name)));
        QVERIFY_THROWS_EXCEPTION(UsageError, exported(family("mae_encoder.pth"), "backbone", path("b.pth"),
                                                      {{"namespace", "true"}}));
    }

    void aSourceWhoseNameIsNotUtf8IsExported() {
        const std::string source = path("w\xFF.pth");
        fs::copy_file(family("mae_encoder.pth"), source);
        exported(source, "safetensors", path("of it.safetensors"));
        QCOMPARE(load(path("of it.safetensors"), 0).config.heads, 2);
    }

    void aFileBesideShardsIsTold() {
        exported(family("mae_encoder.pth"), "safetensors", path("model.safetensors"));
        OptionValues options(exportOptions());
        for (const auto& [key, value] :
             {std::pair("output", path("model.safetensors")), std::pair("shard-size", std::string("1")),
              std::pair("heads-per-layer", std::string("6"))})
            options.set(key, std::string_view(value));
        JobControl control;
        const ExportReport report = exportWeights("bundled", options, control);
        QVERIFY(std::ranges::any_of(report.notes, [](const std::string& note) {
            return note.find("lies beside the shards") != note.npos;
        }));
    }

    void timmLoadsAndComputesWhatIsExported_data() { familyRows(); }

    void timmLoadsAndComputesWhatIsExported() {
        QFETCH(QString, file);
        QFETCH(QString, expected);
        QFETCH(QString, network);
        exported(family(file), "safetensors", path("out.safetensors"));
        const QString found =
            checkedByPython({"timm", QString::fromStdString(path("out.safetensors")), network,
                             GOLDEN_DIR "/families/expected.safetensors", expected});
        if (found == "skip")
            QSKIP("there is no Python with torch, timm and safetensors; DINOSCOPE_PYTHON names one");
        QVERIFY2(found.isEmpty(), qPrintable(found));
    }

    void shardsAreReportedByTheirIndexAndReadAgain() {
        const ExportReport report =
            exported("bundled", "safetensors", path("model.safetensors"),
                     {{"shard-size", "20"}, {"precision", "bf16"}, {"heads-per-layer", "6"}});
        QCOMPARE(report.output.string(), path("model.safetensors.index.json"));
        const Checkpoint checkpoint(report.output);
        std::int64_t bytes = 0;
        for (const fs::path& shard : checkpoint.files()) {
            QVERIFY(fs::file_size(shard) <= 20'100'000);  // of which the header is some kilobytes
            bytes += static_cast<std::int64_t>(fs::file_size(shard));
        }
        QVERIFY(checkpoint.files().size() >= 3);
        QCOMPARE(report.bytes, bytes);
        const StateDict before = load(resolveWeights("bundled"), 6).weights;
        const StateDict after = load(report.output.string(), 6).weights;
        QCOMPARE(after.size(), before.size());
        for (const auto& [name, tensor] : before)
            QVERIFY2(after.at(name).equal(tensor), name.c_str());
    }

    void onlySafetensorsAreWrittenInShards() {
        QVERIFY_EXCEPTION_THROWN(
            exported(family("moco.pth"), "backbone", path("out.pth"), {{"shard-size", "20"}}), UsageError);
        QVERIFY(!fs::exists(path("out.pth")));
    }

    void aFormatThatCannotTellSaysSo() {
        const auto notes = [&](const char* format) {
            std::string all;
            for (const std::string& note :
                 exported(GOLDEN_DIR "/families/moco.pth", format, path("out")).notes)
                all += note + "\n";
            return all;
        };
        QVERIFY(notes("backbone").find("--heads-per-layer 2") != std::string::npos);
        QVERIFY(notes("backbone").find("positions or norms") != std::string::npos);
        QVERIFY(notes("safetensors").empty());
    }

    void aTrainingCheckpointIsWrittenAsAPlainDictOrANamespace() {
        const std::string source = GOLDEN_DIR "/weights/training.pth";
        for (const bool space : {false, true}) {
            const std::string output = path("training.pth");
            const ExportReport report =
                exported(source, "dino", output, {{"namespace", space ? "true" : "false"}});
            const Checkpoint before(source);
            const Checkpoint after(output);
            QVERIFY(after.options() == before.options());
            QCOMPARE(after.epoch().value_or(-1), std::int64_t(42));
            QCOMPARE(after.groups().size(), before.groups().size());
            for (const TensorGroup& group : before.groups()) {
                const TensorGroup* same = after.group(group.key);
                QVERIFY(same && same->tensors.size() == group.tensors.size());
                for (std::size_t i = 0; i < group.tensors.size(); ++i) {
                    QCOMPARE(same->tensors[i].name, group.tensors[i].name);
                    QVERIFY(loadTensor(after, *same, i).equal(loadTensor(before, group, i)));
                }
            }
            const QString found =
                checkedByPython({"training", QString::fromStdString(output), space ? "namespace" : "dict"});
            if (found == "skip") QSKIP("there is no Python with torch; DINOSCOPE_PYTHON names one");
            QVERIFY2(found.isEmpty(), qPrintable(found));
        }
    }

    void ofATrainingCheckpointNeitherANetworkNorAPrecisionIsChosen() {
        for (const auto& [key, value] :
             {std::pair("precision", "bf16"), std::pair("checkpoint-key", "student")}) {
            const std::string said = errorOf([&] {
                exported(GOLDEN_DIR "/weights/training.pth", "dino", path("out.pth"), {{key, value}});
            });
            VERIFY_SAYS(said, std::string("--") + key + ": a training checkpoint is exported whole");
        }
        QVERIFY(!fs::exists(path("out.pth")));
    }

    /// A list that names one text many times is small in its file.
    void sharedTextsDoNotFillTheMemory() {
        PickleBytes pickle;
        pickle.raw("}(").text("texts").raw("](").text(std::string(1 << 20, 'x')).raw("q\x01");
        for (int i = 0; i < 100; ++i)
            pickle.raw("h\x01");
        pickle.raw("e");
        for (const char* network : {"student", "teacher"}) {
            pickle.text(network).raw("}(").text("backbone.cls_token").tensor(6, 0, 2, 3, 3, 1).raw("u");
        }
        pickle.raw("u");
        ZipBytes zip;
        zip.add("archive/data.pkl", pickle.stop());
        zip.add("archive/data/0", std::string(24, '\0'));
        std::ofstream(path("many.pth"), std::ios::binary) << zip.finish();
        const std::string said = errorOf([&] { exported(path("many.pth"), "dino", path("out.pth")); });
        VERIFY_SAYS(said, "nested or shared without end");
    }

    void aBackboneAloneBecomesStudentAndTeacher() {
        // The reference has networks of its own widths only.
        StateDict weights = initialWeights(VitConfig::byName("vit_tiny", 16), 3);
        saveBackbone(path("tiny.pth"), weights);
        OptionValues options(exportOptions());
        options.set("format", std::string_view("dino"));
        options.set("output", std::string_view(path("out.pth")));
        JobControl control;
        exportWeights(path("tiny.pth"), options, control);
        const Backbone back = load(path("out.pth"), 0);
        QCOMPARE(back.inspection.checkpointKey, std::string("teacher"));
        QVERIFY(back.weights.at("blocks.3.mlp.fc1.weight").equal(weights.at("blocks.3.mlp.fc1.weight")));
        try {
            exported(GOLDEN_DIR "/families/dinov2.pth", "dino", path("none.pth"));
            QFAIL("a network with LayerScale was written");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("facebookresearch/dino has no network like this") !=
                    std::string::npos);
        }
        QVERIFY(!fs::exists(path("none.pth")));
    }

private:
    std::string path(const std::string& name) const {
        return folder_->filePath(QString::fromStdString(name)).toStdString();
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_APPLESS_MAIN(ExportTest)
#include "export_test.moc"
