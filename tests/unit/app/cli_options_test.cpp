#include "app/cli_options.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

using namespace dinoscope;
using namespace dinoscope::app;

namespace {

const OptionSchema& schema() {
    static const OptionSchema options{
        {.key = "use-fp16", .type = OptionType::Flag, .defaultValue = true},
        {.key = "crops-scale",
         .type = OptionType::RealPair,
         .defaultValue = RealPair{0.4, 1},
         .minimum = 0,
         .maximum = 1},
        {.key = "probe", .type = OptionType::Paths, .defaultValue = std::vector<std::string>{}},
        {.key = "epochs", .type = OptionType::Integer, .defaultValue = std::int64_t(100), .minimum = 1}};
    return options;
}

OptionValues parse(std::vector<std::string> arguments) {
    OptionValues values(schema());
    CLI::App program;
    bindOptions(program, schema(), values);
    parseArguments(program, std::move(arguments));
    return values;
}

}  // namespace

class CliOptionsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPairIsTwoWordsOrOne() {
        const std::vector<std::vector<std::string>> ways{{"--crops-scale", "0.1", "0.5", "--epochs", "3"},
                                                         {"--crops_scale", "0.1,0.5", "--epochs", "3"},
                                                         {"--crops-scale=0.1 0.5", "--epochs", "3"},
                                                         {"--epochs", "3", "--crops_scale", "0.1", "0.5"}};
        for (const auto& way : ways) {
            const OptionValues values = parse(way);
            QCOMPARE(OptionValue(values.pair("crops-scale")), OptionValue(RealPair{0.1, 0.5}));
            QCOMPARE(values.integer("epochs"), std::int64_t(3));
        }
    }

    void aNameInBracketsIsAName() {
        const OptionValues values = parse({"--probe", "[cats]", "[a,b].jpg", "[Group] Album [1080p]"});
        QCOMPARE(values.paths("probe"),
                 (std::vector<std::string>{"./[cats]", "[a,b].jpg", "./[Group] Album [1080p]"}));
        QCOMPARE(parse({"--probe=[p]"}).paths("probe"), (std::vector<std::string>{"./[p]"}));
    }

    void whatIsLeftOverIsNamedInItsOrder() {
        try {
            parse({"--epochs", "3", "one", "two"});
            QFAIL("it was taken");
        } catch (const UsageError& error) {
            QCOMPARE(error.problem(), std::string("not expected here: one two"));
        }
    }

    void wordsOfTheReferenceBecomeOne() {
        using Words = std::vector<std::string>;
        QCOMPARE(joinReferenceWords({"attend", "--image_size", "480", "640", "a.jpg"}),
                 (Words{"attend", "--image_size", "640x480", "a.jpg"}));
        QCOMPARE(joinReferenceWords({"knn", "--nb_knn", "10", "20", "100", "--train", "t"}),
                 (Words{"knn", "--nb_knn", "10,20,100", "--train", "t"}));
        for (const Words& own :
             {Words{"attend", "--size", "64", "2024", "2025"}, Words{"attend", "--image-size", "64", "a.jpg"},
              Words{"attend", "--image-size", "64"}, Words{"knn", "-k", "10", "20"}})
            QCOMPARE(joinReferenceWords(own), own);
    }

    void aFolderNamedByANumberStaysOne() {
        const QTemporaryDir folder;
        const std::string before = QDir::currentPath().toStdString();
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("2024")) && QDir::setCurrent(folder.path()));
        const std::vector<std::string> words{"attend", "--image_size", "64", "2024"};
        const std::vector<std::string> joined = joinReferenceWords(words);
        QVERIFY(QDir::setCurrent(QString::fromStdString(before)));
        QCOMPARE(joined, words);
    }

    void aPairOfOneOrThreeIsRefused() {
        QVERIFY_EXCEPTION_THROWN(parse({"--crops-scale", "0.1"}), UsageError);
        QVERIFY_EXCEPTION_THROWN(parse({"--crops-scale", "0.1", "0.2", "0.3"}), UsageError);
        QVERIFY_EXCEPTION_THROWN(parse({"--crops-scale"}), UsageError);
        QVERIFY_EXCEPTION_THROWN(parse({"--crops-scale", "0.1", "0.5", "--crops-scale", "0.3"}), UsageError);
    }

    void pathsAreSeveralWordsAndSeveralOptions() {
        const OptionValues values = parse({"--probe", "a.jpg", "b c.jpg", "--epochs", "2", "--probe", "d"});
        QCOMPARE(values.paths("probe"), (std::vector<std::string>{"a.jpg", "b c.jpg", "d"}));
        QCOMPARE(values.integer("epochs"), std::int64_t(2));
    }

    void ofAnOptionGivenTwiceTheLastValueHolds() {
        QCOMPARE(parse({"--epochs", "3", "--epochs", "4"}).integer("epochs"), std::int64_t(4));
        const std::vector<std::vector<std::string>> pairs{
            {"--crops-scale", "0.4", "1", "--crops-scale", "0.1", "0.5"},
            {"--crops-scale", "0.4", "1", "--epochs", "3", "--crops_scale", "0.1,0.5"},
            {"--crops-scale=0.4,1", "--crops-scale=0.1 0.5"}};
        for (const auto& words : pairs)
            QCOMPARE(OptionValue(parse(words).pair("crops-scale")), OptionValue(RealPair{0.1, 0.5}));
        QCOMPARE(parse({"--no-use-fp16", "--use-fp16"}).flag("use-fp16"), true);
        QCOMPARE(parse({"--use-fp16", "--use_fp16=no"}).flag("use-fp16"), false);
    }

    void helpNamesEachOptionOnceAndReadsAsASentence() {
        OptionValues values(schema());
        CLI::App program;
        bindOptions(program, schema(), values);
        const std::string help = program.help();
        for (const char* part : {"--use-fp16", "--crops-scale", "at least 1; default 100",
                                 "(on; --no-use-fp16 switches it off)"})
            QVERIFY2(help.find(part) != std::string::npos, help.c_str());
        for (const char* part : {",--no-use-fp16", "crops_scale", "{false}", "(of at least"})
            QVERIFY2(help.find(part) == std::string::npos, help.c_str());
    }

    void aFlagTakesAValueBehindAnEqualsSign() {
        QCOMPARE(parse({"--use-fp16=false"}).flag("use-fp16"), false);
        QCOMPARE(parse({"--use_fp16=true"}).flag("use-fp16"), true);
        QCOMPARE(parse({"--no-use-fp16"}).flag("use-fp16"), false);
        QCOMPARE(parse({"--use_fp16=0"}).flag("use-fp16"), false);
        QCOMPARE(parse({"--use-fp16"}).flag("use-fp16"), true);
        QCOMPARE(parse({"--no-use-fp16=true"}).flag("use-fp16"), false);
        QVERIFY(!parse({}).isSet("use-fp16"));
    }

    void aFlagWithAnotherValueIsRefusedInASentence() {
        for (const char* text : {"maybe", "x", "ja", "abc", "7", "99999999999999999999"}) {
            for (const char* name : {"--use-fp16", "--use_fp16", "--no-use-fp16"}) {
                try {
                    parse({std::string(name) + "=" + text});
                    QFAIL((std::string(name) + "=" + text + " was taken").c_str());
                } catch (const UsageError& error) {
                    QVERIFY(!std::string(error.problem()).empty());
                }
            }
        }
        try {
            parse({"--use-fp16=maybe"});
        } catch (const UsageError& error) {
            QCOMPARE(std::string(error.what()),
                     std::string("--use-fp16: 'maybe' is not allowed; give true or false"));
        }
    }
};

QTEST_APPLESS_MAIN(CliOptionsTest)
#include "cli_options_test.moc"
