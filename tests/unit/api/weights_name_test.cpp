#include "engine/api/weights_name.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "engine/api/model.h"
#include "engine/base/error.h"

using namespace dinoscope;
using namespace dinoscope::api;

class WeightsNameTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void withoutAnotherNameItIsTheModelThatShips() {
        const ModelSource source = modelSource(OptionValues(modelOptions()), 0);
        QCOMPARE(source.weights, std::string("bundled"));
        JobControl control;
        const ModelInfo info = inspectModel(source, true, control);
        QCOMPARE(info.catalogueName, std::string("bundled"));
        QCOMPARE(info.architecture, std::string("vit_small"));
        QVERIFY(!info.licence.empty());
        QVERIFY(!info.untrained());
    }

    void theCatalogueSpeaksOfAFileOnlyIfItHoldsTheNetworkThatItsNamePromises() {
        const QTemporaryDir folder;
        const std::filesystem::path inside(folder.path().toStdString());
        const std::filesystem::path index = resolveWeights("bundled");
        for (const auto& entry : std::filesystem::directory_iterator(index.parent_path())) {
            if (entry.path().extension() == ".safetensors")
                std::filesystem::create_symlink(entry.path(), inside / entry.path().filename());
        }
        JobControl control;
        const auto infoUnder = [&](const char* name) {
            std::filesystem::copy_file(index, inside / name);
            ModelSource source;
            source.weights = (inside / name).string();
            return inspectModel(source, false, control);
        };
        QCOMPARE(infoUnder("dino_deitsmall16_pretrain.pth").catalogueName, std::string("dino-vits16"));
        const ModelInfo other = infoUnder("dino_vitbase16_pretrain.pth");
        QVERIFY(other.catalogueName.empty() && other.licence.empty() && other.source.empty());
    }

    void theModelThatShipsIsMissedByNameAndPlace() {
        qputenv("DINOSCOPE_MODELS", "/nowhere");
        try {
            resolveWeights("bundled");
            QFAIL("nothing was thrown");
        } catch (const Error& error) {
            const std::string sentence = error.what();
            QVERIFY2(sentence.find("ships with the program") != std::string::npos, sentence.c_str());
            QVERIFY2(sentence.find("/nowhere/bundled/") != std::string::npos, sentence.c_str());
        }
        qunsetenv("DINOSCOPE_MODELS");
    }

    void aFolderWithWeightsMeansThem() {
        const std::string index = resolveWeights("bundled");
        const QTemporaryDir folder;
        const std::filesystem::path inside(folder.path().toStdString());
        std::filesystem::copy_file(index, inside / "model.safetensors");
        QCOMPARE(resolveWeights(inside.string()), (inside / "model.safetensors").string());
        // One that is left of an earlier export does not hide the file.
        std::filesystem::copy_file(index, inside / "model.safetensors.index.json");
        QCOMPARE(resolveWeights(inside.string()), (inside / "model.safetensors").string());
        std::filesystem::remove(inside / "model.safetensors");
        QCOMPARE(resolveWeights(inside.string()), (inside / "model.safetensors.index.json").string());
    }

    void aFolderWithoutSafetensorsMeansWhatTorchSaved() {
        const QTemporaryDir folder;
        const std::filesystem::path inside(folder.path().toStdString());
        QCOMPARE(resolveWeights(inside.string()), inside.string());
        for (const char* name : {"pytorch_model.bin.index.json", "pytorch_model.bin", "model.safetensors"}) {
            std::ofstream(inside / name) << "x";
            QCOMPARE(resolveWeights(inside.string()), (inside / name).string());
        }
    }

    void theDefaultDoesNotDependOnTheFolderOneIsIn() {
        const QTemporaryDir folder;
        const QString before = QDir::currentPath();
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("bundled")) && QDir::setCurrent(folder.path()));
        const bool named = isNamed("bundled");
        const std::string file = resolveWeights("bundled");
        const bool path = isNamed("./bundled");
        QVERIFY(QDir::setCurrent(before));
        QVERIFY(named && !path);
        QVERIFY2(file.ends_with("bundled/model.safetensors.index.json"), file.c_str());
    }

    void anEpochChoosesACheckpointOfARun() {
        const QTemporaryDir folder;
        const std::filesystem::path run(folder.path().toStdString());
        std::filesystem::create_directory(run / "checkpoints");
        for (const char* name : {"run.toml", "checkpoints/epoch0002.pth", "checkpoints/epoch0003.pth"})
            std::ofstream(run / name) << "x";
        OptionValues options(modelOptions());
        options.set("weights", OptionValue(run.string()));
        QCOMPARE(modelSource(options, 0).weights, (run / "checkpoints/epoch0003.pth").string());
        options.set("epoch", OptionValue(std::int64_t{2}));
        QCOMPARE(modelSource(options, 0).weights, (run / "checkpoints/epoch0002.pth").string());
    }

    void anEpochOfWhatIsNoRunIsRefused() {
        QVERIFY_THROWS_EXCEPTION(UsageError, resolveWeights("bundled", 2));
        QVERIFY_THROWS_EXCEPTION(UsageError, resolveWeights("some.pth", 2));
    }

    void weightsAreShownByTheNameThatTellsThemApart() {
        QCOMPARE(shownWeights("bundled"), std::string("bundled"));
        QCOMPARE(shownWeights("untrained"), std::string("untrained"));
        QCOMPARE(shownWeights("/a/b/dino.pth"), std::string("dino.pth"));
        QCOMPARE(shownWeights("/a/vits/model.safetensors"), std::string("vits/model.safetensors"));
        QCOMPARE(shownWeights("model.safetensors"), std::string("model.safetensors"));
        QCOMPARE(shownWeights("/runs/first/"), std::string("first"));
        QCOMPARE(shownWeights("/runs/first/checkpoints/epoch0009.pth"), std::string("first/epoch0009.pth"));
        QCOMPARE(shownWeights("checkpoints/a.pth"), std::string("a.pth"));
    }
};

QTEST_APPLESS_MAIN(WeightsNameTest)
#include "weights_name_test.moc"
