#include "ui/widgets/thumbnail_grid.h"

#include <QAbstractListModel>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace dinoscope;

namespace {

/// Any number of grey pictures; counts which rows were asked for.
class GreyModel : public QAbstractListModel {
public:
    explicit GreyModel(int rows) : rows_(rows) {}

    void setRows(int rows) {
        beginResetModel();
        rows_ = rows;
        endResetModel();
    }

    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : rows_; }

    QVariant data(const QModelIndex& index, int role) const override {
        if (role == Qt::DisplayRole) {
            highest = std::max(highest, index.row());
            lowest = std::min(lowest, index.row());
            return QString::number(index.row());
        }
        if (role == ThumbnailGrid::PictureRole) {
            QImage picture(64, 48, QImage::Format_RGB32);
            picture.fill(Qt::gray);
            return picture;
        }
        return {};
    }

    mutable int highest = -1;
    mutable int lowest = 1 << 30;

private:
    int rows_;
};

}  // namespace

class ThumbnailGridTest : public QObject {
    Q_OBJECT

private:
    static void show(ThumbnailGrid& grid) {
        grid.resize(700, 500);
        grid.show();
        QVERIFY(QTest::qWaitForWindowExposed(&grid));
    }

private Q_SLOTS:
    void onlyWhatIsInSightIsAskedFor() {
        GreyModel model(100'000);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        grid.grab();
        QVERIFY(model.highest >= 8);
        QVERIFY(model.highest < 60);
        model.lowest = 1 << 30;
        grid.verticalScrollBar()->setValue(grid.verticalScrollBar()->maximum());
        grid.grab();
        QVERIFY(model.lowest > 99'900);
        QCOMPARE(model.highest, 99'999);
    }

    void scrollingAsksForTheRowsInSight() {
        GreyModel model(100'000);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        QSignalSpy wanted(&grid, &ThumbnailGrid::rangeWanted);
        grid.scrollTo(model.index(50'000), QAbstractItemView::PositionAtTop);
        QVERIFY(!wanted.isEmpty());
        const int first = wanted.last()[0].toInt();
        const int count = wanted.last()[1].toInt();
        QVERIFY(first <= 50'000 && first + count > 50'000);
        QVERIFY(count < 100);
        QVERIFY(grid.visualRect(model.index(50'000)).intersects(grid.viewport()->rect()));
    }

    void everyCellIsFoundUnderItsMiddle() {
        GreyModel model(23);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        for (int row = 0; row < 8; ++row) {
            const QRect rect = grid.visualRect(model.index(row));
            QCOMPARE(grid.indexAt(rect.center()).row(), row);
        }
        QVERIFY(!grid.indexAt({1, 1}).isValid());
    }

    void arrowsMoveInTwoDirectionsAndStayWithinTheGrid() {
        GreyModel model(23);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        int columns = 1;
        while (grid.visualRect(model.index(columns)).top() == grid.visualRect(model.index(0)).top())
            ++columns;
        QVERIFY(columns > 2);
        grid.setCurrentIndex(model.index(1));
        QTest::keyClick(&grid, Qt::Key_Down);
        QCOMPARE(grid.currentIndex().row(), 1 + columns);
        QTest::keyClick(&grid, Qt::Key_Right);
        QCOMPARE(grid.currentIndex().row(), 2 + columns);
        QTest::keyClick(&grid, Qt::Key_Up);
        QTest::keyClick(&grid, Qt::Key_Up);
        QCOMPARE(grid.currentIndex().row(), 2);
        QTest::keyClick(&grid, Qt::Key_End);
        QCOMPARE(grid.currentIndex().row(), 22);
        QTest::keyClick(&grid, Qt::Key_Down);
        QCOMPARE(grid.currentIndex().row(), 22);
        QVERIFY(grid.viewport()->rect().contains(grid.visualRect(model.index(22)).center()));
        QTest::keyClick(&grid, Qt::Key_Home);
        QCOMPARE(grid.currentIndex().row(), 0);
    }

    void shiftSelectsARange() {
        GreyModel model(23);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        grid.setCurrentIndex(model.index(1));
        QTest::keyClick(&grid, Qt::Key_Right, Qt::ShiftModifier);
        QTest::keyClick(&grid, Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(grid.selectionModel()->selectedIndexes().size(), 3);
    }

    void aClickSelectsAndEnterAndADoubleClickOpen() {
        GreyModel model(23);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        QSignalSpy opened(&grid, &ThumbnailGrid::opened);
        QTest::mouseClick(grid.viewport(), Qt::LeftButton, {}, grid.visualRect(model.index(2)).center());
        QCOMPARE(grid.currentIndex().row(), 2);
        QVERIFY(opened.isEmpty());
        QTest::keyClick(&grid, Qt::Key_Return);
        QCOMPARE(opened.size(), 1);
        QTest::mouseDClick(grid.viewport(), Qt::LeftButton, {}, grid.visualRect(model.index(1)).center());
        QCOMPARE(opened.size(), 2);
        QCOMPARE(opened.last().first().toModelIndex().row(), 1);
    }

    void aNarrowerGridKeepsItsPlace() {
        GreyModel model(10'000);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        grid.scrollTo(model.index(5000), QAbstractItemView::PositionAtTop);
        grid.resize(400, 500);
        const auto range = grid.wantedRange();
        QVERIFY(std::abs(range.first - 5000) < 10);
    }

    void anEmptyModelShowsNothing() {
        GreyModel model(0);
        ThumbnailGrid grid;
        grid.setModel(&model);
        show(grid);
        grid.grab();
        QCOMPARE(model.highest, -1);
        QTest::keyClick(&grid, Qt::Key_Down);
        QVERIFY(!grid.currentIndex().isValid());
        model.setRows(5);
        grid.grab();
        QCOMPARE(model.highest, 4);
    }
};

QTEST_MAIN(ThumbnailGridTest)
#include "thumbnail_grid_test.moc"
