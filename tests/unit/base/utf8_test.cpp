#include "engine/base/utf8.h"

#include <QtTest>

using namespace dinoscope;

class Utf8Test : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The bounds of RFC 3629.
    void lengthsAreThoseOfWellFormedSequences() {
        QCOMPARE(utf8Length("a"), std::size_t(1));
        QCOMPARE(utf8Length("\xC2\x80"), std::size_t(2));
        QCOMPARE(utf8Length("\xE0\xA0\x80z"), std::size_t(3));
        QCOMPARE(utf8Length("\xF4\x8F\xBF\xBF"), std::size_t(4));
        for (const char* wrong : {"\x80", "\xC1\x80", "\xC2", "\xC2z", "\xE0\x9F\xBF", "\xED\xA0\x80",
                                  "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
            QCOMPARE(utf8Length(wrong), std::size_t(0));
    }

    void aTextIsUtf8OrNot() {
        QVERIFY(isUtf8("") && isUtf8("Löwe ✓ 🦁"));
        QVERIFY(!isUtf8("L\xF6we") && !isUtf8("a\xE2\x9C"));
    }

    /// As Qt writes them.
    void codePointsAreAppended() {
        for (const char32_t code :
             {U'\0', U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xFFFD', U'\x10000', U'\x10FFFF'}) {
            std::string text = "a";
            appendUtf8(text, code);
            QCOMPARE(text, "a" + QString::fromUcs4(&code, 1).toStdString());
            QCOMPARE(utf8Length(std::string_view(text).substr(1)), text.size() - 1);
        }
    }
};

QTEST_APPLESS_MAIN(Utf8Test)
#include "utf8_test.moc"
