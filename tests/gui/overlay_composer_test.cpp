#include "ui/widgets/overlay_composer.h"

#include <QRandomGenerator>
#include <QTest>
#include <cmath>

using namespace dinoscope;

namespace {

QImage noise(QSize size, quint32 seed) {
    QRandomGenerator random(seed);
    QImage image(size, QImage::Format_RGB32);
    for (int y = 0; y < size.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < size.width(); ++x)
            line[x] = random.generate() | 0xFF000000U;
    }
    return image;
}

/// Values 0 to 255 with a table whose colour at i is (i, 255 - i, i / 2).
QImage indexedGrid(QSize size, quint32 seed) {
    QRandomGenerator random(seed);
    QImage grid(size, QImage::Format_Indexed8);
    QList<QRgb> table;
    for (int i = 0; i < 256; ++i)
        table << qRgb(i, 255 - i, i / 2);
    grid.setColorTable(table);
    for (int y = 0; y < size.height(); ++y) {
        for (int x = 0; x < size.width(); ++x)
            grid.setPixel(x, y, random.bounded(256));
    }
    return grid;
}

QImage composed(const QImage& base, const GridOverlay& overlay) {
    QImage target(base.size(), QImage::Format_RGB32);
    target.fill(Qt::magenta);
    OverlayComposer().compose(base, overlay, target);
    return target;
}

/// The value between cell centres at `position` cells from the edge, along one axis: the cells and the share.
struct Between {
    int first;
    int second;
    double share;
};

Between between(double position, int cells) {
    const double centred = std::clamp(position - 0.5, 0.0, cells - 1.0);
    const int first = int(centred);
    return {first, std::min(first + 1, cells - 1), centred - first};
}

int worstChannel(QRgb a, QRgb b) {
    return std::max(
        {std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
}

}  // namespace

class OverlayComposerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void withoutAGridThePictureIsCopied() {
        const QImage base = noise({31, 17}, 1);
        QCOMPARE(composed(base, {}), base);
    }

    void opacityZeroLeavesThePictureAsItIs() {
        const QImage base = noise({64, 48}, 2);
        const GridOverlay overlay{{indexedGrid({5, 4}, 3), {}}, {0, 0, 64, 48}, 0, true};
        QCOMPARE(composed(base, overlay), base);
    }

    void blocksHaveTheExactColourOfTheirCell() {
        const QImage base = noise({40, 30}, 4);
        const QImage grid = indexedGrid({4, 3}, 5);
        const QImage target = composed(base, {{grid, {}}, {0, 0, 40, 30}, 1, false});
        for (int y = 0; y < 30; ++y) {
            for (int x = 0; x < 40; ++x)
                QCOMPARE(target.pixel(x, y), grid.pixel(x / 10, y / 10));
        }
    }

    void valuesAreMixedBetweenCentresAndThenColoured() {
        const QSize size(97, 61);
        const QImage base = noise(size, 6);
        const QImage grid = indexedGrid({7, 5}, 7);
        const QRectF covered(3.5, -2.25, 90.25, 58.5);
        const double opacity = 0.6;
        const QImage target = composed(base, {{grid, {}}, covered, opacity, true});
        for (int y = 0; y < size.height(); ++y) {
            for (int x = 0; x < size.width(); ++x) {
                const QPointF centre(x + 0.5, y + 0.5);
                const QRgb under = base.pixel(x, y);
                QRgb expected = under;
                if (covered.contains(centre)) {
                    const Between h = between((centre.x() - covered.left()) * 7 / covered.width(), 7);
                    const Between v = between((centre.y() - covered.top()) * 5 / covered.height(), 5);
                    const auto value = [&](int column, int row) {
                        return double(grid.pixelIndex(column, row));
                    };
                    const double upper =
                        value(h.first, v.first) * (1 - h.share) + value(h.second, v.first) * h.share;
                    const double lower =
                        value(h.first, v.second) * (1 - h.share) + value(h.second, v.second) * h.share;
                    const double mixed = upper * (1 - v.share) + lower * v.share;
                    const auto blend = [&](int below, double tint) {
                        return int(std::lround(below * (1 - opacity) + tint * opacity));
                    };
                    expected = qRgb(blend(qRed(under), mixed), blend(qGreen(under), 255 - mixed),
                                    blend(qBlue(under), mixed / 2));
                }
                QVERIFY2(worstChannel(target.pixel(x, y), expected) <= 2,
                         qPrintable(QStringLiteral("pixel %1, %2").arg(x).arg(y)));
            }
        }
    }

    void transparentColoursLetThePictureThrough() {
        const QImage base = noise({32, 32}, 8);
        QImage grid(2, 1, QImage::Format_ARGB32_Premultiplied);
        grid.setPixel(0, 0, qRgba(0, 0, 0, 0));
        grid.setPixel(1, 0, qRgba(200, 100, 50, 255));
        const QImage target = composed(base, {{grid, {}}, {0, 0, 32, 32}, 1, false});
        for (int y = 0; y < 32; ++y) {
            for (int x = 0; x < 16; ++x)
                QCOMPARE(target.pixel(x, y), base.pixel(x, y));
            for (int x = 16; x < 32; ++x)
                QVERIFY(worstChannel(target.pixel(x, y), qRgb(200, 100, 50)) <= 1);
        }
    }

    void leftOutCellsAreDarkenedWhateverTheOpacity_data() {
        QTest::addColumn<double>("opacity");
        QTest::newRow("none") << 0.0;
        QTest::newRow("half") << 0.5;
        QTest::newRow("full") << 1.0;
    }

    void leftOutCellsAreDarkenedWhateverTheOpacity() {
        QFETCH(double, opacity);
        const QImage base = noise({40, 20}, 9);
        const ColouredGrid grid{indexedGrid({4, 2}, 10), {1, 0, 1, 1, 1, 1, 1, 0}};
        const QImage target = composed(base, {grid, {0, 0, 40, 20}, opacity, true});
        const auto dark = [](QRgb colour) {
            return qRgb(qRed(colour) * 90 / 256, qGreen(colour) * 90 / 256, qBlue(colour) * 90 / 256);
        };
        for (int y = 0; y < 10; ++y) {
            for (int x = 10; x < 20; ++x)
                QCOMPARE(target.pixel(x, y), dark(base.pixel(x, y)));
        }
        for (int y = 10; y < 20; ++y) {
            for (int x = 30; x < 40; ++x)
                QCOMPARE(target.pixel(x, y), dark(base.pixel(x, y)));
        }
        if (opacity == 0.0) QCOMPARE(target.pixel(5, 5), base.pixel(5, 5));
    }

    void aPartOfALargeGridEqualsTheWholeCutOut() {
        const QImage base = noise({400, 300}, 11);
        const QImage grid = indexedGrid({25, 19}, 12);
        const QImage whole = composed(base, {{grid, {}}, {0, 0, 400, 300}, 0.7, true});
        const QRect part(123, 77, 90, 60);
        const QImage cut =
            composed(base.copy(part), {{grid, {}}, QRectF(-part.x(), -part.y(), 400, 300), 0.7, true});
        QCOMPARE(cut, whole.copy(part));
    }

    void oneCellAndOnePixelWork() {
        const QImage base = noise({1, 1}, 13);
        const QImage grid = indexedGrid({1, 1}, 14);
        QCOMPARE(composed(base, {{grid, {}}, {0, 0, 1, 1}, 1, true}).pixel(0, 0), grid.pixel(0, 0));
    }
};

QTEST_APPLESS_MAIN(OverlayComposerTest)
#include "overlay_composer_test.moc"
