#include "engine/train/run/preset.h"

#include <QTemporaryDir>
#include <QtTest>

#include "engine/train/run/toml_options.h"
#include "engine/train/run/train_options.h"
#include "run_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

const fs::path kShipped = fs::path(SOURCE_DIR) / "models" / "presets";
constexpr const char* kAbout = "[about]\ntitle = \"T\"\ndescription = \"D\"\nneeds = \"N\"\n";

}  // namespace

class PresetTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theShippedOnesAreSound() {
        QStringList names;
        for (const Preset& preset : listPresets(kShipped)) {
            names << QString::fromStdString(preset.name);
            QVERIFY(!preset.title.ends_with('.'));
            QVERIFY(preset.leastImages > 0);
            checkTrainOptions(preset.options);
        }
        QCOMPARE(names, QStringList({"continue-on-my-images", "five-minutes", "imagenette-s16",
                                     "paper-resnet50", "paper-s16-100ep", "paper-s8"}));
    }

    void aPresetFillsWhatIsNotGiven() {
        OptionValues values(trainOptions());
        values.set("epochs", std::string_view("7"));
        values.set("out-dim", std::string_view("65536"));  // given, though it is the default
        applyPreset(findPreset("five-minutes", kShipped), values);
        QCOMPARE(values.text("arch"), std::string("vit_tiny"));
        QCOMPARE(values.integer("global-crop-size"), std::int64_t(64));
        QCOMPARE(values.integer("epochs"), std::int64_t(7));
        QCOMPARE(values.integer("out-dim"), std::int64_t(65536));
    }

    /// What it would be refused for with another objective, it does not ask for.
    void whatHasNoEffectBesideWhatIsGivenIsLeftOut() {
        const Preset preset = findPreset("five-minutes", kShipped);
        OptionValues values(trainOptions());
        values.set("objective", std::string_view("supervised"));
        const std::vector<std::string> left = applyPreset(preset, values);
        QVERIFY(std::find(left.begin(), left.end(), "use-bn-in-head") != left.end());
        QVERIFY(std::find(left.begin(), left.end(), "targets") != left.end());
        QVERIFY(!values.flag("use-bn-in-head") && values.integer("epochs") == 14);
        checkTrainOptions(values);
        QVERIFY(settleTrainOptions(values).empty());
        for (const Preset& each : listPresets(kShipped)) {
            OptionValues alone(trainOptions());
            QVERIFY(applyPreset(each, alone).empty());
        }
    }

    void whatARecordHasDifferentlyIsNamed() {
        const Preset preset = findPreset("five-minutes", kShipped);
        OptionValues recorded(trainOptions());
        applyPreset(preset, recorded);
        QVERIFY(differingOptions(preset, recorded).empty());
        recorded.set("epochs", std::string_view("20"));
        recorded.set("save-every", std::string_view("1"));
        QCOMPARE(differingOptions(preset, recorded), std::vector<std::string>{"epochs"});
    }

    void anUnknownNameListsThoseThereAre() {
        VERIFY_SAYS(
            errorOf([] { findPreset("ten-minutes", kShipped); }),
            "--preset: there is no preset 'ten-minutes'; give one of continue-on-my-images, five-minutes");
        VERIFY_SAYS(errorOf([] { findPreset("x", "/nowhere"); }), "/nowhere: the presets cannot be read");
    }

    void onesOwnFileIsAPresetToo() {
        const QTemporaryDir folder;
        const fs::path file = fs::path(folder.path().toStdString()) / "mine.toml";
        writeContent(file, std::string("epochs = 3\nlr = 1\nglobal_crops_scale = [0.2, 1]\n"
                                       "centring = false\nprobe = [\"a\", \"b c\"]\narch = 'vit_base'\n") +
                               kAbout);
        const Preset preset = findPreset(file.string(), "/nowhere");
        QCOMPARE(preset.name, std::string("mine"));
        QCOMPARE(preset.title, std::string("T"));
        QCOMPARE(preset.options.real("lr"), 1.0);
        QCOMPARE(preset.leastImages, std::int64_t(0));  // it need not tell
        QCOMPARE(preset.options.flag("centring"), false);
        QCOMPARE(preset.options.paths("probe"), (std::vector<std::string>{"a", "b c"}));
        QCOMPARE(OptionValue(preset.options.pair("global-crops-scale")), OptionValue(RealPair{0.2, 1}));
    }

    void brokenOnesNameTheFileAndTheKey_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* text, const char* sentence) {
            QTest::newRow(text) << text << sentence;
        };
        row("epochs = \n", "line 1 cannot be read");
        row("a = 1\na = 2\n", "line 2 cannot be read");
        row("\xff\xfe", "cannot be read");
        row("epoch = 3\n", "there is no option 'epoch'");
        row("epochs = 3.5\n",
            "'epochs' is not written as this option's values are; write a whole number, without quotes");
        row("epochs = \"3\"\n", "'epochs' is not written");
        row("epochs = 0\n", "epochs: '0' is not allowed");
        row("centring = 1\n", "'centring' is not written as this option's values are; write true or false");
        row("lr = nan\n", "lr: 'nan' is not allowed");
        row("lr = 9007199254740994\n", "lr: '9.007199254740994e+15' is not allowed");
        row("global-crops-scale = [0, 9007199254740994]\n", "'0 9.007199254740994e+15' is not allowed");
        row("arch = \"vit_huge\"\n", "arch: 'vit_huge' is not allowed; give vit_small");
        row("global-crops-scale = [0.1]\n", "write two numbers in brackets");
        row("global-crops-scale = 0.1\n", "write two numbers in brackets");
        row("probe = [1]\n", "write a list of quoted paths in brackets");
        row("lr = \"1\"\n", "write a number, without quotes");
        row("arch = 3\n", "write a text in quotes");
        row("resume = true\n", "'resume' is said by each call");
        row("data = \"x\"\n", "'data' is said by each call");
        row("[other]\nx = 1\n", "there is no option 'other'");
    }

    void brokenOnesNameTheFileAndTheKey() {
        QFETCH(const QString, text);
        QFETCH(const QString, sentence);
        const QTemporaryDir folder;
        const fs::path file = fs::path(folder.path().toStdString()) / "bad.toml";
        writeContent(file, text.toStdString() + kAbout);
        const std::string said = errorOf([&] { readPreset(file); });
        VERIFY_SAYS(said, "bad.toml");
        VERIFY_SAYS(said, sentence.toStdString());
    }

    void whatIsMissingIsNamed() {
        const QTemporaryDir folder;
        const fs::path file = fs::path(folder.path().toStdString()) / "bad.toml";
        writeContent(file, "epochs = 3\n");
        VERIFY_SAYS(errorOf([&] { readPreset(file); }), "there is no table [about]");
        writeContent(file, "[about]\ntitle = \"T\"\nneeds = \"N\"\n");
        VERIFY_SAYS(errorOf([&] { readPreset(file); }), "[about] has no description");
        for (const char* wrong : {"0", "-5", "1.5", "\"many\""}) {
            writeContent(file, std::string(kAbout) + "least-images = " + wrong + "\n");
            VERIFY_SAYS(errorOf([&] { readPreset(file); }), "least-images that is no number of images");
        }
        writeContent(file, std::string(2 << 20, '#'));
        VERIFY_SAYS(errorOf([&] { readPreset(file); }), "too large");
        std::string nested = "a";
        for (int depth = 0; depth < 100'000; ++depth)
            nested += ".a";
        writeContent(file, nested + " = 1\n" + kAbout);
        VERIFY_SAYS(errorOf([&] { readPreset(file); }), "too many dots");
        VERIFY_SAYS(errorOf([&] { readPreset(file.parent_path() / "none.toml"); }), "none.toml");
    }

    void everyValueIsWrittenSoThatTomlReadsItBack() {
        const std::vector<std::pair<std::string, OptionValue>> cases{
            {"lr", 1e-300},
            {"lr", 3.0},
            {"lr", 0.1},
            {"centring", false},
            {"seed", std::int64_t(1) << 60},
            {"global-crops-scale", RealPair{0.05, 1}},
            {"probe", std::vector<std::string>{"a \"b\"\\c", "\ttab", "é漢\x7f"}},
            {"data", std::string("line\nbreak\x01'\"\\")}};
        for (const auto& [key, value] : cases) {
            OptionValues values(trainOptions());
            const toml::table table = toml::parse("x = " + tomlValue(value));
            setFromToml(values, key, *table.get("x"), "here");
            QCOMPARE(values.value(key), value);
        }
    }
};

QTEST_APPLESS_MAIN(PresetTest)
#include "preset_test.moc"
