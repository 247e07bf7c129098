#include <QBuffer>
#include <QLabel>
#include <QPdfWriter>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>

#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/curve_stack.h"

using namespace dinoscope;

namespace {

/// A run's numbers, as their owner holds them.
struct Source {
    std::shared_ptr<std::vector<double>> x = std::make_shared<std::vector<double>>();
    std::shared_ptr<CurveValues> y = std::make_shared<CurveValues>();

    void append(double position, double value) {
        x->push_back(position);
        y->append(value);
    }
    Curve curve(const QString& name, bool noisy = false) const { return {name, 0, x, y, noisy, false}; }
};

Source makeSource(int count) {
    Source source;
    for (int i = 0; i < count; ++i)
        source.append(i, 5 + std::sin(i * 0.1));
    return source;
}

void turnWheel(QWidget& target, QPointF position, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    QWheelEvent event(position, target.mapToGlobal(position), {}, {0, 120}, Qt::NoButton, modifiers,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&target, &event);
}

using Triple = std::array<double, 3>;

Triple linearOf(const QColor& colour) {
    const auto linear = [](double value) {
        return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    };
    return {linear(colour.redF()), linear(colour.greenF()), linear(colour.blueF())};
}

Triple times(const std::array<Triple, 3>& matrix, const Triple& vector) {
    Triple result{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t k = 0; k < 3; ++k)
            result[i] += matrix[i][k] * vector[k];
    }
    return result;
}

/// CIELAB under D65.
Triple labOf(Triple linear) {
    for (double& value : linear)
        value = std::clamp(value, 0.0, 1.0);
    const Triple xyz = times({{{.4124, .3576, .1805}, {.2126, .7152, .0722}, {.0193, .1192, .9505}}}, linear);
    const auto root = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    const double x = root(xyz[0] / .9505), y = root(xyz[1]), z = root(xyz[2] / 1.089);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

/// As Machado et al. 2009 has people see it who lack red, green or blue; last as others do.
constexpr std::array<std::array<Triple, 3>, 4> kEyes{
    {{{{.152286, 1.052583, -.204868}, {.114503, .786281, .099216}, {-.003882, -.048116, 1.051998}}},
     {{{.367322, .860646, -.227968}, {.280085, .672501, .047413}, {-.011820, .042940, .968881}}},
     {{{1.255528, -.076749, -.178779}, {-.078411, .930809, .147602}, {.004733, .691367, .303900}}},
     {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}}};

/// The plot below the heading: what takes the mouse.
QWidget& canvasOf(CurvePlot& plot) {
    return *plot.findChild<QWidget*>(QString(), Qt::FindDirectChildrenOnly);
}

/// Pixels of about a colour.
int countPixels(const QImage& image, const QColor& colour) {
    int found = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            const QColor pixel = image.pixelColor(x, y);
            found += std::abs(pixel.red() - colour.red()) + std::abs(pixel.green() - colour.green()) +
                         std::abs(pixel.blue() - colour.blue()) <
                     24;
        }
    }
    return found;
}

}  // namespace

class CurvePlotTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<CurvePlot> plot_;

    void show(const Source& source, bool noisy = false) {
        plot_->setCurves({source.curve(QStringLiteral("loss"), noisy)});
        plot_->setRange(plot_->extent().value_or(CurveRange{0, 1}));
        settle();
    }
    void settle() {
        plot_->grab();  // what is queued is drawn
        QCoreApplication::processEvents();
        plot_->grab();
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeChoice::Dark); }
    void init() {
        plot_ = std::make_unique<CurvePlot>();
        plot_->setTitle(QStringLiteral("Loss"));
        plot_->resize(500, 260);
        plot_->show();
    }
    void cleanup() { plot_.reset(); }

    void theHeadingTellsTheLastValueOrTheOneUnderTheCursor() {
        const Source source = makeSource(100);
        show(source);
        plot_->setLines({{QStringLiteral("ln K"), 6.25}});
        QCOMPARE(plot_->legend().first(), QStringLiteral("loss %1").arg(5 + std::sin(9.9), 0, 'g', 4));
        QCOMPARE(plot_->legend().last(), QStringLiteral("ln K 6.25"));
        plot_->setCursor(0.2);
        QCOMPARE(plot_->legend().first(), QStringLiteral("loss 5"));
        plot_->setCursor(std::nullopt);
        QVERIFY(plot_->legend().first() != QStringLiteral("loss 5"));
    }

    void aCurveIsDrawnInItsColourInEitherTheme() {
        const Source source = makeSource(100);
        show(source);
        QVERIFY(countPixels(plot_->grab().toImage(), curveColour(0, true)) > 300);
        applyTheme(*qApp, ThemeChoice::Light);
        settle();
        QVERIFY(countPixels(plot_->grab().toImage(), curveColour(0, false)) > 300);
        applyTheme(*qApp, ThemeChoice::Dark);
    }

    void coloursStayApartForPeopleWhoLackOne() {
        for (const bool dark : {true, false}) {
            for (const auto& eye : kEyes) {
                for (int i = 0; i < 8; ++i) {
                    for (int k = 0; k < i; ++k) {
                        const Triple a = labOf(times(eye, linearOf(curveColour(i, dark))));
                        const Triple b = labOf(times(eye, linearOf(curveColour(k, dark))));
                        const double apart = std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
                        QVERIFY2(apart > 24, qPrintable(QStringLiteral("%1 and %2").arg(i).arg(k)));
                    }
                }
            }
        }
    }

    void aMillionPointsAreDrawnWithNoMoreThanThereArePixelsFor() {
        Source source;
        for (int i = 0; i < 1'000'000; ++i)
            source.append(i, i % 1000 * 7919 % 1000);
        show(source);
        QVERIFY(plot_->drawnPoints() > 500);
        QVERIFY2(plot_->drawnPoints() < 4 * 500 + 8, qPrintable(QString::number(plot_->drawnPoints())));
    }

    /// A page is laid out only once it is shown.
    void whatWasFilledWhileHiddenIsDrawnForItsWidthThen() {
        plot_ = std::make_unique<CurvePlot>();
        const Source source = makeSource(100'000);
        plot_->setCurves({source.curve(QStringLiteral("loss"), true)});
        plot_->setRange(plot_->extent().value());
        settle();
        const std::size_t before = plot_->drawnPoints();
        plot_->resize(1500, 260);
        plot_->show();
        settle();
        QVERIFY2(plot_->drawnPoints() > 2 * before, qPrintable(QString::number(before)));
    }

    void thePlotAsksForWhatTheMouseWants() {
        const Source source = makeSource(100);
        show(source);
        QWidget& canvas = canvasOf(*plot_);
        QSignalSpy range(plot_.get(), &CurvePlot::rangeWanted);
        QSignalSpy fit(plot_.get(), &CurvePlot::fitWanted);
        QSignalSpy cursor(plot_.get(), &CurvePlot::cursorWanted);
        turnWheel(canvas, {250, 100});
        QCOMPARE(range.size(), 1);
        const double width = range[0][1].toDouble() - range[0][0].toDouble();
        QVERIFY(std::abs(width - 99 * 0.8) < 0.01);
        QVERIFY(range[0][0].toDouble() > 0 && range[0][1].toDouble() < 99);

        QTest::mousePress(&canvas, Qt::LeftButton, {}, {250, 100});
        QTest::mouseMove(&canvas, {200, 100});
        QTest::mouseRelease(&canvas, Qt::LeftButton, {}, {200, 100});
        QCOMPARE(range.size(), 2);
        QVERIFY(range[1][0].toDouble() > 5 && range[1][1].toDouble() > 104);
        QVERIFY(!cursor.isEmpty());

        QTest::mousePress(&canvas, Qt::LeftButton, Qt::ShiftModifier, {300, 100});
        QTest::mouseMove(&canvas, {200, 100});
        QTest::mouseRelease(&canvas, Qt::LeftButton, Qt::ShiftModifier, {200, 100});
        QCOMPARE(range.size(), 3);
        QVERIFY(range[2][0].toDouble() > 20 && range[2][1].toDouble() < 70);

        QTest::mouseDClick(&canvas, Qt::LeftButton, {}, {250, 100});
        QCOMPARE(fit.size(), 1);
    }

    void theWheelWithShiftZoomsTheValuesUntilTheyAreFitted() {
        const Source source = makeSource(100);
        show(source);
        const CurveRange fitted = plot_->valueRange();
        turnWheel(canvasOf(*plot_), {250, 100}, Qt::ShiftModifier);
        QVERIFY(plot_->valueRange().second - plot_->valueRange().first <
                0.9 * (fitted.second - fitted.first));
        plot_->fitValues();
        QCOMPARE(plot_->valueRange(), fitted);
    }

    void valuesFitWhatIsVisibleAndTheLines() {
        Source source;
        for (int i = 0; i < 100; ++i)
            source.append(i, i);
        show(source);
        plot_->setRange({20, 30});
        QVERIFY(plot_->valueRange().first > 19 && plot_->valueRange().first <= 20);
        QVERIFY(plot_->valueRange().second >= 30 && plot_->valueRange().second < 31);
        plot_->setLines({{QStringLiteral("ln K"), 50}});
        QVERIFY(plot_->valueRange().second > 50);
    }

    void aLineThatIsNotFittedIsTold() {
        Source source;
        for (int i = 0; i < 10; ++i)
            source.append(i, i);
        show(source);
        plot_->setLines({{QStringLiteral("ln K"), 50, false}});
        QVERIFY(plot_->valueRange().second < 10);
        QCOMPARE(plot_->legend().last(), QStringLiteral("ln K 50 ↑"));
        plot_->setLines({{QStringLiteral("ln K"), 5, false}});
        QCOMPARE(plot_->legend().last(), QStringLiteral("ln K 5"));
    }

    void aLogarithmicAxisLeavesOutWhatIsNotPositive() {
        Source source;
        for (const double value : {-1.0, 0.0, 0.001, 10.0, 1000.0})
            source.append(double(source.x->size()), value);
        show(source);
        plot_->setLogarithmic(true);
        settle();
        QVERIFY(plot_->valueRange().first > 0.0001 && plot_->valueRange().first < 0.001);
        QVERIFY(plot_->valueRange().second > 1000 && plot_->valueRange().second < 10000);
    }

    void theKeyboardDoesWhatTheMouseDoes() {
        const Source source = makeSource(100);
        show(source);
        QSignalSpy range(plot_.get(), &CurvePlot::rangeWanted);
        QSignalSpy fit(plot_.get(), &CurvePlot::fitWanted);
        QSignalSpy cursor(plot_.get(), &CurvePlot::cursorWanted);
        QTest::keyClick(plot_.get(), Qt::Key_Plus);
        QTest::keyClick(plot_.get(), Qt::Key_Right, Qt::ShiftModifier);
        QTest::keyClick(plot_.get(), Qt::Key_Left);
        QTest::keyClick(plot_.get(), Qt::Key_Home);
        QCOMPARE(range.size(), 2);
        QCOMPARE(cursor.size(), 1);
        QCOMPARE(fit.size(), 1);
    }

    void smoothingLeavesWhatIsNotNoiseAlone() {
        Source source;
        for (int i = 0; i < 200; ++i)
            source.append(i, i % 2);
        show(source, true);
        const std::size_t before = plot_->drawnPoints();
        plot_->setSmoothing(30);
        settle();
        QCOMPARE(plot_->drawnPoints(), 2 * before);
        // The value as it is, and the average as what it is.
        QVERIFY(plot_->legend().first().startsWith(QStringLiteral("loss 1 ~")));
        const double average = plot_->legend().first().section(QLatin1Char('~'), 1).toDouble();
        QVERIFY(std::abs(average - 0.5) < 0.1);
        show(source, false);
        QCOMPARE(plot_->legend().first(), QStringLiteral("loss 1"));
    }

    void whatIsNoNumberIsNotToldAsOne() {
        Source source, none;
        for (int i = 0; i < 10; ++i) {
            source.append(i, i < 9 ? i : std::nan(""));
            none.append(i, std::nan(""));
        }
        plot_->setCurves({source.curve(QStringLiteral("loss")), none.curve(QStringLiteral("KL"))});
        QCOMPARE(plot_->legend(), QStringList{QStringLiteral("loss –")});
        QCOMPARE(plot_->toolTip(), QStringLiteral("KL: not measured"));
        plot_->setCursor(4.0);
        QCOMPARE(plot_->legend(), QStringList{QStringLiteral("loss 4")});
    }

    void aPlotOfNothingSaysWhyInsteadOfDrawingAxes() {
        plot_->setEmptyText(QStringLiteral("no steps yet"));
        Source source;
        show(source);
        QCOMPARE(plot_->emptyText(), QStringLiteral("no steps yet"));
        QVERIFY(plot_->legend().isEmpty() && plot_->toolTip().isEmpty());
        source.append(0, 5);
        plot_->refresh();
        QVERIFY(plot_->emptyText().isEmpty());
        QCOMPARE(plot_->legend().size(), 1);
    }

    void powersOfTenAreWrittenAsBesideTheAxes() {
        Source source;
        source.append(0, 4.283e-5);
        source.append(1, 2e12);
        show(source);
        QCOMPARE(plot_->legend().first(), QStringLiteral("loss 2·10¹²"));
        plot_->setCursor(0.0);
        QCOMPARE(plot_->legend().first(), QStringLiteral("loss 4.283·10⁻⁵"));
    }

    void aStackSharesStretchAndCursor() {
        CurveStack stack;
        stack.resize(900, 600);
        stack.show();
        const Source loss = makeSource(100), rate = makeSource(40);
        stack.setPanels({{QStringLiteral("a"), {}, {loss.curve({})}, {}, true},
                         {QStringLiteral("b"), {}, {rate.curve({})}, {}, false}},
                        true);
        QCOMPARE(stack.plot(0).range(), (CurveRange{0, 99}));
        QCOMPARE(stack.plot(1).range(), (CurveRange{0, 99}));
        Q_EMIT stack.plot(1).rangeWanted(10, 20);
        QCOMPARE(stack.plot(0).range(), (CurveRange{10, 20}));
        Q_EMIT stack.plot(0).cursorWanted(0.0);
        QCOMPARE(stack.plot(1).legend().first(), QStringLiteral("5"));
        auto& position = *stack.findChild<QLabel*>(QStringLiteral("cursorPosition"));
        QCOMPARE(position.text(), QStringLiteral("step 0"));
        Q_EMIT stack.plot(0).cursorWanted(1234.4);
        QCOMPARE(position.text(), QStringLiteral("step 1,234"));
        Q_EMIT stack.plot(0).cursorWanted(std::nullopt);
        QVERIFY(position.text().isEmpty());
        // What is zoomed stays, what shows all goes on showing all.
        loss.x->push_back(200);
        loss.y->append(1);
        stack.refresh();
        QCOMPARE(stack.plot(0).range(), (CurveRange{10, 20}));
        QTest::mouseClick(stack.findChild<QToolButton*>(QStringLiteral("fitCurves")), Qt::LeftButton);
        QCOMPARE(stack.plot(0).range(), (CurveRange{0, 200}));
        loss.x->push_back(300);
        loss.y->append(1);
        stack.refresh();
        QCOMPARE(stack.plot(1).range(), (CurveRange{0, 300}));
    }

    void thePositionOfTheCursorIsToldAsTheAxisCounts() {
        CurveStack stack;
        const Source loss = makeSource(100);
        stack.setPanels({{QStringLiteral("a"), {}, {loss.curve({})}, {}, true}}, true);
        auto& position = *stack.findChild<QLabel*>(QStringLiteral("cursorPosition"));
        stack.setAxis(CurveAxis::Epoch);
        Q_EMIT stack.plot(0).cursorWanted(2.5);
        QCOMPARE(position.text(), QStringLiteral("epoch 2.50"));
        stack.setAxis(CurveAxis::Time);
        QVERIFY(position.text().isEmpty());
        Q_EMIT stack.plot(0).cursorWanted(3723.0);
        QCOMPARE(position.text(), QStringLiteral("1:02:03 h"));
    }

    void aStackIsPaintedOnPaperToo() {
        CurveStack stack;
        stack.resize(900, 600);
        stack.show();
        const Source loss = makeSource(100);
        stack.setPanels({{QStringLiteral("a"), QStringLiteral("Loss"), {loss.curve({})}, {}, true}}, true);
        QCoreApplication::processEvents();
        QImage page(1800, 1200, QImage::Format_RGB32);
        page.fill(Qt::black);
        stack.paintOn(page, page.size());
        QVERIFY(countPixels(page, curveColour(0, false)) > 500);
        QVERIFY(countPixels(page, themePalette(false).color(QPalette::Window)) > page.width() * 300);
        QByteArray bytes;
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        {
            QPdfWriter writer(&buffer);
            stack.paintOn(writer, {writer.width(), writer.height()});
        }
        QVERIFY(bytes.startsWith("%PDF"));
        QVERIFY(bytes.size() > 3000);
    }
};

QTEST_MAIN(CurvePlotTest)
#include "curve_plot_test.moc"
