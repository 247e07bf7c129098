#include "ui/bridge/paths.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>
#include <fstream>

using namespace dinoscope;

class PathsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyNameComesBack_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("plain") << QByteArray("/a b/cat.jpg");
        QTest::newRow("UTF-8") << QByteArray("/\xC3\xA9t\xC3\xA9/\xE7\x8C\xAB.jpg");
        QTest::newRow("outside the basic plane") << QByteArray("\xF0\x9F\xA6\x95.png");
        QTest::newRow("Latin-1") << QByteArray("/na\xEFve/\xE9t\xE9.jpg");
        QTest::newRow("Shift-JIS") << QByteArray("\x94\x4C\x2E\x6A\x70\x67");
        QTest::newRow("both") << QByteArray("\xC3\xA9\xE9\xF0\x9F\xA6\x95\xFF");
        QTest::newRow("a cut character") << QByteArray("cat\xF0\x9F\xA6");
        QTest::newRow("an encoded surrogate") << QByteArray("\xED\xB3\xA9.jpg");
        QTest::newRow("a byte order mark") << QByteArray(
            "\xEF\xBB\xBF"
            "a.jpg");
        QTest::newRow("the replacement character") << QByteArray("\xEF\xBF\xBD.jpg");
        QTest::newRow("nothing") << QByteArray();
    }

    void everyNameComesBack() {
        QFETCH(const QByteArray, name);
        const std::filesystem::path path(name.toStdString());
        QCOMPARE(QByteArray::fromStdString(filePath(pathText(path)).string()), name);
    }

    void textIsThatOfQtWhereItCanBe() {
        QCOMPARE(pathText(std::filesystem::path("/\xC3\xA9.jpg")), QStringLiteral("/\u00e9.jpg"));
        QCOMPARE(pathText(std::filesystem::path("\xE9.jpg")),
                 QString(QChar(0xDCE9)) + QStringLiteral(".jpg"));
    }

    void addressesKeepTheirBytes() {
        QCOMPARE(pathText(QUrl(QStringLiteral("file:///a%20b/%C3%A9%23.jpg"))),
                 QStringLiteral("/a b/\u00e9#.jpg"));
        QCOMPARE(filePath(pathText(QUrl::fromEncoded("file:///na%EFve.jpg"))).string(),
                 std::string("/na\xEFve.jpg"));
    }

    void aFileHasAnAddressAndBack() {
        const QString file = pathText(std::filesystem::path("/a b#/na\xEFve\xC3\xA9.jpg"));
        QCOMPARE(fileAddress(file).toString(QUrl::FullyEncoded),
                 QStringLiteral("file:///a%20b%23/na%EFve%C3%A9.jpg"));
        QCOMPARE(pathText(fileAddress(file)), file);
    }

    void whatIsTypedIsReadAsAPersonMeansIt() {
        const QString home = QDir::homePath();
        QCOMPARE(typedPath(QStringLiteral(" ~/pictures/ ")), home + QStringLiteral("/pictures"));
        QCOMPARE(typedPath(QStringLiteral("~")), home);
        QCOMPARE(typedPath(QStringLiteral("~other/x")), QStringLiteral("~other/x"));
        QCOMPARE(typedPath(QStringLiteral("mine"), QStringLiteral("/runs")), QStringLiteral("/runs/mine"));
        QCOMPARE(typedPath(QStringLiteral("/a/b/"), QStringLiteral("/runs")), QStringLiteral("/a/b"));
        QVERIFY(typedPath(QStringLiteral("  "), QStringLiteral("/runs")).isEmpty());
    }

    void theDiskIsAskedForTheRealName() {
        const QTemporaryDir folder;
        const std::filesystem::path place = folder.path().toStdString();
        std::ofstream(place / "na\xEFve.jpg") << "x";
        std::filesystem::create_directory(place / "\xE9");
        QVERIFY(pathExists(pathText(place / "na\xEFve.jpg")));
        QVERIFY(!isFolder(pathText(place / "na\xEFve.jpg")));
        QVERIFY(isFolder(pathText(place / "\xE9")));
        QVERIFY(!pathExists(pathText(place / "\xE8")));
    }
};

QTEST_APPLESS_MAIN(PathsTest)
#include "paths_test.moc"
