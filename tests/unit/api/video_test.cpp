#include "engine/api/video.h"

#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>

#include "engine/image/encode.h"
#include "engine/image/video_reader.h"
#include "engine/image/video_writer.h"

using namespace dinoscope;
using namespace dinoscope::api;
namespace fs = std::filesystem;

namespace {

constexpr int kFrames = 10;

/// A square that wanders.
Image frame(int number, int width = 96, int height = 64) {
    Image image(width, height);
    for (int y = 16; y < std::min(40, height); ++y) {
        for (int x = 4 * number; x < std::min(4 * number + 24, width); ++x)
            image.at(x, y)[1] = 220;
    }
    return image;
}

}  // namespace

class VideoTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;
    JobControl control_;

    std::string path(const char* name) const {
        return (fs::path(folder_->path().toStdString()) / name).string();
    }

    VideoReport made(const char* input, const std::vector<std::pair<std::string, std::string>>& more = {}) {
        OptionValues options(videoOptions());
        for (const auto& [key, value] :
             std::vector<std::pair<std::string, std::string>>{{"output", path("out.avi")},
                                                              {"weights", "untrained"},
                                                              {"arch", "vit_tiny"},
                                                              {"device", "cpu"},
                                                              {"size", "64"},
                                                              {"side", "32"}})
            options.set(key, std::string_view(value));
        for (const auto& [key, value] : more)
            options.set(key, std::string_view(value));
        return video(path(input), options, control_);
    }

