#include "engine/base/csv.h"

#include <QTest>

using namespace dinoscope;

class CsvTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void plainTextStaysAsItIs() {
        QCOMPARE(csvField("cats/1.jpg"), std::string("cats/1.jpg"));
        QCOMPARE(csvField(""), std::string());
        QCOMPARE(csvField("a; b"), std::string("a; b"));
    }

    void whatDividesIsQuoted() {
        QCOMPARE(csvField("a,b"), std::string("\"a,b\""));
        QCOMPARE(csvField("a\nb"), std::string("\"a\nb\""));
        QCOMPARE(csvField("a\rb"), std::string("\"a\rb\""));
    }

    void marksAreDoubled() { QCOMPARE(csvField("\"big\""), std::string("\"\"\"big\"\"\"")); }
};

QTEST_APPLESS_MAIN(CsvTest)
#include "csv_test.moc"
