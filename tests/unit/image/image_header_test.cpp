#include "engine/image/image_header.h"

#include <QTemporaryDir>
#include <QTest>

#include "engine/base/error.h"
#include "engine/image/decode.h"
#include "tests/unit/image/test_files.h"

using namespace dinoscope;

namespace {

const std::filesystem::path kFolder = GOLDEN_DIR "/image/decode";

std::string problemOf(const std::filesystem::path& path) {
    try {
        readImageHeader(path);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

class ImageHeaderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tellsSizeFormatAndOrientation_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("format");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("orientation");
        const auto row = [](const char* file, const char* format, int width, int height, int orientation) {
            QTest::newRow(file) << file << format << width << height << orientation;
        };
        row("orientation1.jpg", "JPEG", 37, 23, 1);
        row("orientation6.jpg", "JPEG", 23, 37, 6);
        row("progressive.jpg", "JPEG", 37, 23, 1);
        row("orientation3.png", "PNG", 17, 13, 3);
        row("orientation8.png", "PNG", 13, 17, 8);
        row("orientation5.webp", "WebP", 13, 17, 5);
        row("lossy.webp", "WebP", 37, 23, 1);
        row("rgba.webp", "WebP", 17, 13, 1);
        row("orientation7.tif", "TIFF", 13, 17, 7);
        row("rgb.bmp", "BMP", 17, 13, 1);
        row("rgb.ppm", "PNM", 17, 13, 1);
        row("lossless.jp2", "JPEG 2000", 17, 13, 1);
        row("wide.png", "PNG", 20000, 10, 1);
        row("one.jpg", "JPEG", 1, 1, 1);
    }

    void tellsSizeFormatAndOrientation() {
        QFETCH(QString, file);
        QFETCH(QString, format);
        QFETCH(int, width);
        QFETCH(int, height);
        QFETCH(int, orientation);
        const ImageHeader header = readImageHeader(kFolder / file.toStdString());
        QCOMPARE(QString::fromStdString(name(header.format)), format);
        QCOMPARE(header.width, width);
        QCOMPARE(header.height, height);
        QCOMPARE(header.orientation, orientation);
    }

    void agreesWithTheDecodedImage() {
        for (const auto& path : test::filesIn(kFolder)) {
            if (path.filename().string().starts_with("bad")) continue;
            const ImageHeader header = readImageHeader(path);
            if (!canDecode(header.format)) continue;
            const Image image = decodeImage(path);
            QCOMPARE(image.width, header.width);
            QCOMPARE(image.height, header.height);
        }
    }

    void formatIsToldByContentNotByName() {
        const QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString()) / "really-a-png.jpg";
        std::filesystem::copy_file(kFolder / "rgb.png", path);
        QCOMPARE(readImageHeader(path).format, ImageFormat::Png);
    }

    void whatIsNoImageIsRefusedByName() {
        QVERIFY(problemOf(kFolder / "bad-text.jpg").find("bad-text.jpg: this is not an image") !=
                std::string::npos);
        QVERIFY(problemOf(kFolder / "bad-empty.jpg").find("bad-empty.jpg: the file is empty") !=
                std::string::npos);
        QVERIFY(problemOf(kFolder / "missing.jpg").find("missing.jpg: there is no such file") !=
                std::string::npos);
        QVERIFY(problemOf(kFolder).find("this is a folder") != std::string::npos);
    }

    void formatsThatAreNotReadAreNamedWithARemedy() {
        const auto gif = problemOf(kFolder / "bad-format.gif");
        QVERIFY(gif.find("a GIF file") != std::string::npos &&
                gif.find("convert it to PNG") != std::string::npos);
        const auto heic = problemOf(kFolder / "bad-format.heic");
        QVERIFY(heic.find("a HEIC file") != std::string::npos &&
                heic.find("convert it to PNG") != std::string::npos);
    }

    void sizesBeyondTheLimitAreRefused() {
        const auto problem = problemOf(kFolder / "bad-too-large.png");
        QVERIFY(problem.find("2147483647 x 2147483647 pixels is too large") != std::string::npos);
    }

    void everyCutIsAHeaderOrAnError() {
        for (const auto& path : test::filesIn(kFolder)) {
            const auto whole = test::bytesOf(path);
            for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 600); ++size) {
                const std::vector<std::byte> cut(whole.begin(),
                                                 whole.begin() + static_cast<std::ptrdiff_t>(size));
                try {
                    const ImageHeader header = readImageHeader(cut, "cut");
                    QVERIFY(header.width >= 1 && header.height >= 1);
                } catch (const Error& error) {
                    QCOMPARE(error.where(), std::string("cut"));
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(ImageHeaderTest)
#include "image_header_test.moc"
