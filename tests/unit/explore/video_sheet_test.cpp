#include "engine/explore/video_sheet.h"

#include <QtTest>

using namespace dinoscope;

class VideoSheetTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theSheetIsAsNearToAScreensShapeAsItComes_data() {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("tiles");
        QTest::addColumn<int>("columns");
        QTest::newRow("a screen's, six heads") << 1920 << 1080 << 8 << 3;
        QTest::newRow("one") << 640 << 480 << 1 << 1;
        QTest::newRow("upright, six heads") << 480 << 853 << 8 << 4;
        QTest::newRow("square, six heads") << 480 << 480 << 8 << 4;
        QTest::newRow("square, twelve heads") << 480 << 480 << 14 << 5;
    }

    void theSheetIsAsNearToAScreensShapeAsItComes() {
        QFETCH(int, width);
        QFETCH(int, height);
        QFETCH(int, tiles);
        QFETCH(int, columns);
        const VideoSheet sheet = VideoSheet::plan(width, height, 240, tiles);
        QCOMPARE(sheet.columns, columns);
        QVERIFY(sheet.columns * sheet.rows >= tiles && sheet.columns * (sheet.rows - 1) < tiles);
        QCOMPARE(std::min(sheet.tileWidth, sheet.tileHeight), 240);
        QVERIFY(sheet.width() % 2 == 0 && sheet.height() % 2 == 0);
        QVERIFY(std::abs(double(sheet.tileWidth) / sheet.tileHeight - double(width) / height) < 0.01);
    }

    void tilesAreRowByRowAndFramesInTheirMiddle() {
        const VideoSheet sheet = VideoSheet::plan(80, 80, 40, 8);
        Image drawn(sheet.width(), sheet.height());
        Image white(80, 80);
        std::fill(white.pixels.begin(), white.pixels.end(), std::uint8_t(255));
        sheet.paste(drawn, 5, sheet.fit(white));  // second row, second column
        QCOMPARE(int(drawn.at(44, 44)[0]), 255);
        QCOMPARE(int(drawn.at(83, 83)[0]), 255);
        QCOMPARE(int(drawn.at(43, 44)[0]) + drawn.at(84, 44)[0] + drawn.at(44, 43)[0], 0);
        Image wide(160, 40);  // of another shape than the first frame
        std::fill(wide.pixels.begin(), wide.pixels.end(), std::uint8_t(255));
        const Image fitted = sheet.fit(wide);
        QCOMPARE(fitted.width, 40);
        QCOMPARE(fitted.height, 10);
        sheet.paste(drawn, 0, fitted);
        QCOMPARE(int(drawn.at(20, 20)[0]), 255);
        QCOMPARE(int(drawn.at(20, 10)[0]), 0);
    }

    void oddFramesFillTheirTiles() {
        const VideoSheet sheet = VideoSheet::plan(853, 481, 240, 4);
        const Image fitted = sheet.fit(Image(853, 481));
        QCOMPARE(fitted.width, sheet.tileWidth);
        QCOMPARE(fitted.height, sheet.tileHeight);
    }

    void aSheetThatNoVideoHoldsIsRefused() {
        QVERIFY_THROWS_EXCEPTION(Error, VideoSheet::plan(1000, 10, 400, 4));
    }

    void rangesFollowSlowly() {
        SteadyRanges steady(0.75);
        QCOMPARE(steady.follow({{0, 1}}).front().high, 1.0F);
        QCOMPARE(steady.follow({{0, 5}}).front().high, 2.0F);
        QCOMPARE(steady.follow({{0, 5}}).front().high, 2.75F);
        QCOMPARE(SteadyRanges(0).follow({{1, 5}}).front().low, 1.0F);
    }
};

QTEST_APPLESS_MAIN(VideoSheetTest)
#include "video_sheet_test.moc"
