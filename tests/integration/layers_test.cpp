#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <map>

#include "tests/integration/include_rules.h"

using namespace dinoscope;
namespace fs = std::filesystem;
using Files = std::map<QString, QString>;

Q_DECLARE_METATYPE(Files)

namespace {

/// A tree that keeps every rule; the cases below break it in one place each.
Files soundTree() {
    return {
        {"engine/base/error.h", "#include <string>\n"},
        {"engine/base/log.cpp", "#include <spdlog/spdlog.h>\n#include \"engine/base/error.h\"\n"},
        {"engine/image/decode.h", "#include \"engine/base/error.h\"\n"},
        {"engine/image/decode.cpp", "#include <opencv2/imgcodecs.hpp>\n#include \"engine/image/decode.h\"\n"},
        {"engine/nn/vit.h", "#include <ATen/core/Tensor.h>\n"},
        {"engine/nn/kernels/exp.inl", "#include \"engine/base/error.h\"\n"},
        {"engine/api/model.h", "#include \"engine/image/decode.h\"\n"},
        {"engine/api/model_impl.h", "#include \"engine/api/model.h\"\n#include \"engine/nn/vit.h\"\n"},
        {"engine/api/model.cpp", "#include \"engine/api/model_impl.h\"\n"},
        {"ui/theme.h", "#include <QColor>\n"},
        {"ui/widgets/canvas.h", "#include <QtWidgets/QWidget>\n#include \"ui/theme.h\"\n"},
        {"ui/explore/stage.h", "#include \"engine/api/model.h\"\n#include \"ui/widgets/canvas.h\"\n"},
        {"app/gui_main.cpp", "#include <QApplication>\n#include \"ui/explore/stage.h\"\n"}};
}

void write(const fs::path& root, const Files& files) {
    for (const auto& [name, content] : files) {
        const fs::path file = root / name.toStdString();
        fs::create_directories(file.parent_path());
        std::ofstream(file) << content.toStdString();
    }
}

QStringList breachesOf(const IncludeCheck& check) {
    QStringList texts;
    for (const Breach& breach : check.breaches)
        texts << QString::fromStdString(breach.text());
    return texts;
}

}  // namespace

class LayersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theProjectKeepsItsLayers() {
        const IncludeCheck check = checkIncludes(SOURCE_DIR);
        QVERIFY(check.files > 100);
        QVERIFY(check.includes > 500);
        QVERIFY2(check.breaches.empty(), qPrintable("\n" + breachesOf(check).join('\n')));
    }

    void aSoundTreeHasNoBreach() {
        const QTemporaryDir folder;
        write(folder.path().toStdString(), soundTree());
        const IncludeCheck check = checkIncludes(folder.path().toStdString());
        QCOMPARE(check.files, int(soundTree().size()));
        QCOMPARE(breachesOf(check), QStringList());
    }

    void eachBreachIsFoundAndNamed_data() {
        QTest::addColumn<Files>("changed");
        QTest::addColumn<QString>("breach");
        const auto row = [](const char* name, const Files& changed, const char* breach) {
            QTest::newRow(name) << changed << QString(breach);
        };
        row("an arrow that points up", {{"engine/base/error.h", "\n#include \"engine/image/decode.h\"\n"}},
            "engine/base/error.h:2: engine/image/decode.h lies above base");
        row("up from a folder inside",
            {{"engine/nn/kernels/exp.inl", "  #  include \"engine/api/model.h\"  // x\n"}},
            "engine/nn/kernels/exp.inl:1: engine/api/model.h lies above nn");
        row("a folder outside the list", {{"engine/misc/a.h", "#include <string>\n"}},
            "engine/misc/a.h: this folder has no place in the list of layers");
        row("the engine knows ui", {{"engine/api/model.cpp", "#include \"ui/theme.h\"\n"}},
            "engine/api/model.cpp:1: the engine must not know ui/theme.h");
        row("the engine knows Qt", {{"engine/image/decode.h", "#include <QImage>\n"}},
            "engine/image/decode.h:1: the engine knows nothing of Qt");
        row("ui past the api", {{"ui/explore/stage.h", "#include \"engine/image/decode.h\"\n"}},
            "ui/explore/stage.h:1: engine/image/decode.h is not for ui or app, which see engine/api");
        row("app past the api", {{"app/gui_main.cpp", "#include \"engine/base/error.h\"\n"}},
            "app/gui_main.cpp:1: engine/base/error.h is not for ui or app, which see engine/api");
        row("ui sees what the api keeps to itself",
            {{"ui/explore/stage.h", "#include \"engine/api/model_impl.h\"\n"}},
            "ui/explore/stage.h:1: engine/api/model_impl.h is not for ui or app, which see engine/api");
        row("ui knows app", {{"ui/explore/stage.h", "#include \"app/gui_main.cpp\"\n"}},
            "ui/explore/stage.h:1: app/gui_main.cpp lies above ui");
        row("a widget knows the engine", {{"ui/widgets/canvas.h", "#include \"engine/api/model.h\"\n"}},
            "ui/widgets/canvas.h:1: widgets know nothing of the engine, nor of engine/api/model.h");
        row("a widget knows a workspace", {{"ui/widgets/canvas.h", "#include \"ui/explore/stage.h\"\n"}},
            "ui/widgets/canvas.h:1: widgets know nothing of the workspaces, nor of ui/explore/stage.h");
        row("not from the root", {{"engine/image/decode.cpp", "#include \"decode.h\"\n"}},
            "engine/image/decode.cpp:1: \"decode.h\" is not written from the root");
        row("spdlog elsewhere", {{"engine/image/decode.cpp", "#include <spdlog/spdlog.h>\n"}},
            "engine/image/decode.cpp:1: spdlog is for engine/base/log.cpp alone");
        row("torch and spdlog",
            {{"engine/base/log.cpp", "#include <spdlog/spdlog.h>\n#include <c10/util/Logging.h>\n"}},
            "engine/base/log.cpp: torch and spdlog meet here");
        row("torch in ui", {{"ui/theme.h", "#include <torch/torch.h>\n"}},
            "ui/theme.h:1: torch is for the engine alone");
        row("torch in app, quoted", {{"app/gui_main.cpp", "#include \"ATen/ATen.h\"\n"}},
            "app/gui_main.cpp:1: torch is for the engine alone");
        row("OpenCV in ui", {{"ui/theme.h", "#include <opencv2/core.hpp>\n"}},
            "ui/theme.h:1: OpenCV is for the engine alone");
        row("torch and Qt",
            {{"engine/nn/vit.h", "#include <ATen/core/Tensor.h>\n#include <QtCore/QString>\n"}},
            "engine/nn/vit.h: torch and Qt meet here");
        row("torch and Qt through headers", {{"engine/api/model.h", "#include \"engine/nn/vit.h\"\n"}},
            "app/gui_main.cpp: torch and Qt meet here");
        row("the api shows torch", {{"engine/api/model.h", "#include <c10/core/Device.h>\n"}},
            "engine/api/model.h: a header for ui and app shows them torch or OpenCV");
        row("the api shows OpenCV through a header",
            {{"engine/image/decode.h", "#include <opencv2/core.hpp>\n"}},
            "engine/api/model.h: a header for ui and app shows them torch or OpenCV");
    }

    void eachBreachIsFoundAndNamed() {
        QFETCH(const Files, changed);
        QFETCH(const QString, breach);
        const QTemporaryDir folder;
        write(folder.path().toStdString(), soundTree());
        write(folder.path().toStdString(), changed);
        const QStringList found = breachesOf(checkIncludes(folder.path().toStdString()));
        QVERIFY2(found.contains(breach), qPrintable("\n" + found.join('\n')));
    }
};

QTEST_APPLESS_MAIN(LayersTest)
#include "layers_test.moc"
