#include <QFile>
#include <QTest>
#include <cmath>
#include <random>

#include "ui/widgets/curve_values.h"

using namespace dinoscope;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Noise with gaps and values below zero.
std::vector<double> makeNumbers(std::size_t count) {
    std::mt19937 draw(7);
    std::vector<double> numbers;
    for (std::size_t i = 0; i < count; ++i)
        numbers.push_back(draw() % 50 == 0 ? kNone : double(draw() % 20001) - 10000);
    return numbers;
}

CurveValues curveOf(const std::vector<double>& numbers) {
    CurveValues values;
    for (const double number : numbers)
        values.append(number);
    return values;
}

std::vector<double> positions(std::size_t count) {
    std::vector<double> x(count);
    for (std::size_t i = 0; i < count; ++i)
        x[i] = double(i);
    return x;
}

}  // namespace

class CurveValuesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void extremesEqualThoseOfEveryNumber() {
        const std::vector<double> numbers = makeNumbers(5000);
        const CurveValues values = curveOf(numbers);
        std::mt19937 draw(1);
        for (int round = 0; round < 2000; ++round) {
            std::size_t first = draw() % 5001, last = draw() % 5001;
            if (first > last) std::swap(first, last);
            CurveExtremes wanted;
            for (std::size_t i = first; i < last; ++i)
                wanted.include(numbers[i]);
            const CurveExtremes found = values.extremes(first, last);
            QCOMPARE(found.low, wanted.low);
            QCOMPARE(found.high, wanted.high);
            QCOMPARE(found.leastPositive, wanted.leastPositive);
        }
    }

    void whatIsNotFiniteIsNoExtreme() {
        const CurveValues values = curveOf({kNone, HUGE_VAL, 3, -HUGE_VAL, -2});
        QCOMPARE(values.extremes(0, 5).low, -2.0);
        QCOMPARE(values.extremes(0, 5).high, 3.0);
        QVERIFY(!values.extremes(0, 2).any());
        QVERIFY(!values.extremes(3, 3).any());
    }

    void fewPointsAreAllDrawn() {
        const std::vector<double> numbers{4, kNone, 6, 5};
        const std::vector<CurvePoint> points = decimate(positions(4), curveOf(numbers), 0, 3, 100);
        QCOMPARE(points.size(), std::size_t(4));
        QVERIFY(std::isnan(points[1].y));
        QCOMPARE(points[2], (CurvePoint{2, 6}));
    }

    void aLineLeavesThePictureOnBothSides() {
        const std::vector<CurvePoint> points =
            decimate(positions(10), curveOf({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}), 3.5, 5.5, 100);
        QCOMPARE(points.front().x, 3.0);
        QCOMPARE(points.back().x, 6.0);
        QCOMPARE(points.size(), std::size_t(4));
    }

    /// Each column of pixels covers the values that it covers when every number is drawn.
    void columnsKeepTheirFirstLeastGreatestAndLast() {
        constexpr std::size_t kCount = 100'000;
        constexpr int kColumns = 300;
        const std::vector<double> numbers = makeNumbers(kCount);
        const std::vector<double> x = positions(kCount);
        const double from = 1234.5, to = 91'234.25;
        const std::vector<CurvePoint> points = decimate(x, curveOf(numbers), from, to, kColumns);
        QVERIFY(points.size() <= 4 * kColumns + 2);
        std::vector<CurveExtremes> wanted(kColumns), found(kColumns);
        const auto columnOf = [&](double position) {
            return int(std::ceil((position - from) / (to - from) * kColumns)) - 1;
        };
        for (std::size_t i = 0; i < kCount; ++i) {
            const int column = columnOf(x[i]);
            if (column >= 0 && column < kColumns) wanted[std::size_t(column)].include(numbers[i]);
        }
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (i > 0) QVERIFY(points[i - 1].x <= points[i].x);
            const int column = columnOf(points[i].x);
            if (column >= 0 && column < kColumns) found[std::size_t(column)].include(points[i].y);
        }
        for (std::size_t column = 1; column + 1 < kColumns; ++column) {
            QCOMPARE(found[column].low, wanted[column].low);
            QCOMPARE(found[column].high, wanted[column].high);
        }
        QVERIFY(points.front().x <= from);
        QVERIFY(points.back().x >= to);
    }

    void nothingIsDrawnOfNothing() {
        QVERIFY(decimate({}, {}, 0, 1, 100).empty());
        QVERIFY(decimate(positions(2), curveOf({1, 2}), 1, 1, 100).empty());
        QVERIFY(decimate(positions(2), curveOf({1, 2}), 0, kNone, 100).empty());
    }

    void theNearestNumberIsFound() {
        const std::vector<double> x{0, 1, 4};
        QCOMPARE(nearestIndex(x, -5), std::size_t(0));
        QCOMPARE(nearestIndex(x, 0.4), std::size_t(0));
        QCOMPARE(nearestIndex(x, 0.6), std::size_t(1));
        QCOMPARE(nearestIndex(x, 2.6), std::size_t(2));
        QCOMPARE(nearestIndex(x, 9), std::size_t(2));
    }

    void averagesEqualTheirDefinition() {
        QFile file(QStringLiteral(GOLDEN_DIR "/curves/average.txt"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        int lines = 0;
        while (!file.atEnd()) {
            const QList<QByteArray> words = file.readLine().trimmed().split(' ');
            CurveValues raw;
            std::vector<double> wanted;
            for (qsizetype i = 1; i + 1 < words.size(); i += 2) {
                raw.append(words[i] == "gap" ? kNone : words[i].toDouble());
                wanted.push_back(words[i + 1] == "gap" ? kNone : words[i + 1].toDouble());
            }
            CurveSmoother smoother(words[0].toDouble());
            CurveValues smooth;
            smoother.extend(raw, smooth);
            QCOMPARE(smooth.size(), wanted.size());
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                QCOMPARE(std::isnan(smooth[i]), std::isnan(wanted[i]));
                if (!std::isnan(wanted[i])) QVERIFY(std::abs(smooth[i] - wanted[i]) < 1e-12);
            }
            ++lines;
        }
        QCOMPARE(lines, 8);
    }

    void anAverageGoesOnWhereItWas() {
        const std::vector<double> numbers = makeNumbers(500);
        CurveValues raw, inPieces, atOnce;
        CurveSmoother first(20), second(20);
        for (const double number : numbers) {
            raw.append(number);
            if (raw.size() % 37 == 0) first.extend(raw, inPieces);
        }
        first.extend(raw, inPieces);
        second.extend(raw, atOnce);
        QCOMPARE(inPieces.size(), atOnce.size());
        for (std::size_t i = 0; i < atOnce.size(); ++i)
            QVERIFY(inPieces[i] == atOnce[i] || std::isnan(atOnce[i]));
    }
};

QTEST_APPLESS_MAIN(CurveValuesTest)
#include "curve_values_test.moc"
