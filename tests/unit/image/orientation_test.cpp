#include "engine/image/orientation.h"

#include <QTest>
#include <array>

#include "tests/unit/image/test_files.h"

using namespace dinoscope;

class OrientationTest : public QObject {
    Q_OBJECT

    /// Where pixel (x, y) of the upright image stands in a stored one of this size, by the words of the
    /// standard: what the stored row 0 and column 0 are, seen upright.
    static std::array<int, 2> storedPlace(int orientation, int x, int y, int width, int height) {
        switch (orientation) {
            case 2:
                return {width - 1 - x, y};  // row 0 top, column 0 right
            case 3:
                return {width - 1 - x, height - 1 - y};  // bottom, right
            case 4:
                return {x, height - 1 - y};  // bottom, left
            case 5:
                return {y, x};  // left, top
            case 6:
                return {y, height - 1 - x};  // right, top
            case 7:
                return {width - 1 - y, height - 1 - x};  // right, bottom
            case 8:
                return {width - 1 - y, x};  // left, bottom
            default:
                return {x, y};
        }
    }

private Q_SLOTS:
    void everyPixelFindsItsPlace() {
        for (const auto& [width, height] : {std::array{5, 3}, {1, 1}, {1, 9}, {9, 1}, {70, 45}, {32, 64}}) {
            const Image stored = test::noise(width, height);
            for (int orientation = 1; orientation <= 8; ++orientation) {
                const Image result = upright(stored, orientation);
                QCOMPARE(result.width, orientation >= 5 ? height : width);
                QCOMPARE(result.height, orientation >= 5 ? width : height);
                for (int y = 0; y < result.height; ++y) {
                    for (int x = 0; x < result.width; ++x) {
                        const auto [x0, y0] = storedPlace(orientation, x, y, width, height);
                        QVERIFY(std::equal(result.at(x, y), result.at(x, y) + 3, stored.at(x0, y0)));
                    }
                }
            }
        }
    }

    void unknownOrientationsLeaveTheImage() {
        const Image stored = test::noise(7, 4);
        for (const int orientation : {-1, 0, 9, 6000}) {
            QVERIFY(upright(stored, orientation) == stored);
        }
    }
};

QTEST_APPLESS_MAIN(OrientationTest)
#include "orientation_test.moc"
