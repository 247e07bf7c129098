#include "engine/base/hash.h"

#include <QCryptographicHash>
#include <QTemporaryDir>
#include <QtTest>
#include <array>
#include <bit>
#include <cmath>
#include <fstream>
#include <set>

using namespace dinoscope;

namespace {

// The first outputs of SplitMix64 seeded with 0 and 1234567, as its authors' C code gives them.
static_assert(mix(0) == 0xe220a8397b1dcdafULL);
static_assert(mix(0x9e3779b97f4a7c15ULL) == 0x6e789e6aa1b965f4ULL);
static_assert(mix(1234567) == 6457827717110365317ULL);
static_assert(mix(1, 2) != mix(2, 1));

std::string writeFile(const QTemporaryDir& folder, const std::string& content) {
    const std::string path = folder.filePath("file").toStdString();
    std::ofstream(path, std::ios::binary) << content;
    return path;
}

}  // namespace

class HashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sha256EqualsThePublishedVectors_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("digest");
        // FIPS 180-4 examples, and a million letters a.
        QTest::newRow("empty") << QByteArray()
                               << QByteArray(
                                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        QTest::newRow("abc") << QByteArray("abc")
                             << QByteArray(
                                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        QTest::newRow("two blocks")
            << QByteArray("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
            << QByteArray("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        QTest::newRow("million") << QByteArray(1'000'000, 'a')
                                 << QByteArray(
                                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    void sha256EqualsThePublishedVectors() {
        QFETCH(const QByteArray, content);
        QFETCH(const QByteArray, digest);
        const QTemporaryDir folder;
        JobControl control;
        QCOMPARE(sha256OfFile(writeFile(folder, content.toStdString()), control), digest.toStdString());
    }

    void sha256ReadsPastOnePieceAndEndsWithItsProgressComplete() {
        const QTemporaryDir folder;
        const std::string content(24 << 20, 'x');
        JobControl control;
        const std::string digest = sha256OfFile(writeFile(folder, content), control);
        const QByteArray expected =
            QCryptographicHash::hash(QByteArray::fromStdString(content), QCryptographicHash::Sha256).toHex();
        QCOMPARE(QByteArray::fromStdString(digest), expected);
        const Progress progress = control.progress();
        QCOMPARE(progress.total, std::int64_t(content.size() / 1'000'000));
        QCOMPARE(progress.done, progress.total);
        QCOMPARE(progress.unit, std::string("MB"));
    }

    void sha256OfFilesIsThatOfAllInARow() {
        const QTemporaryDir folder;
        std::vector<std::filesystem::path> files;
        for (const char* content : {"ab", "", "c"}) {
            files.emplace_back(folder.filePath(QString::number(files.size())).toStdString());
            std::ofstream(files.back(), std::ios::binary) << content;
        }
        JobControl control;
        QCOMPARE(sha256OfFiles(files, control),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        files.emplace_back(folder.filePath("missing").toStdString());
        QVERIFY_EXCEPTION_THROWN(sha256OfFiles(files, control), Error);
    }

    void sha256CanBeCancelled() {
        const QTemporaryDir folder;
        const std::string file = writeFile(folder, "abc");
        JobControl control;
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(sha256OfFile(file, control), Cancelled);
    }

    void sha256RefusesWhatIsNoFileByName() {
        const QTemporaryDir folder;
        JobControl control;
        for (const std::string& path :
             {folder.path().toStdString(), folder.filePath("missing").toStdString()}) {
            try {
                sha256OfFile(path, control);
                QFAIL("nothing was thrown");
            } catch (const Error& error) {
                QCOMPARE(error.where(), path);
                QVERIFY(!error.remedy().empty());
            }
        }
    }

    void mixChangesHalfOfTheBitsWhereOneBitOfTheInputChanges() {
        for (int bit = 0; bit < 64; ++bit) {
            double flipped = 0;
            for (std::uint64_t value = 0; value < 1000; ++value)
                flipped += std::popcount(mix(value) ^ mix(value ^ (std::uint64_t(1) << bit)));
            // 32 of 64 expected; the mean of 1000 draws has a deviation of 0.13.
            QVERIFY(std::abs(flipped / 1000 - 32) < 1);
        }
    }

    void mixSpreadsConsecutiveDrawsEvenly() {
        constexpr int kCells = 64;
        constexpr int kDraws = 64'000;
        std::array<int, kCells> counts{};
        for (int i = 0; i < kDraws; ++i)
            ++counts[mix(7, std::uint64_t(i)) % kCells];
        double chiSquared = 0;
        for (const int count : counts)
            chiSquared += std::pow(count - kDraws / kCells, 2) / (double(kDraws) / kCells);
        // 63 degrees of freedom: 63 expected, above 104 once in a thousand.
        QVERIFY2(chiSquared < 104, qPrintable(QString::number(chiSquared)));
    }

    void namesHaveHashesOfTheirOwn() {
        QCOMPARE(hashOfName(""), std::uint64_t(0));
        QCOMPARE(hashOfName("a"), mix(0, std::uint64_t('a')));
        QVERIFY(hashOfName("ab") != hashOfName("ba"));
        QVERIFY(hashOfName("\xff") != hashOfName("\x7f"));
    }

    void mixTellsItsArgumentsApart() {
        std::set<std::uint64_t> seen;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
                for (std::uint64_t image = 0; image < 20; ++image)
                    seen.insert(mix(seed, epoch, image));
            }
        }
        QCOMPARE(seen.size(), std::size_t(20 * 20 * 20));
    }
};

QTEST_APPLESS_MAIN(HashTest)
#include "hash_test.moc"
