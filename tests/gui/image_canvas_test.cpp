#include "ui/widgets/image_canvas.h"

#include <QGuiApplication>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

using namespace dinoscope;

namespace {

QImage plain(int width, int height) {
    QImage image(width, height, QImage::Format_RGB32);
    image.fill(QColor(90, 120, 150));
    return image;
}

void wheel(QWidget& widget, const QPointF& at, int notches) {
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, 120 * notches}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&widget, &event);
}

/// QTest::mouseMove() moves the offscreen cursor, which does not know of scaling (QOffscreenCursor).
void hover(QWidget& widget, const QPointF& at) {
    QMouseEvent event(QEvent::MouseMove, at, widget.mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                      Qt::NoModifier);
    QCoreApplication::sendEvent(&widget, &event);
}

}  // namespace

/// Runs at 100 % and at 200 % scaling.

class ImageCanvasTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const int wanted = qEnvironmentVariableIntValue("QT_SCALE_FACTOR");
        if (wanted > 0) QCOMPARE(qGuiApp->devicePixelRatio(), double(wanted));
    }

    void init() {
        canvas_ = std::make_unique<ImageCanvas>();
        canvas_->resize(400, 300);
        canvas_->show();
        canvas_->setImage(ImagePyramid(plain(800, 600)));
        canvas_->setCells({50, 37}, {0, 0, 800, 592});
    }

    void aPictureIsFittedWithAMargin() {
        QVERIFY(canvas_->isFitted());
        const double zoom = canvas_->zoom() / canvas_->devicePixelRatioF();
        QVERIFY2(zoom > 0.45 && zoom < 0.5, qPrintable(QString::number(zoom)));
    }

    void theWheelKeepsThePointUnderTheCursor() {
        canvas_->setZoom(4);
        const QPointF cursor(217, 91);
        const auto before = canvas_->cellAt(cursor);
        QVERIFY(before);
        const double zoom = canvas_->zoom();
        wheel(*canvas_, cursor, 3);
        QVERIFY(canvas_->zoom() > zoom * 1.9);
        QCOMPARE(canvas_->cellAt(cursor), before);
        wheel(*canvas_, cursor, -3);
        QVERIFY(std::abs(canvas_->zoom() - zoom) < 1e-9);
        QCOMPARE(canvas_->cellAt(cursor), before);
    }

    void cellsAreFoundWhereTheyAreDrawn() {
        for (const double zoom : {0.5, 1.0, 3.0}) {
            canvas_->setZoom(zoom);
            for (const QPoint cell : {QPoint(0, 0), QPoint(24, 18), QPoint(49, 36)}) {
                QCOMPARE(canvas_->cellAt(canvas_->cellRect(cell).center()), std::optional(cell));
            }
        }
    }

    void theCroppedStripIsNoCell() {
        canvas_->fit();
        const QRectF last = canvas_->cellRect({10, 36});
        QVERIFY(!canvas_->cellAt({last.center().x(), last.bottom() + 2}));
        QVERIFY(!canvas_->cellAt({1, 1}));
    }

    void aRectangleIsMarkedInPixelsOfThePicture() {
        canvas_->setZoom(1);
        canvas_->setRegionMode(true);
        QSignalSpy regions(canvas_.get(), &ImageCanvas::regionSelected);
        QSignalSpy clicks(canvas_.get(), &ImageCanvas::cellClicked);
        const QPoint from = canvas_->cellRect({20, 15}).topLeft().toPoint();
        const QPoint to = canvas_->cellRect({25, 20}).topLeft().toPoint();
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, to);  // from below: any corner first
        QTest::mouseMove(canvas_.get(), from);
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, from);
        QCOMPARE(regions.size(), 1);
        QCOMPARE(regions.first().first().toRect(), QRect(320, 240, 80, 80));
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, from);
        QCOMPARE(regions.size(), 1);
        QVERIFY(clicks.isEmpty());
        canvas_->setRegionMode(false);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, from);
        QCOMPARE(clicks.size(), 1);
    }

    void aRectangleEndsWhereThePictureEnds() {
        canvas_->setRegionMode(true);
        QSignalSpy regions(canvas_.get(), &ImageCanvas::regionSelected);
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, {1, 1});
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, {398, 298});
        QCOMPARE(regions.size(), 1);
        QCOMPARE(regions.first().first().toRect(), QRect(0, 0, 800, 600));
        QVERIFY(canvas_->pictureRect({-50, -50, 20, 20}).isEmpty());
    }

    void hoveringTellsEachCellOnce() {
        QSignalSpy spy(canvas_.get(), &ImageCanvas::cellHovered);
        const QRectF cell = canvas_->cellRect({20, 10});
        hover(*canvas_, cell.center());
        hover(*canvas_, cell.center() + QPointF(1, 0));
        QCOMPARE(spy.count(), 1);
        hover(*canvas_, canvas_->cellRect({30, 10}).center());
        QCOMPARE(spy.count(), 2);
    }

    void aDragPansAndDoesNotClick() {
        canvas_->setZoom(2);
        QSignalSpy clicks(canvas_.get(), &ImageCanvas::cellClicked);
        const auto before = canvas_->cellAt({200, 150});
        QTest::mousePress(canvas_.get(), Qt::LeftButton, {}, {200, 150});
        QTest::mouseMove(canvas_.get(), {260, 190});
        QTest::mouseRelease(canvas_.get(), Qt::LeftButton, {}, {260, 190});
        QCOMPARE(clicks.count(), 0);
        QCOMPARE(canvas_->cellAt({260, 190}), before);
    }

    void aClickTellsItsCell() {
        QSignalSpy clicks(canvas_.get(), &ImageCanvas::cellClicked);
        QTest::mouseClick(canvas_.get(), Qt::LeftButton, {}, canvas_->cellRect({7, 9}).center().toPoint());
        QCOMPARE(clicks.count(), 1);
        QCOMPARE(clicks.first().first().toPoint(), QPoint(7, 9));
    }

    void pixelForPixelShowsThePicturesOwnPixels() {
        QImage checks(64, 64, QImage::Format_RGB32);
        for (int y = 0; y < 64; ++y) {
            for (int x = 0; x < 64; ++x)
                checks.setPixel(x, y, (x + y) % 2 ? qRgb(255, 255, 255) : qRgb(0, 0, 0));
        }
        canvas_->setImage(ImagePyramid(checks));
        canvas_->setZoom(1);
        const QImage shown = canvas_->grab().toImage();
        QCOMPARE(shown.size(), canvas_->size() * canvas_->devicePixelRatio());
        const QPoint middle = shown.rect().center();
        int sharp = 0;
        for (int y = middle.y() - 10; y < middle.y() + 10; ++y) {
            for (int x = middle.x() - 10; x < middle.x() + 10; ++x)
                sharp += qRed(shown.pixel(x, y)) != qRed(shown.pixel(x + 1, y));
        }
        QCOMPARE(sharp, 400);
    }

    void aTinyPictureFillsAThirdOfTheView() {
        canvas_->setImage(ImagePyramid(plain(1, 1)));
        canvas_->setCells({1, 1}, {0, 0, 1, 1});
        canvas_->fit();
        const double share = canvas_->cellRect({0, 0}).height() / canvas_->height();
        QVERIFY2(share > 0.28 && share < 0.36, qPrintable(QString::number(share)));
        const double fitted = canvas_->zoom();
        canvas_->zoomBySteps(1);
        QVERIFY(canvas_->zoom() >= fitted);
        // A small one is enlarged so far that its pixels can be told apart, no further.
        canvas_->setImage(ImagePyramid(plain(24, 20)));
        canvas_->fit();
        QCOMPARE(canvas_->zoom(), 8.0 * canvas_->devicePixelRatioF());
    }

    void theOutlineLiesOnPixelsOfTheScreen() {
        canvas_->setZoom(1.37);
        std::vector<std::uint8_t> kept(50 * 37, 0);
        kept[18 * 50 + 24] = 1;
        canvas_->setOutline(kept);
        const QImage shown = canvas_->grab().toImage();
        const double ratio = canvas_->devicePixelRatioF();
        const QRectF cell = canvas_->cellRect({24, 18});
        const int row = int(cell.center().y() * ratio);
        int white = 0;
        for (int x = int((cell.left() - 3) * ratio); x < int((cell.right() + 3) * ratio); ++x)
            white += shown.pixel(x, row) == qRgb(255, 255, 255);
        QCOMPARE(white, int(2 * ratio));  // one line on either side, nothing blurred
    }

    void anExtremeShapeIsShownAndZoomed() {
        canvas_->setImage(ImagePyramid(plain(20000, 10)));
        canvas_->fit();
        QVERIFY(canvas_->zoom() > 0);
        canvas_->zoomBySteps(30);
        canvas_->grab();
        canvas_->setImage(ImagePyramid(plain(1, 1)));
        canvas_->fit();
        canvas_->grab();
        QVERIFY(canvas_->hasImage());
    }

    void oneThatFollowsShowsTheSamePart() {
        ImageCanvas other;
        other.resize(360, 320);
        other.show();
        other.setImage(ImagePyramid(plain(800, 600)));
        QSignalSpy moved(&other, &ImageCanvas::viewChanged);
        canvas_->setZoom(3, {350, 250});
        other.follow(*canvas_);
        QCOMPARE(other.zoom(), canvas_->zoom());
        QVERIFY(!other.isFitted());
        const auto seen = [](const ImageCanvas& canvas) {
            return canvas.pictureRect({QRectF(canvas.rect()).center(), QSizeF(1, 1)}).center();
        };
        QVERIFY((seen(other) - seen(*canvas_)).manhattanLength() <= 1);
        canvas_->fit();
        other.follow(*canvas_);
        QVERIFY(other.isFitted());
        QVERIFY(moved.isEmpty());  // no person moved it: it would be followed in turn
    }

private:
    std::unique_ptr<ImageCanvas> canvas_;
};

QTEST_MAIN(ImageCanvasTest)
#include "image_canvas_test.moc"
