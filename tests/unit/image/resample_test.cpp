#include "engine/image/resample.h"

#include <QTest>
#include <limits>

#include "engine/base/parallel.h"
#include "tests/unit/image/test_files.h"

using namespace dinoscope;

namespace {

/// IEEE 802.3, bit by bit.
std::uint32_t crc32(const std::vector<std::uint8_t>& bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const auto byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0U);
        }
    }
    return ~crc;
}

std::vector<CpuPath> pathsOfThisProcessor() {
    std::vector<CpuPath> paths{CpuPath::Portable};
    if (bestCpuPath() >= CpuPath::Avx2) paths.push_back(CpuPath::Avx2);
    return paths;
}

SourceBox whole(const Image& image) {
    return {0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
}

}  // namespace

class ResampleTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsPillowOnEveryPath() {
        test::GoldenReader golden(test::bytesOf(GOLDEN_DIR "/image/resample.bin"));
        int cases = 0;
        for (; !golden.atEnd(); ++cases) {
            const int sourceWidth = golden.take<std::int32_t>();
            const int sourceHeight = golden.take<std::int32_t>();
            Image expected(golden.take<std::int32_t>(), 1);
            expected.height = golden.take<std::int32_t>();
            const int number = golden.take<std::int32_t>();
            const auto box = golden.take<SourceBox>();
            const bool checksum = number >= 16;
            const auto filter = static_cast<Filter>(number % 16);
            const Image source = test::noise(sourceWidth, sourceHeight);
            const auto crc = checksum ? golden.take<std::uint32_t>() : 0;
            if (!checksum) {
                expected.pixels =
                    golden.samples(expected.rowBytes() * static_cast<std::size_t>(expected.height));
            }
            for (const CpuPath path : pathsOfThisProcessor()) {
                const Image result = resize(source, expected.width, expected.height, filter, box, path);
                const auto label = QString("%1x%2 to %3x%4, filter %5, path %6")
                                       .arg(sourceWidth)
                                       .arg(sourceHeight)
                                       .arg(expected.width)
                                       .arg(expected.height)
                                       .arg(number % 16)
                                       .arg(QString::fromStdString(name(path)));
                if (checksum) {
                    QVERIFY2(crc32(result.pixels) == crc, qPrintable(label));
                } else {
                    const int difference = test::largestDifference(result, expected);
                    QVERIFY2(difference == 0, qPrintable(label + QString(": off by %1").arg(difference)));
                }
            }
        }
        QCOMPARE(cases, 29 * 4);
    }

    void pathsAgreeOnExtremes() {
        // Black and white columns overshoot most; sides around the widths of registers have partial steps.
        for (const int width : {1, 5, 10, 11, 12, 31, 33, 100}) {
            Image source(width, 37);
            for (std::size_t i = 0; i < source.pixels.size(); ++i) {
                source.pixels[i] = i / 3 % 2 == 0 ? 255 : 0;
            }
            for (const Filter filter : {Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos}) {
                for (const int size : {1, 9, 16, 64}) {
                    const Image portable =
                        resize(source, size, size, filter, whole(source), CpuPath::Portable);
                    for (const CpuPath path : pathsOfThisProcessor()) {
                        QVERIFY(resize(source, size, size, filter, whole(source), path) == portable);
                    }
                }
            }
        }
    }

    void thousandsOfRowsInOneSumStayExact() {
        Image source(1, 20000);
        std::fill(source.pixels.begin(), source.pixels.end(), std::uint8_t{255});
        for (const CpuPath path : pathsOfThisProcessor()) {
            const Image result = resize(source, 40, 1, Filter::Bicubic, whole(source), path);
            QCOMPARE(result.width, 40);
            // Each of 20,000 rounded weights may be off by half a unit of 2^-22.
            for (const auto sample : result.pixels) {
                QVERIFY(sample >= 254);
            }
        }
    }

    void resultDoesNotDependOnTheNumberOfThreads() {
        const Image source = test::noise(701, 533);
        setThreadCount(1);
        const Image one = resize(source, 320, 243, Filter::Bicubic);
        setThreadCount(4);
        const Image four = resize(source, 320, 243, Filter::Bicubic);
        setThreadCount(0);
        QVERIFY(one == four);
    }

    void sameSizeIsTheSameImage() {
        const Image source = test::noise(19, 23);
        QVERIFY(resize(source, 19, 23, Filter::Bicubic) == source);
    }

    void constantImagesStayConstant() {
        Image source(37, 41);
        std::fill(source.pixels.begin(), source.pixels.end(), std::uint8_t{173});
        for (const Filter filter : {Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos}) {
            for (const auto sample : resize(source, 100, 7, filter).pixels) {
                QCOMPARE(int{sample}, 173);
            }
        }
    }

    void impossibleSizesAndBoxesAreRefused() {
        const Image source = test::noise(8, 8);
        constexpr float nan = std::numeric_limits<float>::quiet_NaN();
        QVERIFY_THROWS_EXCEPTION(Error, resize(source, 0, 5, Filter::Box));
        QVERIFY_THROWS_EXCEPTION(Error, resize(source, 5, -1, Filter::Box));
        QVERIFY_THROWS_EXCEPTION(Error, resize(source, 2000000000, 2000000000, Filter::Box));
        QVERIFY_THROWS_EXCEPTION(Error, resize(Image(), 5, 5, Filter::Box));
        QVERIFY_THROWS_EXCEPTION(Error, resize(source, 5, 5, Filter::Box, {0, 0, 9, 8}));
        QVERIFY_THROWS_EXCEPTION(Error, resize(source, 5, 5, Filter::Box, {-1, 0, 8, 8}));
        QVERIFY_THROWS_EXCEPTION(Error, resize(source, 5, 5, Filter::Box, {4, 0, 4, 8}));
        QVERIFY_THROWS_EXCEPTION(Error, resize(source, 5, 5, Filter::Box, {nan, 0, 8, 8}));
    }
};

QTEST_APPLESS_MAIN(ResampleTest)
#include "resample_test.moc"
