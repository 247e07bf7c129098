#include "engine/base/printable.h"

#include <QtTest>

using namespace dinoscope;

class PrintableTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatATerminalWouldObeyIsShownAsAQuestion() {
        QCOMPARE(printable("no\nsuch\x1B[31m.jpg"), std::string("no?such?[31m.jpg"));
        QCOMPARE(printable("\x7F\xC2\x9B"), std::string("??"));
        QCOMPARE(printable("L\xF6we Löwe"), std::string("L?we Löwe"));
    }

    void whatIsLongEndsInAnEllipsisBetweenLetters() {
        QCOMPARE(printable("äöü", 4), std::string("äö…"));
        QCOMPARE(printable("äöü", 5), std::string("äö…"));
        QCOMPARE(printable("äöü", 6), std::string("äöü"));
    }

    void listsTellHowManyMoreThereAre() {
        QCOMPARE(listNames({"a", "b", "c"}), std::string("a, b and c"));
        QCOMPARE(listNames({"a", "b", "c", "d"}, 2), std::string("a, b and 2 more"));
        QCOMPARE(listNames({"a", "b", "c"}, 2), std::string("a, b and c"));
    }
};

QTEST_APPLESS_MAIN(PrintableTest)
#include "printable_test.moc"
