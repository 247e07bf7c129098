#include "engine/image/exif.h"

#include <QTest>
#include <random>
#include <vector>

using namespace dinoscope;

namespace {

/// Builds TIFF structures number by number.
struct Builder {
    bool bigEndian = false;
    std::vector<std::byte> bytes;

    Builder& number(std::uint64_t value, int width) {
        for (int i = 0; i < width; ++i) {
            const int shift = 8 * (bigEndian ? width - 1 - i : i);
            bytes.push_back(std::byte(value >> shift & 0xFF));
        }
        return *this;
    }
    Builder& text(std::string_view letters) {
        for (const char c : letters) {
            bytes.push_back(std::byte(static_cast<unsigned char>(c)));
        }
        return *this;
    }
};

/// A directory of three entries, the orientation among them, as a number of `width` bytes and type `type`.
std::vector<std::byte> classic(bool bigEndian, std::uint64_t orientation, std::uint64_t type = 3,
                               int width = 2) {
    Builder b{bigEndian, {}};
    b.text(bigEndian ? "MM" : "II").number(42, 2).number(8, 4).number(3, 2);
    b.number(256, 2).number(4, 2).number(1, 4).number(70000, 4);
    b.number(257, 2).number(3, 2).number(1, 4).number(301, 2).number(0, 2);
    b.number(274, 2).number(type, 2).number(1, 4).number(orientation, width);
    for (int i = width; i < 4; ++i) {
        b.number(0, 1);
    }
    return b.number(0, 4).bytes;
}

}  // namespace

class ExifTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsBothByteOrders() {
        for (const bool bigEndian : {false, true}) {
            for (int orientation = 1; orientation <= 8; ++orientation) {
                const auto tiff = classic(bigEndian, static_cast<std::uint64_t>(orientation));
                QCOMPARE(exifOrientation(tiff), orientation);
                const auto tags = readTiffTags(tiff);
                QVERIFY(tags.has_value());
                QCOMPARE(tags->bigEndian, bigEndian);
                QCOMPARE(tags->width.value, std::uint64_t{70000});
                QCOMPARE(tags->height.value, std::uint64_t{301});
                QCOMPARE(tags->bitsPerSample.bytes, 0);
            }
        }
    }

    void toldPlaceIsThatOfTheNumber() {
        auto tiff = classic(true, 6);
        const auto place = readTiffTags(tiff)->orientation;
        QCOMPARE(place.bytes, 2);
        tiff[place.offset + 1] = std::byte{3};
        QCOMPARE(exifOrientation(tiff), 3);
    }

    void prefixOfJpegAndWebPIsSkipped() {
        auto block = Builder{}.text(std::string_view("Exif\0\0", 6)).bytes;
        const auto tiff = classic(false, 8);
        block.insert(block.end(), tiff.begin(), tiff.end());
        QCOMPARE(exifOrientation(block), 8);
    }

    void otherWholeNumberTypesCount() {
        QCOMPARE(exifOrientation(classic(true, 5, 4, 4)), 5);   // LONG
        QCOMPARE(exifOrientation(classic(false, 7, 1, 1)), 7);  // BYTE
        QCOMPARE(exifOrientation(classic(false, 7, 2, 1)), 1);  // ASCII is no number
    }

    void valuesThatAreNoOrientationCountAsUpright() {
        for (const std::uint64_t value : {0, 9, 256, 65535}) {
            QCOMPARE(exifOrientation(classic(false, value)), 1);
        }
    }

    void readsBigTiff() {
        Builder b;
        b.text("II").number(43, 2).number(8, 2).number(0, 2).number(16, 8).number(2, 8);
        b.number(256, 2).number(16, 2).number(1, 8).number(5000, 8);
        b.number(274, 2).number(3, 2).number(1, 8).number(6, 8);
        const auto tags = readTiffTags(b.bytes);
        QVERIFY(tags.has_value());
        QCOMPARE(tags->width.value, std::uint64_t{5000});
        QCOMPARE(tags->uprightOrientation(), 6);
    }

    void whatIsNoTiffGivesNothing() {
        QVERIFY(!readTiffTags({}).has_value());
        QVERIFY(!readTiffTags(Builder{}.text("Not a TIFF at all").bytes).has_value());
        QVERIFY(!readTiffTags(Builder{}.text("II").number(41, 2).number(8, 4).bytes).has_value());
    }

    void everyCutIsHarmless() {
        for (const bool bigEndian : {false, true}) {
            const auto tiff = classic(bigEndian, 6);
            const std::size_t end = 8 + 2 + 3 * 12 - 2;  // the orientation's two bytes are there
            for (std::size_t size = 0; size < tiff.size(); ++size) {
                // A copy of its own, so that a sanitizer sees any read beyond it.
                const std::vector<std::byte> cut(tiff.begin(),
                                                 tiff.begin() + static_cast<std::ptrdiff_t>(size));
                const int orientation = exifOrientation(cut);
                QVERIFY(orientation == 1 || (orientation == 6 && size >= end));
            }
        }
    }

    void offsetsAndCountsBeyondTheFileAreHarmless() {
        Builder huge{true, {}};
        huge.text("MM").number(43, 2).number(8, 2).number(0, 2).number(UINT64_MAX - 3, 8);
        QCOMPARE(exifOrientation(huge.bytes), 1);
        Builder far{true, {}};
        far.text("MM").number(43, 2).number(8, 2).number(0, 2).number(16, 8).number(UINT64_MAX, 8);
        far.number(274, 2).number(3, 2).number(UINT64_MAX, 8).number(UINT64_MAX - 1, 8);
        QCOMPARE(exifOrientation(far.bytes), 1);
    }

    void damageIsHarmless() {
        std::mt19937 random(5);
        for (int round = 0; round < 20000; ++round) {
            auto tiff = classic(round % 2 == 0, 6);
            for (int i = 0; i < 3; ++i) {
                tiff[random() % tiff.size()] = std::byte(random() % 256);
            }
            const int orientation = exifOrientation(tiff);
            QVERIFY(orientation >= 1 && orientation <= 8);
        }
    }
};

QTEST_APPLESS_MAIN(ExifTest)
#include "exif_test.moc"
