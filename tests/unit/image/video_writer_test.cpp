#include "engine/image/video_writer.h"

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <fstream>

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

Image plain(int width, int height, std::uint8_t red) {
    Image image(width, height);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        image.pixels[i] = red;
    return image;
}

std::string startOf(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string bytes(16, '\0');
    stream.read(bytes.data(), std::streamsize(bytes.size()));
    return bytes;
}

}  // namespace

class VideoWriterTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path path(const char* name) const { return fs::path(folder_->path().toStdString()) / name; }
    int files() const { return int(QDir(folder_->path()).entryList(QDir::Files | QDir::Hidden).size()); }

private Q_SLOTS:
    void init() {
        if (!canWriteVideos()) QSKIP("built without videos");
        folder_ = std::make_unique<QTemporaryDir>();
    }

    void aVideoIsWholeOnceItIsFinished_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("mp4") << "a.mp4";
        QTest::newRow("avi") << "a.avi";
    }

    void aVideoIsWholeOnceItIsFinished() {
        QFETCH(const QString, name);
        const fs::path file = path(name.toUtf8().constData());
        VideoWriter writer(file, 64, 48, 8);
        for (int i = 0; i < 10; ++i)
            writer.add(plain(64, 48, std::uint8_t(i * 20)));
        QVERIFY(!fs::exists(file));
        writer.finish();
        const std::string start = startOf(file);
        QVERIFY(name == "a.mp4" ? start.substr(4, 4) == "ftyp" : start.substr(0, 4) == "RIFF");
        QVERIFY(fs::file_size(file) > 500);
        QCOMPARE(files(), 1);
    }

    void ratesAreThoseThatAVideoCanHold() {
        QCOMPARE(storableRate(25), 25.0);
        QCOMPARE(storableRate(30000.0 / 1001), 29.97);
        QCOMPARE(storableRate(119.967), 119.97);
        QCOMPARE(storableRate(0.0005), 0.01);
        for (const double rate : {0.01, 0.033, 64.999, 119.967, 239.847}) {
            VideoWriter writer(path("a.mp4"), 64, 48, storableRate(rate));
            writer.add(plain(64, 48, 9));
            writer.finish();
        }
        QVERIFY_EXCEPTION_THROWN(VideoWriter(path("a.avi"), 64, 48, 0.5), Error);
    }

    void aLinkStaysAndPermissionsToo() {
        std::ofstream(path("real.avi")) << "before";
        fs::permissions(path("real.avi"), fs::perms::owner_read | fs::perms::owner_write);
        fs::create_symlink("real.avi", path("link.avi"));
        VideoWriter writer(path("link.avi"), 64, 48, 8);
        writer.add(plain(64, 48, 9));
        writer.finish();
        QVERIFY(fs::is_symlink(path("link.avi")));
        QCOMPARE(startOf(path("real.avi")).substr(0, 4), std::string("RIFF"));
        QCOMPARE(fs::status(path("real.avi")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    }

    void oneThatIsNotFinishedLeavesNothing() {
        {
            VideoWriter writer(path("a.avi"), 64, 48, 8);
            writer.add(plain(64, 48, 9));
        }
        QCOMPARE(files(), 0);
        VideoWriter empty(path("b.avi"), 64, 48, 8);
        QVERIFY_EXCEPTION_THROWN(empty.finish(), Error);
        QVERIFY(!fs::exists(path("b.avi")));
    }

    void whatCannotBeAVideoIsRefused() {
        QVERIFY_EXCEPTION_THROWN(VideoWriter(path("a.gif"), 64, 48, 8), Error);
        QVERIFY_EXCEPTION_THROWN(VideoWriter(path("a.mp4"), 63, 48, 8), Error);
        QVERIFY_EXCEPTION_THROWN(VideoWriter(path("nowhere/a.avi"), 64, 48, 8), Error);
        VideoWriter writer(path("b.avi"), 64, 48, 8);
        QVERIFY_EXCEPTION_THROWN(writer.add(plain(32, 48, 0)), Error);
    }
};

QTEST_APPLESS_MAIN(VideoWriterTest)
#include "video_writer_test.moc"
