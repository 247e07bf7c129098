#include <QTest>
#include <algorithm>

#include "ui/bridge/colour_bridge.h"
#include "ui/bridge/image_bridge.h"
#include "ui/explore/attention_painter.h"
#include "ui/explore/export_view.h"
#include "ui/widgets/image_canvas.h"

using namespace dinoscope;

namespace {

constexpr QRgb kWhite = 0xFFFFFFFF;

/// A grey picture under cells of one colour.
SeenView viewKeeping(std::vector<std::uint8_t> kept, QSize grid, int cell) {
    auto image = std::make_shared<Image>(grid.width() * cell, grid.height() * cell);
    std::fill(image->pixels.begin(), image->pixels.end(), std::uint8_t(100));
    QImage colours(grid, QImage::Format_Indexed8);
    colours.setColorTable(colourTableOf(ColourMap::Viridis));
    colours.fill(128);
    const QRectF covered(0, 0, image->width, image->height);
    return {image, {{colours, std::move(kept)}, covered, 0.5, false}};
}

/// The same in the window, a pixel of the picture on one of the screen.
QImage onCanvas(const SeenView& seen) {
    ImageCanvas canvas;
    canvas.resize(seen.image->width + 60, seen.image->height + 60);
    canvas.show();
    canvas.setImage(ImagePyramid(viewOf(seen.image)));
    canvas.setCells(seen.overlay.grid.colours.size(), seen.overlay.covered);
    canvas.setOverlay(seen.overlay.grid);
    canvas.setOpacity(seen.overlay.opacity);
    canvas.setSmooth(seen.overlay.smooth);
    canvas.setOutline(seen.overlay.grid.kept);
    canvas.setZoom(1);
    const QPoint origin = canvas.cellRect({0, 0}).topLeft().toPoint();
    const QRect picture(origin, QSize(seen.image->width, seen.image->height));
    return canvas.grab(picture).toImage().convertToFormat(QImage::Format_RGB32);
}

int whitePixels(const QImage& image, const QRect& part) {
    int count = 0;
    for (int y = part.top(); y <= part.bottom(); ++y) {
        for (int x = part.left(); x <= part.right(); ++x)
            count += image.pixel(x, y) == kWhite;
    }
    return count;
}

}  // namespace

class ExploreRenderTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theViewAsSeenIsThatOfTheCanvas() {
        const SeenView seen = viewKeeping({0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0}, {4, 4}, 16);
        const QImage written = renderSeen(seen);
        QVERIFY(whitePixels(written, written.rect()) > 0);
        QCOMPARE(written, onCanvas(seen));
    }

    void withoutAMaskThereIsNoOutline() {
        const SeenView seen = viewKeeping({}, {4, 4}, 16);
        const QImage written = renderSeen(seen);
        QCOMPARE(whitePixels(written, written.rect()), 0);
        QCOMPARE(written, onCanvas(seen));
    }

    void anOutlineAlongTheBorderOfThePictureIsSeenOnEverySide() {
        const SeenView seen = viewKeeping(std::vector<std::uint8_t>(12, 1), {4, 3}, 16);
        const QImage written = renderSeen(seen);
        const int right = written.width() - 1;
        const int bottom = written.height() - 1;
        QCOMPARE(whitePixels(written, {0, 0, written.width(), 1}), written.width());
        QCOMPARE(whitePixels(written, {0, bottom, written.width(), 1}), written.width());
        QCOMPARE(whitePixels(written, {0, 0, 1, written.height()}), written.height());
        QCOMPARE(whitePixels(written, {right, 0, 1, written.height()}), written.height());
    }

    void theOutlineOfAPhotographIsWideEnoughToBeSeenInAView() {
        const SeenView seen = viewKeeping({0, 0, 0, 0, 1, 0, 0, 0, 0}, {3, 3}, 1000);
        const QImage written = renderSeen(seen);
        QCOMPARE(whitePixels(written, {900, 1500, 200, 1}), 3);
        QCOMPARE(whitePixels(written, {1900, 1500, 200, 1}), 3);
    }

    void aPatchOfAllHeadsAtOnceTakesTheHueOfTheOneThatLeads() {
        const AttentionMap map{3, 1, 3, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {}};
        ExploreSettings settings;
        settings.heads = {HeadChoice::Kind::All, 0};
        AttentionPainter painter;
        painter.paint(map, settings);
        const QImage& colours = painter.shown().colours;
        QCOMPARE(colours.size(), QSize(3, 1));
        for (int head = 0; head < map.heads; ++head)
            QCOMPARE(QColor(colours.pixel(head, 0)), hueOf(head, map.heads));
    }
};

QTEST_MAIN(ExploreRenderTest)
#include "explore_render_test.moc"
