#include "ui/widgets/cell_outline.h"

#include <QTest>

using namespace dinoscope;

class CellOutlineTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneCellIsASquareOfFourLines() {
        const std::vector<std::uint8_t> cells{0, 0, 0, 0, 1, 0, 0, 0, 0};
        const auto lines = cellOutline(cells, {3, 3});
        QCOMPARE(lines.size(), std::size_t(4));
        for (const QLineF& line : lines)
            QCOMPARE(line.length(), 1.0);
    }

    void straightRunsAreOneLine() {
        const std::vector<std::uint8_t> cells(12, 1);
        const auto lines = cellOutline(cells, {4, 3});
        QCOMPARE(lines.size(), std::size_t(4));
        double length = 0;
        for (const QLineF& line : lines)
            length += line.length();
        QCOMPARE(length, 14.0);
    }

    void aHoleHasItsOwnBorder() {
        std::vector<std::uint8_t> cells(9, 1);
        cells[4] = 0;
        QCOMPARE(cellOutline(cells, {3, 3}).size(), std::size_t(8));
    }

    void cornersThatTouchStayApart() {
        const std::vector<std::uint8_t> cells{1, 0, 0, 1};
        double length = 0;
        for (const QLineF& line : cellOutline(cells, {2, 2}))
            length += line.length();
        QCOMPARE(length, 8.0);
    }

    void aWrongNumberOfCellsGivesNothing() {
        const std::vector<std::uint8_t> cells{1, 1, 1};
        QVERIFY(cellOutline(cells, {2, 2}).empty());
        QVERIFY(cellOutline({}, {2, 2}).empty());
    }
};

QTEST_APPLESS_MAIN(CellOutlineTest)
#include "cell_outline_test.moc"