private Q_SLOTS:
    void init() {
        if (!canWriteVideos()) QSKIP("built without videos");
        folder_ = std::make_unique<QTemporaryDir>();
        VideoWriter writer(path("in.avi"), 96, 64, 5);
        fs::create_directory(path("frames"));
        for (int i = 0; i < kFrames; ++i) {
            writer.add(frame(i));
            writePng(path("frames/") + std::to_string(i) + ".png", frame(i));
        }
        writer.finish();
    }

    void eachFrameBecomesItselfTheMeanAndTheHeads() {
        const VideoReport report = made("in.avi");
        QCOMPARE(report.frames, std::int64_t(kFrames));
        QCOMPARE(report.pictures, 5);  // a tiny ViT has three heads
        QCOMPARE(report.rate, 5.0);
        VideoReader reader(path("out.avi"));
        QCOMPARE(reader.count(), std::int64_t(kFrames));
        QCOMPARE(reader.rate(), 5.0);
        for (int i = 0; i < kFrames; ++i) {
            const auto shown = reader.next();
            QVERIFY(shown && shown->width == report.width && shown->height == report.height);
            // The first tile, 48 x 32, is the frame itself: half as large.
            const std::uint8_t* inside = shown->at(2 * i + 6, 14);
            const std::uint8_t* outside = shown->at((2 * i + 30) % 48, 28);
            QVERIFY(inside[1] > 150 && inside[0] < 80);
            QVERIFY(outside[1] < 80);
        }
        QVERIFY(!fs::exists(path("out")));
    }

    /// Of a still picture every frame of the video is alike, and is drawn as `dino attend` draws it.
    void whatIsAskedForIsShown_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::addColumn<int>("pictures");
        QTest::newRow("mean") << "heads"
                              << "mean" << 1;
        QTest::newRow("hues") << "hues"
                              << "true" << 1;
        QTest::newRow("two heads") << "heads"
                                   << "0,2" << 4;
        QTest::newRow("a patch asks") << "query"
                                      << "40,30" << 5;
        QTest::newRow("masks") << "mass"
                               << "0.5" << 5;
    }

    void whatIsAskedForIsShown() {
        QFETCH(QString, key);
        QFETCH(QString, value);
        QFETCH(int, pictures);
        const VideoReport report =
            made("in.avi", {{key.toStdString(), value.toStdString()}, {"seconds", "0.4"}});
        QCOMPARE(report.pictures, pictures);
        QCOMPARE(report.frames, std::int64_t(2));
    }

    void aPartAndEveryThirdFrameAreTaken() {
        const VideoReport report =
            made("in.avi", {{"start", "0.4"}, {"seconds", "1.4"}, {"every", "3"}, {"heads", "mean"}});
        QCOMPARE(report.frames, std::int64_t(3));  // 2, 5 and 8
        QCOMPARE(report.rate, 1.667);  // what an .avi can hold
        QCOMPARE(made("in.avi", {{"every", "3"}, {"fps", "12"}}).rate, 12.0);
        QVERIFY_THROWS_EXCEPTION(Error, made("in.avi", {{"start", "60"}}));
    }

    void aFolderIsAVideoOfItsPictures() {
        std::ofstream(path("frames/3.png")) << "damaged";
        writePng(path("frames/10.png"), frame(0, 200, 64));  // of another shape
        const VideoReport report = made("frames");
        QCOMPARE(report.frames, std::int64_t(kFrames));
        QCOMPARE(report.skipped, std::int64_t(1));
        QCOMPARE(report.rate, 25.0);
    }

    /// The number of a picture that cannot be read counts.
    void ofAFolderTheSamePicturesAreTakenWhicheverCanBeRead() {
        std::ofstream(path("frames/0.png")) << "damaged";
        const VideoReport report = made("frames", {{"every", "2"}});
        QCOMPARE(report.frames, std::int64_t(4));  // 2, 4, 6 and 8
        QCOMPARE(report.skipped, std::int64_t(1));
        QCOMPARE(made("frames", {{"seconds", "0.08"}}).frames, std::int64_t(1));
    }

    void aPictureThatTheQueryMissesCostsItselfAlone() {
        writePng(path("frames/5.png"), frame(0, 48, 32));
        const VideoReport report = made("frames", {{"query", "80,50"}});
        QCOMPARE(report.frames, std::int64_t(kFrames - 1));
        QCOMPARE(report.skipped, std::int64_t(1));
    }

    void aFileThatEndsEarlyIsTold() {
        QVERIFY(!made("in.avi").cutShort);
        fs::resize_file(path("in.avi"), fs::file_size(path("in.avi")) / 2);
        QVERIFY(made("in.avi").cutShort);
    }

    void whatCannotBeDoneIsToldAndLeavesNothing() {
        QVERIFY_THROWS_EXCEPTION(UsageError, made("in.avi", {{"output", ""}}));
        QVERIFY_THROWS_EXCEPTION(UsageError, made("in.avi", {{"output", path("in.avi")}}));
        QVERIFY_THROWS_EXCEPTION(UsageError, made("in.avi", {{"heads", "7"}}));
        QVERIFY_THROWS_EXCEPTION(UsageError, made("in.avi", {{"heads", "mean"}, {"hues", "true"}}));
        QVERIFY_THROWS_EXCEPTION(UsageError, made("in.avi", {{"layer", "40"}}));
        QVERIFY_THROWS_EXCEPTION(Error, made("in.avi", {{"output", path("out.gif")}}));
        QVERIFY_THROWS_EXCEPTION(Error, made("in.avi", {{"query", "5000,1"}}));
        QVERIFY_THROWS_EXCEPTION(Error, made("missing.mp4"));
        fs::create_directory(path("empty"));
        QVERIFY_THROWS_EXCEPTION(Error, made("empty"));
        QCOMPARE(QDir(folder_->path()).entryList(QDir::Files | QDir::Hidden), QStringList{"in.avi"});
    }

    void oneThatIsInterruptedLeavesNothing() {
        control_.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, made("in.avi"));
        QCOMPARE(QDir(folder_->path()).entryList(QDir::Files | QDir::Hidden), QStringList{"in.avi"});
    }
};

QTEST_GUILESS_MAIN(VideoTest)
#include "video_test.moc"
