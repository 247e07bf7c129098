#include "engine/weights/zip_archive.h"

#include <QTest>

#include "pickle_bytes.h"
#include "weights_test_tools.h"
#include "zip_bytes.h"

using namespace dinoscope;

namespace {

std::string failure(const std::string& bytes) {
    return errorOf([&] { ZipArchive(asBytes(bytes), "test.zip"); });
}

ZipBytes two() {
    ZipBytes zip;
    zip.add("a/data.pkl", "first");
    zip.add("a/data/0", "second entry");
    return zip;
}

/// A deflated entry whose directory says that it unpacks to `claimed` bytes.
std::string deflatedZip(const std::string& data, std::uint32_t claimed) {
    ZipBytes zip;
    zip.addDeflated("a", data).size = claimed;
    return zip.finish();
}

}  // namespace

class ZipArchiveTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void givesStoredEntriesInPlace_data() {
        QTest::addColumn<bool>("zip64");
        QTest::newRow("zip") << false;
        QTest::newRow("zip64") << true;
    }

    void givesStoredEntriesInPlace() {
        QFETCH(bool, zip64);
        const std::string bytes = zip64 ? two().finish64() : two().finish();
        const ZipArchive archive(asBytes(bytes), "test.zip");
        QCOMPARE(archive.entries().size(), std::size_t(2));
        const ZipEntry* entry = archive.find("a/data/0");
        QVERIFY(entry && !archive.find("a/data/1"));
        const auto data = archive.stored(*entry);
        const auto* text = reinterpret_cast<const char*>(data.data());
        QVERIFY(text >= bytes.data() && text < bytes.data() + bytes.size());
        QCOMPARE(std::string(text, data.size()), std::string("second entry"));
        QCOMPARE(archive.read(*archive.find("a/data.pkl"), 5), std::string("first"));
    }

    void aCommentMayFollow() {
        std::string bytes = two().finish();
        bytes.replace(bytes.size() - 2, 2, ZipBytes::little(5, 2));
        QCOMPARE(ZipArchive(asBytes(bytes + "hello"), "test.zip").entries().size(), std::size_t(2));
    }

    void unpacksSmallDeflatedEntries() {
        const std::string data(1000, 'x');
        const std::string bytes = deflatedZip(data, 1000);
        const ZipArchive archive(asBytes(bytes), "test.zip");
        QCOMPARE(archive.read(archive.entries()[0], 1000), data);
        VERIFY_SAYS(errorOf([&] { archive.read(archive.entries()[0], 999); }), "larger than");
        VERIFY_SAYS(errorOf([&] { archive.stored(archive.entries()[0]); }), "compressed");
    }

    void aDeflatedEntryThatLiesAboutItsSizeIsRefused() {
        for (const std::uint32_t claimed : {999u, 1001u, 0u, 0xF0000000u}) {
            const std::string bytes = deflatedZip(std::string(1000, 'x'), claimed);
            const ZipArchive archive(asBytes(bytes), "test.zip");
            VERIFY_SAYS(errorOf([&] { archive.read(archive.entries()[0], 0xFFFFFFFF); }), "damaged");
        }
    }

    void checksumsOfSmallEntriesAreVerified() {
        std::string bytes = two().finish();
        bytes[bytes.find("first")] = 'F';
        const ZipArchive archive(asBytes(bytes), "test.zip");
        VERIFY_SAYS(errorOf([&] { archive.read(archive.entries()[0], 100); }), "checksum");
    }

    void entriesMayNotOverlap() {
        // Two names for one place in the file.
        ZipBytes zip = two();
        const std::string inner =
            "PK\3\4" + std::string(22, '\0') + ZipBytes::little(1, 2) + ZipBytes::little(0, 2) + "b" + "data";
        zip.add("outer", inner);
        ZipBytes::Entry nested{"b", "data", 4, 0, 0};
        nested.header = static_cast<std::uint32_t>(zip.bytes.size() - inner.size());
        zip.entries.push_back(nested);
        VERIFY_SAYS(failure(zip.finish()), "overlap");
    }

    void namesAreChecked_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("parent") << QByteArray("a/../b");
        QTest::newRow("leading parent") << QByteArray("../b");
        QTest::newRow("absolute") << QByteArray("/etc/passwd");
        QTest::newRow("backslash") << QByteArray("a\\b");
        QTest::newRow("NUL") << QByteArray("a\0b", 3);
        QTest::newRow("empty") << QByteArray("");
        QTest::newRow("endless") << QByteArray(2000, 'x');
    }

    void namesAreChecked() {
        QFETCH(QByteArray, name);
        ZipBytes zip;
        zip.add(name.toStdString(), "x");
        VERIFY_SAYS(failure(zip.finish()), "improper name");
    }

    void liesOfTheDirectoryAreErrors() {
        VERIFY_SAYS(failure(two().finish(60000)), "claims 60000 entries");
        VERIFY_SAYS(failure(two().finish(3)), "damaged");

        ZipBytes twice = two();
        twice.add("a/data/0", "again");
        VERIFY_SAYS(failure(twice.finish()), "two entries named a/data/0");

        ZipBytes sizes = two();
        sizes.entries[1].size = 5000;
        VERIFY_SAYS(failure(sizes.finish()), "two sizes");

        ZipBytes beyond = two();
        beyond.entries[1].data.resize(100'000);
        beyond.entries[1].size = 100'000;
        VERIFY_SAYS(failure(beyond.finish()), "beyond the file");

        ZipBytes elsewhere = two();
        elsewhere.entries[1].header = elsewhere.entries[0].header;
        VERIFY_SAYS(failure(elsewhere.finish()), "not where");

        ZipBytes outside = two();
        outside.entries[1].header = 0x7FFFFFFF;
        VERIFY_SAYS(failure(outside.finish()), "cut short");

        ZipBytes encrypted = two();
        encrypted.entries[0].flags = 1;
        VERIFY_SAYS(failure(encrypted.finish()), "encrypted");

        ZipBytes packed = two();
        packed.entries[0].method = 93;
        VERIFY_SAYS(failure(packed.finish()), "unknown way");
    }

    void zip64FieldsThatLieAreErrors() {
        const std::string whole = two().finish64();
        const std::size_t end = whole.find("PK\6\6");
        const std::size_t locator = whole.find("PK\6\7");
        for (const auto& [offset, value] : {std::pair{end + 32, UINT64_MAX},
                                            {end + 40, UINT64_MAX},
                                            {end + 48, UINT64_MAX - 10},
                                            {locator + 8, UINT64_MAX},
                                            {locator + 8, UINT64_MAX - 30},
                                            {locator + 8, std::uint64_t(1)}}) {
            std::string bytes = whole;
            bytes.replace(offset, 8, ZipBytes::little(value, 8));
            VERIFY_SAYS(failure(bytes), "damaged");
        }
    }

    void aTruncatedArchiveIsAnErrorThatNamesTheFile() {
        const std::string whole = two().finish();
        for (std::size_t length = 0; length < whole.size(); ++length)
            VERIFY_SAYS(failure(whole.substr(0, length)), "test.zip: ");
    }
};

QTEST_APPLESS_MAIN(ZipArchiveTest)
#include "zip_archive_test.moc"
