#include "engine/image/decode.h"

#include <unistd.h>

#include <QTemporaryDir>
#include <QTemporaryFile>
#include <QTest>
#include <iostream>
#include <random>

#include "tests/unit/image/test_files.h"

using namespace dinoscope;

namespace {

const std::filesystem::path kFolder = GOLDEN_DIR "/image/decode";

const bool kOpenCv = canDecode(ImageFormat::Bmp);

bool isRead(const std::filesystem::path& path) {
    return canDecode(readImageHeader(path).format);
}

/// What is written to standard error between its making and text().
class StderrCatcher {
public:
    StderrCatcher() {
        file_.open();
        std::cerr.flush();
        saved_ = dup(STDERR_FILENO);
        dup2(file_.handle(), STDERR_FILENO);
    }
    ~StderrCatcher() { restore(); }
    QByteArray text() {
        restore();
        file_.seek(0);
        return file_.readAll();
    }

private:
    void restore() {
        if (saved_ < 0) return;
        std::cerr.flush();
        std::fflush(stderr);
        dup2(saved_, STDERR_FILENO);
        close(saved_);
        saved_ = -1;
    }
    QTemporaryFile file_;
    int saved_ = -1;
};

}  // namespace

class DecodeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// Pillow scales by the maximum too.
    void samplesOfNetpbmFilesAreSharesOfTheirMaximum_data() {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("second");
        QTest::newRow("12 bits") << QByteArray("P5 2 1 4095\n\x08\x00\x0f\xff", 16) << 128 << 255;
        QTest::newRow("10 bits") << QByteArray("P5 2 1 1023\n\x01\x00\x03\xff", 16) << 64 << 255;
        QTest::newRow("16 bits") << QByteArray("P5 2 1 65535\n\x80\x00\xff\xff", 17) << 128 << 255;
        QTest::newRow("4 bits") << QByteArray("P5 2 1 15\n\x03\x0f", 12) << 51 << 255;
        QTest::newRow("1 bit of grey") << QByteArray("P2 2 1 1\n0 1") << 0 << 255;
        QTest::newRow("percent, as text") << QByteArray("P2 2 1 100\n20 100\n") << 51 << 255;
        QTest::newRow("12 bits, as text") << QByteArray("P2 2 1 4095\n2048 4095\n") << 128 << 255;
        QTest::newRow("no end of line") << QByteArray("P3 2 1 255\n7 7 7 9 9 9") << 7 << 9;
        QTest::newRow("a bitmap") << QByteArray("P1 2 1\n1 0") << 0 << 255;
    }

    void samplesOfNetpbmFilesAreSharesOfTheirMaximum() {
        if (!kOpenCv) QSKIP("this build has no OpenCV");
        QFETCH(QByteArray, file);
        QFETCH(int, first);
        QFETCH(int, second);
        QTemporaryDir folder;
        const QString name = folder.filePath("some.pnm");
        QFile written(name);
        QVERIFY(written.open(QIODevice::WriteOnly) && written.write(file) == file.size());
        written.close();
        const Image image = decodeImage(name.toStdString());
        QCOMPARE(image.width, 2);
        for (int channel = 0; channel < 3; ++channel) {
            QCOMPARE(int(image.at(0, 0)[channel]), first);
            QCOMPARE(int(image.at(1, 0)[channel]), second);
        }
    }

    void equalsPillow_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("tolerance");
        QTest::addColumn<QByteArray>("samples");
        test::GoldenReader golden(test::bytesOf(GOLDEN_DIR "/image/decode.bin"));
        while (!golden.atEnd()) {
            const auto file = QString::fromStdString(golden.text(golden.take<std::uint32_t>()));
            const auto width = golden.take<std::uint32_t>();
            const auto height = golden.take<std::uint32_t>();
            const auto tolerance = golden.take<std::uint32_t>();
            const auto samples = golden.text(std::size_t{width} * height * 3);
            QTest::newRow(qPrintable(file))
                << file << static_cast<int>(width) << static_cast<int>(height) << static_cast<int>(tolerance)
                << QByteArray(samples.data(), static_cast<qsizetype>(samples.size()));
        }
    }

    void equalsPillow() {
        QFETCH(QString, file);
        QFETCH(int, width);
        QFETCH(int, height);
        QFETCH(int, tolerance);
        QFETCH(QByteArray, samples);
        const auto path = kFolder / file.toStdString();
        if (!isRead(path)) QSKIP("built without OpenCV");
        Image expected(width, height);
        std::copy(samples.begin(), samples.end(), expected.pixels.begin());
        const Image image = decodeImage(path);
        QCOMPARE(image.width, width);
        QCOMPARE(image.height, height);
        const int difference = test::largestDifference(image, expected);
        QVERIFY2(difference <= tolerance, qPrintable(QString("off by %1").arg(difference)));
    }

    void readsAVeryWideImage() {
        const Image image = decodeImage(kFolder / "wide.png");
        QCOMPARE(image.width, 20000);
        QCOMPARE(image.height, 10);
        for (int x = 0; x < image.width; ++x) {
            QCOMPARE(int{image.at(x, 9)[1]}, x % 251);
        }
    }

    void badFilesAreRefusedInSilenceAndByName() {
        StderrCatcher catcher;
        std::vector<std::string> failures;
        int files = 0;
        for (const auto& path : test::filesIn(kFolder)) {
            if (!path.filename().string().starts_with("bad")) continue;
            ++files;
            try {
                decodeImage(path);
                failures.push_back(path.filename().string() + " was read");
            } catch (const Error& error) {
                if (error.where() != path.string())
                    failures.push_back("an error without the name " + path.string());
                if (error.remedy().empty()) failures.push_back("no remedy: " + std::string(error.what()));
            }
        }
        const QByteArray chatter = catcher.text();
        for (const auto& failure : failures) {
            qWarning("%s", failure.c_str());
        }
        QCOMPARE(failures.size(), std::size_t{0});
        QCOMPARE(files, 21);
        QCOMPARE(chatter, QByteArray());
    }

    void standardErrorStillWorksAfterwards() {
        StderrCatcher catcher;
        QVERIFY_THROWS_EXCEPTION(Error, decodeImage(kFolder / "bad-cut-orientation1.tif"));
        std::cerr << "a word" << std::endl;
        QCOMPARE(catcher.text(), QByteArray("a word\n"));
    }

    void missingFilesAndFoldersAreRefused() {
        QVERIFY_THROWS_EXCEPTION(Error, decodeImage(kFolder));
        QVERIFY_THROWS_EXCEPTION(Error, decodeImage(kFolder / "missing.png"));
    }

    void animatedAndFloatingPointImagesSayWhy() {
        if (!kOpenCv) QSKIP("built without OpenCV");
        for (const auto& [file, reason] :
             {std::pair{"bad-animated.webp", "an animated WebP"}, {"bad-float.tif", "floating point"}}) {
            try {
                decodeImage(kFolder / file);
                QFAIL("read");
            } catch (const Error& error) {
                QVERIFY(std::string(error.what()).find(reason) != std::string::npos);
            }
        }
    }

    void withoutOpenCvTheMessageTellsWhatIsRead() {
        if (kOpenCv) QSKIP("built with OpenCV");
        try {
            decodeImage(kFolder / "rgb.bmp");
            QFAIL("read");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("only JPEG and PNG") != std::string::npos);
        }
    }

    void bytesDecodeLikeTheFile() {
        for (const char* file : {"cmyk.jpg", "palette-transparent.png"}) {
            QVERIFY(decodeImage(test::bytesOf(kFolder / file), file) == decodeImage(kFolder / file));
        }
    }

    /// Cut anywhere, a file gives an Error, or, where only its tail of no pixels is missing, the whole image.
    void everyCutIsWholeOrRefused() {
        for (const char* file : {"subsampled.jpg", "orientation3.png", "interlaced.png", "rgba.webp",
                                 "rgba.tif", "rgb.bmp", "rgb.ppm"}) {
            if (!isRead(kFolder / file)) continue;
            const auto bytes = test::bytesOf(kFolder / file);
            const Image expected = decodeImage(bytes, file);
            for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 64) {
                const std::vector<std::byte> cut(bytes.begin(),
                                                 bytes.begin() + static_cast<std::ptrdiff_t>(size));
                try {
                    const Image image = decodeImage(cut, "cut");
                    // Metadata may be what is missing; what matters is that no pixel is.
                    const bool whole = image == expected || std::string(file) == "orientation3.png";
                    QVERIFY2(whole, qPrintable(QString("%1 cut at %2").arg(file).arg(size)));
                    QVERIFY(size > bytes.size() / 2);
                } catch (const Error& error) {
                    QCOMPARE(error.where(), std::string("cut"));
                }
            }
        }
    }

    void damageIsAnImageOrAnError() {
        std::mt19937 random(3);
        for (const auto& path : test::filesIn(kFolder)) {
            if (path.filename().string().starts_with("orientation") || path.filename() == "wide.png")
                continue;
            auto bytes = test::bytesOf(path);
            if (bytes.empty()) continue;
            for (int round = 0; round < 30; ++round) {
                auto damaged = bytes;
                for (int i = 0; i < 4; ++i) {
                    damaged[random() % damaged.size()] = std::byte(random() % 256);
                }
                try {
                    const Image image = decodeImage(damaged, "damaged");
                    QCOMPARE(image.pixels.size(), image.rowBytes() * static_cast<std::size_t>(image.height));
                } catch (const Error& error) {
                    QCOMPARE(error.where(), std::string("damaged"));
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(DecodeTest)
#include "decode_test.moc"
