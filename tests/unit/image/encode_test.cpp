#include "engine/image/encode.h"

#include <QImage>
#include <QTemporaryDir>
#include <QTest>

#include "engine/image/decode.h"
#include "tests/unit/image/test_files.h"

using namespace dinoscope;

namespace {

/// What Qt, which has a PNG and JPEG reader of its own, sees in the file.
QImage seenByQt(const std::vector<std::byte>& file) {
    return QImage::fromData(reinterpret_cast<const uchar*>(file.data()), static_cast<int>(file.size()));
}

}  // namespace

class EncodeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pngComesBackExactly() {
        for (const auto& [width, height] : {std::pair{1, 1}, {17, 13}, {3000, 2}, {1, 700}}) {
            const Image image = test::noise(width, height);
            QVERIFY(decodeImage(encodePng(image), "written") == image);
        }
    }

    void rgbPngIsWhatOthersRead() {
        const Image image = test::noise(19, 11);
        const QImage seen = seenByQt(encodePng(image));
        QCOMPARE(seen.size(), QSize(19, 11));
        for (int y = 0; y < 11; ++y) {
            for (int x = 0; x < 19; ++x) {
                const auto* pixel = image.at(x, y);
                QCOMPARE(seen.pixel(x, y), qRgb(pixel[0], pixel[1], pixel[2]));
            }
        }
    }

    void grayPngHasOneChannel() {
        std::vector<std::uint8_t> samples(5 * 3);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            samples[i] = static_cast<std::uint8_t>(17 * i);
        }
        const auto file = encodePng(PixelView(samples, 5, 3, 1));
        QCOMPARE(std::to_integer<int>(file[25]), 0);  // colour type of the header
        const Image image = decodeImage(file, "gray");
        for (std::size_t i = 0; i < image.pixels.size(); ++i) {
            QCOMPARE(image.pixels[i], samples[i / 3]);
        }
    }

    void alphaPngKeepsAlphaAndColour() {
        const std::vector<std::uint8_t> samples{255, 0, 10, 128, 1, 2, 3, 0};
        const auto file = encodePng(PixelView(samples, 2, 1, 4));
        const QImage seen = seenByQt(file);
        QVERIFY(seen.hasAlphaChannel());
        QCOMPARE(seen.pixel(0, 0), qRgba(255, 0, 10, 128));
        QCOMPARE(decodeImage(file, "alpha").pixels, (std::vector<std::uint8_t>{255, 0, 10, 1, 2, 3}));
    }

    void jpegComesBackNearly() {
        Image image(64, 48);
        for (int y = 0; y < image.height; ++y) {
            for (int x = 0; x < image.width; ++x) {
                image.at(x, y)[0] = static_cast<std::uint8_t>(x * 4);
                image.at(x, y)[1] = static_cast<std::uint8_t>(y * 5);
                image.at(x, y)[2] = static_cast<std::uint8_t>(128 + x - y);
            }
        }
        const auto fine = encodeJpeg(image, 98);
        QVERIFY(test::largestDifference(decodeImage(fine, "fine"), image) <= 8);
        QVERIFY(encodeJpeg(image, 30).size() < fine.size());
        QVERIFY(!seenByQt(fine).isNull());
    }

    void largeJpegOutgrowsItsBuffer() {
        const Image image = test::noise(400, 400);
        const auto file = encodeJpeg(image, 95);
        QVERIFY(file.size() > 128 * 1024);
        QVERIFY(test::largestDifference(decodeImage(file, "large"), image) < 256);
    }

    void grayJpegHasOneChannel() {
        const std::vector<std::uint8_t> samples(64, 77);
        const Image image = decodeImage(encodeJpeg(PixelView(samples, 8, 8, 1), 90), "gray");
        for (const auto sample : image.pixels) {
            QVERIFY(std::abs(int{sample} - 77) <= 1);
        }
    }

    void wrongSizesAndQualitiesAreRefused() {
        const std::vector<std::uint8_t> samples(12);
        QVERIFY_THROWS_EXCEPTION(Error, encodePng(Image()));
        QVERIFY_THROWS_EXCEPTION(Error, encodePng(PixelView(samples, 2, 3, 3)));
        QVERIFY_THROWS_EXCEPTION(Error, encodePng(PixelView(samples, -2, -2, 3)));
        QVERIFY_THROWS_EXCEPTION(Error, encodePng(PixelView(samples, 3, 2, 2)));
        QVERIFY_THROWS_EXCEPTION(Error, encodeJpeg(PixelView(samples, 3, 1, 4), 90));
        QVERIFY_THROWS_EXCEPTION(Error, encodeJpeg(PixelView(samples, 2, 2, 3), 0));
        QVERIFY_THROWS_EXCEPTION(Error, encodeJpeg(PixelView(samples, 2, 2, 3), 101));
        QVERIFY_THROWS_EXCEPTION(Error, encodeJpeg(test::noise(70000, 1), 90));
    }

    void filesAreWrittenWhole() {
        const QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString());
        const Image image = test::noise(31, 9);
        writePng(path / "a.png", image);
        QVERIFY(decodeImage(path / "a.png") == image);
        writeJpeg(path / "a.jpg", image, 90);
        QCOMPARE(decodeImage(path / "a.jpg").width, 31);
        QCOMPARE(test::filesIn(path).size(), std::size_t{2});
    }

    void unwritablePathsAreNamed() {
        try {
            writePng("/nonexistent-folder/a.png", test::noise(2, 2));
            QFAIL("written");
        } catch (const Error& error) {
            QVERIFY(error.where().find("/nonexistent-folder") != std::string::npos);
        }
    }
};

QTEST_APPLESS_MAIN(EncodeTest)
#include "encode_test.moc"
