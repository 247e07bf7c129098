#include "engine/image/video_reader.h"

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <fstream>

#include "engine/image/video_writer.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

constexpr int kFrames = 12;

/// Of one colour each, ever redder.
void writeVideo(const fs::path& file) {
    VideoWriter writer(file, 64, 48, 8);
    for (int frame = 0; frame < kFrames; ++frame) {
        Image image(64, 48);
        for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
            image.pixels[i] = std::uint8_t(20 * frame);
            image.pixels[i + 2] = 90;
        }
        writer.add(image);
    }
    writer.finish();
}

}  // namespace

class VideoReaderTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path path(const char* name) const { return fs::path(folder_->path().toStdString()) / name; }

private Q_SLOTS:
    void init() {
        if (!canWriteVideos()) QSKIP("built without videos");
        folder_ = std::make_unique<QTemporaryDir>();
    }

    void picturesComeInOrderWithTheirColours_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("mp4") << "a.mp4";
        QTest::newRow("avi") << "a.avi";
        QTest::newRow("a name that is a pattern") << "a%03d.avi";
    }

    void picturesComeInOrderWithTheirColours() {
        QFETCH(const QString, name);
        const fs::path file = path(name.toUtf8().constData());
        writeVideo(file);
        VideoReader reader(file);
        QCOMPARE(reader.rate(), 8.0);
        QCOMPARE(reader.count(), std::int64_t(kFrames));
        for (int frame = 0; frame < kFrames; ++frame) {
            const auto image = reader.next();
            QVERIFY(image && image->width == 64 && image->height == 48);
            const std::uint8_t* pixel = image->at(32, 24);
            QVERIFY2(
                std::abs(pixel[0] - 20 * frame) <= 8 && pixel[1] <= 8 && std::abs(pixel[2] - 90) <= 8,
                qPrintable(
                    QStringLiteral("%1: %2 %3 %4").arg(frame).arg(pixel[0]).arg(pixel[1]).arg(pixel[2])));
        }
        QVERIFY(!reader.next() && !reader.skip());
    }

    void picturesAreSkipped() {
        writeVideo(path("a.avi"));
        VideoReader reader(path("a.avi"));
        for (int frame = 0; frame < 5; ++frame)
            QVERIFY(reader.skip());
        QVERIFY(std::abs(reader.next()->at(9, 9)[0] - 100) <= 8);
    }

    void aFileThatIsCutShortEndsEarly() {
        writeVideo(path("a.avi"));
        fs::resize_file(path("a.avi"), fs::file_size(path("a.avi")) / 2);
        int read = 0;
        try {
            VideoReader reader(path("a.avi"));
            while (reader.next())
                ++read;
        } catch (const Error& error) {
            QCOMPARE(error.where(), path("a.avi").string());
        }
        QVERIFY(read < kFrames);
    }

    void whatIsNoVideoIsNamed() {
        std::ofstream(path("text.mp4")) << "this is no video";
        for (const char* name : {"text.mp4", "missing.mp4", "."}) {
            try {
                VideoReader reader(path(name));
                QFAIL(name);
            } catch (const Error& error) {
                QCOMPARE(error.where(), path(name).string());
                QVERIFY(!error.remedy().empty());
            }
        }
    }
};

QTEST_APPLESS_MAIN(VideoReaderTest)
#include "video_reader_test.moc"
