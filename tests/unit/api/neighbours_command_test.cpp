#include <QTest>

#include "engine/api/neighbours.h"

using namespace dinoscope;
using namespace dinoscope::api;

class NeighboursCommandTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theSearchRunsWhereTheModelDoes() {
        const SearchOptions search =
            searchOptions(OptionValues(neighboursOptions()), {"cuda:1", Precision::Bf16});
        QCOMPARE(search.device, std::string("cuda:1"));
    }

    void theSearchIsAsTheOptionsSay() {
        OptionValues options(neighboursOptions());
        options.set("neighbours", std::string_view("3"));
        options.set("threshold", std::string_view("0.5"));
        options.set("include-self", std::string_view("true"));
        options.set("exact", std::string_view("true"));
        const SearchOptions search = searchOptions(options, {});
        QCOMPARE(search.k, 3);
        QCOMPARE(search.threshold, 0.5F);
        QVERIFY(search.includeSelf);
        QVERIFY(search.exact);
        QCOMPARE(search.device, std::string("cpu"));
    }
};

QTEST_GUILESS_MAIN(NeighboursCommandTest)
#include "neighbours_command_test.moc"
