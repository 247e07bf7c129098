#include "engine/base/option.h"

#include <QtTest>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "engine/base/error.h"

using namespace dinoscope;

namespace {

const OptionSchema& schema() {
    static const OptionSchema options{
        {.key = "raw", .type = OptionType::Flag, .defaultValue = false},
        {.key = "heads",
         .type = OptionType::Integer,
         .defaultValue = std::int64_t(6),
         .minimum = 1,
         .maximum = 16},
        {.key = "seed", .type = OptionType::Integer, .defaultValue = std::int64_t(0)},
        {.key = "teacher-temp", .type = OptionType::Real, .defaultValue = 0.04, .minimum = 0, .maximum = 1},
        {.key = "any-real", .type = OptionType::Real, .defaultValue = 0.0},
        {.key = "name", .type = OptionType::Text, .defaultValue = std::string("dog")},
        {.key = "weights",
         .type = OptionType::Path,
         .defaultValue = std::string(),
         .shortName = 'w',
         .aliases = {"pretrained-weights", "checkpoint"}},
        {.key = "colormap",
         .type = OptionType::Choice,
         .defaultValue = std::string("viridis"),
         .choices = {"viridis", "magma", "grey"}},
        {.key = "scale",
         .type = OptionType::RealPair,
         .defaultValue = RealPair{0.4, 1},
         .minimum = 0,
         .maximum = 1},
        {.key = "probe", .type = OptionType::Paths, .defaultValue = std::vector<std::string>{}}};
    return options;
}

/// The sentence of the UsageError that `call` throws; empty if it throws none.
template <typename Call>
std::string refusal(const Call& call) {
    try {
        call();
    } catch (const UsageError& error) {
        return error.what();
    }
    return {};
}

std::string refusalOf(const std::string& key, const std::string& text) {
    return refusal([&] { parseOptionValue(*schema().find(key), text); });
}

}  // namespace

class OptionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsByKeyAndAliasWithDashesOrUnderscores() {
        const OptionSpec* weights = schema().find("weights");
        QVERIFY(weights);
        for (const char* name : {"pretrained-weights", "pretrained_weights", "checkpoint"})
            QCOMPARE(schema().find(name), weights);
        QCOMPARE(schema().find("teacher_temp")->key, std::string("teacher-temp"));
        QVERIFY(!schema().find("nothing"));
        QVERIFY(!schema().find(""));
        QVERIFY(!schema().find("w"));
    }

    void keepsTheOrderOfDeclarationAndJoins() {
        const OptionSchema more(schema(), {{.key = "last", .type = OptionType::Flag, .defaultValue = true}});
        QCOMPARE(more.specs().size(), schema().specs().size() + 1);
        QCOMPARE(more.specs().front().key, std::string("raw"));
        QCOMPARE(more.specs().back().key, std::string("last"));
    }

    void refusesANameDeclaredTwice_data() {
        QTest::addColumn<int>("which");
        QTest::newRow("key") << 0;
        QTest::newRow("alias of another") << 1;
        QTest::newRow("underscores") << 2;
        QTest::newRow("alias of its own") << 3;
        QTest::newRow("letter") << 4;
    }

    void refusesANameDeclaredTwice() {
        QFETCH(const int, which);
        const OptionSpec first{.key = "one-two", .aliases = {"uno"}};
        OptionSpec second{.key = "other"};
        if (which == 0) second.key = "one-two";
        if (which == 1) second.aliases = {"uno"};
        if (which == 2) second.key = "one_two";
        if (which == 3) second.aliases = {"other"};
        OptionSpec lettered = first;
        if (which == 4) lettered.shortName = second.shortName = 'o';
        QVERIFY_EXCEPTION_THROWN((OptionSchema{lettered, second}), Error);
    }

    void refusesADefaultThatIsNoValueOfTheOption_data() {
        QTest::addColumn<int>("which");
        QTest::newRow("a whole number for a real one") << 0;
        QTest::newRow("a text for a flag") << 1;
        QTest::newRow("out of range") << 2;
        QTest::newRow("not among the choices") << 3;
    }

    void refusesADefaultThatIsNoValueOfTheOption() {
        QFETCH(const int, which);
        const OptionSpec specs[]{
            {.key = "x", .type = OptionType::Real, .defaultValue = std::int64_t(1)},
            {.key = "x", .type = OptionType::Flag, .defaultValue = std::string("true")},
            {.key = "x", .type = OptionType::Integer, .defaultValue = std::int64_t(0), .minimum = 1},
            {.key = "x",
             .type = OptionType::Choice,
             .defaultValue = std::string("c"),
             .choices = {"a", "b"}}};
        QVERIFY_EXCEPTION_THROWN((OptionSchema{specs[which]}), Error);
    }

    void readsFlags() {
        const OptionSpec& raw = *schema().find("raw");
        for (const char* text : {"true", "1", "on", "yes", "TRUE", "Yes"})
            QCOMPARE(parseOptionValue(raw, text), OptionValue(true));
        for (const char* text : {"false", "0", "off", "no", "False"})
            QCOMPARE(parseOptionValue(raw, text), OptionValue(false));
        for (const char* text : {"", "2", "maybe", " true"})
            QVERIFY(!refusalOf("raw", text).empty());
    }

    void readsWholeNumbersWithinTheirRange() {
        const OptionSpec& heads = *schema().find("heads");
        QCOMPARE(parseOptionValue(heads, "1"), OptionValue(std::int64_t(1)));
        QCOMPARE(parseOptionValue(heads, "16"), OptionValue(std::int64_t(16)));
        for (const char* text : {"0", "17", "-1", "3.5", "3.0", "1e1", "", " 3", "3 ", "+3", "0x3", "three"})
            QVERIFY2(!refusalOf("heads", text).empty(), text);
        const OptionSpec& seed = *schema().find("seed");
        QCOMPARE(parseOptionValue(seed, "9223372036854775807"),
                 OptionValue(std::numeric_limits<std::int64_t>::max()));
        QVERIFY(!refusalOf("seed", "9223372036854775808").empty());
    }

    void readsNumbersWithinTheirRange() {
        const OptionSpec& temperature = *schema().find("teacher-temp");
        QCOMPARE(parseOptionValue(temperature, "1e-3"), OptionValue(1e-3));
        QCOMPARE(parseOptionValue(temperature, "1"), OptionValue(1.0));
        QCOMPARE(parseOptionValue(temperature, ".5"), OptionValue(0.5));
        for (const char* text : {"1.0001", "-0.1", "nan", "inf", "", "0,5", "0.5x", "1e999"})
            QVERIFY2(!refusalOf("teacher-temp", text).empty(), text);
        for (const char* text : {"nan", "inf", "-inf"})
            QVERIFY2(!refusalOf("any-real", text).empty(), text);
    }

    void takesTextsAsTheyAreAndChoicesExactly() {
        QCOMPARE(parseOptionValue(*schema().find("name"), " a b "), OptionValue(std::string(" a b ")));
        QCOMPARE(parseOptionValue(*schema().find("colormap"), "magma"), OptionValue(std::string("magma")));
        QVERIFY(!refusalOf("colormap", "Magma").empty());
        QVERIFY(!refusalOf("colormap", "").empty());
    }

    void readsPairsWithSpaceOrComma() {
        const OptionSpec& scale = *schema().find("scale");
        for (const char* text : {"0.05 0.4", "0.05,0.4", "0.05, 0.4", "0.05  0.4", "0.05 , 0.4", "5e-2 .4"})
            QCOMPARE(parseOptionValue(scale, text), OptionValue(RealPair{0.05, 0.4}));
        for (const char* text : {"", "0.1", "0.1 ", "0.1,", ",0.1", "0.1,,0.2", "0.1 0.2 0.3", "0.1 1.1",
                                 "-0.1 1", "a b", "0.1 nan"})
            QVERIFY2(!refusalOf("scale", text).empty(), text);
        QCOMPARE(refusalOf("scale", "2 3"),
                 std::string("--scale: '2 3' is not allowed; give two numbers between 0 and 1"));
        QCOMPARE(formatOptionValue(scale.defaultValue), std::string("0.4 1"));
    }

    void aListOfPathsHasOneALine() {
        OptionValues values(schema());
        QVERIFY(values.paths("probe").empty());
        const std::vector<std::string> paths{"a b.jpg", "c,d.jpg", "/e"};
        values.set("probe", OptionValue(paths));
        QCOMPARE(values.paths("probe"), paths);
        values.set("probe", std::string_view("\none\n\ntwo\n"));
        QCOMPARE(values.paths("probe"), (std::vector<std::string>{"one", "two"}));
    }

    void refusalsNameTheOptionTheValueAndWhatIsAllowed() {
        QCOMPARE(refusalOf("heads", "17"),
                 std::string("--heads: '17' is not allowed; give a whole number between 1 and 16"));
        QCOMPARE(refusalOf("colormap", "x"),
                 std::string("--colormap: 'x' is not allowed; give viridis, magma or grey"));
        QCOMPARE(refusalOf("any-real", "x"), std::string("--any-real: 'x' is not allowed; give a number"));
        QCOMPARE(refusal([] { OptionValues(schema()).set("hedas", std::string_view("1")); }),
                 std::string("--hedas: there is no such option; see --help"));
    }

    void describesRangesWithoutExponentsForWholeNumbers() {
        OptionSpec spec{.key = "n", .type = OptionType::Integer, .defaultValue = std::int64_t(1)};
        QCOMPARE(describeRange(spec), std::string());
        spec.minimum = 1;
        QCOMPARE(describeRange(spec), std::string("of at least 1"));
        spec.maximum = 1'000'000;
        QCOMPARE(describeRange(spec), std::string("between 1 and 1000000"));
        spec.minimum.reset();
        QCOMPARE(describeRange(spec), std::string("of at most 1000000"));
    }

    void aTextReadsBackAsTheSameNumber() {
        std::mt19937_64 random(1);
        OptionValues values(schema());
        for (int i = 0; i < 10'000; ++i) {
            const double number = std::bit_cast<double>(random());
            if (!std::isfinite(number)) continue;
            values.set("any-real", OptionValue(number));
            QCOMPARE(std::bit_cast<std::uint64_t>(values.real("any-real")),
                     std::bit_cast<std::uint64_t>(number));
        }
        for (const double number :
             {0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e22, 123456789012345.0}) {
            values.set("any-real", OptionValue(number));
            QCOMPARE(std::bit_cast<std::uint64_t>(values.real("any-real")),
                     std::bit_cast<std::uint64_t>(number));
        }
    }

    void wholeAndRealNumbersPassIntoEachOtherWhereNothingIsLost() {
        OptionValues values(schema());
        values.set("any-real", OptionValue(std::int64_t(3)));
        QCOMPARE(values.real("any-real"), 3.0);
        values.set("seed", OptionValue(1e6));
        QCOMPARE(values.integer("seed"), std::int64_t(1'000'000));
        QVERIFY(!refusal([&] { values.set("seed", OptionValue(2.5)); }).empty());
        QVERIFY(!refusal([&] { values.set("raw", OptionValue(2.5)); }).empty());
        QVERIFY(!refusal([&] { values.set("any-real", OptionValue(std::nan(""))); }).empty());
    }

    void whatWasNotSetHasItsDefault() {
        OptionValues values(schema());
        QCOMPARE(values.integer("heads"), std::int64_t(6));
        QCOMPARE(values.real("teacher-temp"), 0.04);
        QCOMPARE(values.flag("raw"), false);
        QCOMPARE(values.text("name"), std::string("dog"));
        QVERIFY(!values.isSet("heads"));
        QVERIFY(values.isDefault("heads"));
    }

    void settingAndResettingGoByAnyName() {
        OptionValues values(schema());
        values.set("pretrained_weights", std::string_view("a.pth"));
        QCOMPARE(values.text("weights"), std::string("a.pth"));
        QVERIFY(values.isSet("checkpoint"));
        QVERIFY(!values.isDefault("weights"));
        values.reset("checkpoint");
        QVERIFY(!values.isSet("weights"));
        values.set("heads", std::string_view("6"));
        QVERIFY(values.isSet("heads"));
        QVERIFY(values.isDefault("heads"));
    }

    void aRefusedValueLeavesTheOneBefore() {
        OptionValues values(schema());
        values.set("heads", std::string_view("12"));
        QVERIFY(!refusal([&] { values.set("heads", std::string_view("99")); }).empty());
        QCOMPARE(values.integer("heads"), std::int64_t(12));
    }
};

QTEST_APPLESS_MAIN(OptionTest)
#include "option_test.moc"
