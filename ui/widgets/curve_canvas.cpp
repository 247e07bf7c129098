#include "ui/widgets/curve_canvas.h"

#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr double kWheelStep = 0.8;  // of the range, a notch
constexpr int kDot = 5;
constexpr int kFaint = 70;           // alpha of a curve under its average
constexpr double kLeastSpan = 2e-4;  // of the axis, to its values
constexpr int kLeftCharacters = 8;   // of the widest value beside the axis
constexpr double kHour = 3600;

}  // namespace

CurvePlot::Canvas::Canvas(CurvePlot& owner, CurveContent& shown)
    : QCustomPlot(&owner), owner_(owner), shown_(shown) {
    addLayer(QStringLiteral("cursor"), layer(QStringLiteral("main")), limAbove);
    layer(QStringLiteral("cursor"))->setMode(QCPLayer::lmBuffered);
    new Marks(*this);  // the plot's from now on
    setMouseTracking(true);
    setFocusPolicy(Qt::NoFocus);
    setNoAntialiasingOnDrag(false);
    setPlottingHint(QCP::phFastPolylines);
    prepareAxes();
    connect(this, &QCustomPlot::beforeReplot, this, [this] {
        const int columns = int(std::ceil(axisRect()->width() * devicePixelRatioF()));
        if (columns_ < columns) take(columns);
    });
}

void CurvePlot::Canvas::prepareAxes() {
    // The same left margin in every plot: cursors of plots above each other then meet.
    const int wide = fontMetrics().horizontalAdvance(QString(kLeftCharacters, QLatin1Char('0')));
    axisRect()->setAutoMargins(QCP::msBottom);
    axisRect()->setMargins({wide + kStep, kStep, kStep, 0});
    axisRect()->setupFullAxesBox(false);
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setTickLabelFont(owner_.font());
        axis->setLabelFont(owner_.font());
        axis->setTickLength(0, kHalfStep);
        axis->setSubTicks(false);
        axis->setNumberFormat(QStringLiteral("gb"));
        axis->setLabelPadding(0);
    }
    for (QCPAxis* axis : {xAxis2, yAxis2}) {
        axis->setTicks(false);
        axis->setTickLabels(false);
    }
    setTickers();
}

void CurvePlot::Canvas::setTickers() {
    if (shown_.seconds) {
        QSharedPointer<QCPAxisTickerTime> ticker(new QCPAxisTickerTime);
        const bool hours = shown_.range.second - shown_.range.first > kHour;
        ticker->setTimeFormat(hours ? QStringLiteral("%h:%m h") : QStringLiteral("%m:%s"));
        ticker->setFieldWidth(QCPAxisTickerTime::tuHours, 1);
        ticker->setFieldWidth(QCPAxisTickerTime::tuMinutes, hours ? 2 : 1);
        xAxis->setTicker(ticker);
    } else {
        xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    }
    if (shown_.logarithmic) {
        yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog));
        yAxis->setScaleType(QCPAxis::stLogarithmic);
    } else {
        yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
        yAxis->setScaleType(QCPAxis::stLinear);
    }
    xAxis->ticker()->setTickCount(6);
    yAxis->ticker()->setTickCount(4);
}

/// Numbers beside nothing would be read as some.
void CurvePlot::Canvas::showAxes(bool shown) {
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setTicks(shown);
        axis->setTickLabels(shown);
        axis->grid()->setVisible(shown);
    }
}

void CurvePlot::Canvas::style(const QPalette& palette, bool dark) {
    palette_ = palette;
    dark_ = dark;
    setBackground(palette.color(QPalette::Window));
    const QPen line(palette.color(QPalette::Mid));
    for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) {
        axis->setBasePen(line);
        axis->setTickPen(line);
        axis->setTickLabelColor(palette.color(QPalette::PlaceholderText));
        axis->setLabelColor(palette.color(QPalette::PlaceholderText));
    }
    QColor faint = palette.color(QPalette::Mid);
    faint.setAlpha(110);
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->grid()->setPen(QPen(faint));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    invalidate();
}

void CurvePlot::Canvas::invalidate() {
    columns_ = 0;
    replot(rpQueuedReplot);
}

QCPGraph* CurvePlot::Canvas::nextGraph(int& used) {
    QCPGraph* next = used < graphCount() ? graph(used) : addGraph();
    ++used;
    next->setAdaptiveSampling(false);  // they come with no more points than pixels need
    next->setScatterStyle(QCPScatterStyle::ssNone);
    return next;
}

/// Gives the graphs what `columns` columns of pixels can show.
void CurvePlot::Canvas::take(int columns) {
    columns_ = columns;
    drawnPoints = 0;
    setTickers();
    const bool measured = shown_.isMeasured();
    showAxes(measured);
    // The dots at either end are seen whole.
    const double room =
        (shown_.range.second - shown_.range.first) * kDot / 2.0 / std::max(1, axisRect()->width());
    xAxis->setRange(shown_.range.first - room, shown_.range.second + room);
    const CurveRange seen = shown_.valueRange();
    // What hardly changes is a level line: finer than its labels' digits the axis would repeat itself.
    const double least = kLeastSpan * std::max(std::abs(seen.first), std::abs(seen.second));
    const double missing = shown_.logarithmic ? 0 : std::max(0.0, least - (seen.second - seen.first));
    yAxis->setRange(seen.first - missing / 2, seen.second + missing / 2);
    int used = 0;
    const auto draw = [&](const CurveContent::Entry& entry, const CurveValues& values, const QPen& pen) {
        QCPGraph& to = *nextGraph(used);
        const std::vector<CurvePoint> points =
            decimate(*entry.curve.x, values, shown_.range.first, shown_.range.second, columns);
        QVector<QCPGraphData> drawn;
        drawn.reserve(qsizetype(points.size()));
        for (const CurvePoint& point : points)
            drawn.append({point.x, std::isfinite(point.y) ? point.y : qQNaN()});
        drawnPoints += points.size();
        // Oblique smooth lines need it; the dense ones are upright, and it would cost ten times their time.
        // So would their width.
        const bool dense = points.size() >= std::size_t(columns);
        to.setAntialiased(!dense);
        to.setPen(dense ? QPen(pen.color(), 0, pen.style()) : pen);
        if (entry.curve.sparse && points.size() < std::size_t(columns) / kDot)
            to.setScatterStyle({QCPScatterStyle::ssDisc, pen.color(), pen.color(), kDot});
        to.data()->set(drawn, true);
    };
    // Averages lie above all that is faint.
    for (const bool averages : {false, true}) {
        for (std::size_t i = 0; i < shown_.entries.size(); ++i) {
            const CurveContent::Entry& entry = shown_.entries[i];
            const Qt::PenStyle style = i < CurveContent::kFirstDashed ? Qt::SolidLine : Qt::DashLine;
            QColor colour = curveColour(entry.curve.colour, dark_);
            if (averages && entry.smooth) draw(entry, *entry.smooth, QPen(colour, 1.5, style));
            if (averages) continue;
            if (entry.smooth) {
                // Dashes of noise are noise.
                draw(entry, *entry.curve.y,
                     QPen(mixed(colour, palette_.color(QPalette::Window), kFaint), 1.5));
            } else {
                draw(entry, *entry.curve.y, QPen(colour, entry.curve.noisy ? 1 : 1.5, style));
            }
        }
    }
    for (const CurveLine& line : shown_.lines) {
        if (!measured) break;
        QCPGraph& to = *nextGraph(used);
        to.setAntialiased(false);
        to.setPen(QPen(palette_.color(QPalette::PlaceholderText), 1, Qt::DashLine));
        to.data()->set({{shown_.range.first, line.value}, {shown_.range.second, line.value}}, true);
    }
    while (graphCount() > used)
        removeGraph(graphCount() - 1);
}

void CurvePlot::Canvas::drawMarks(QCPPainter& painter) const {
    const QRect place = axisRect()->rect();
    if (!shown_.isMeasured()) {
        painter.setPen(palette_.color(QPalette::PlaceholderText));
        painter.setFont(owner_.font());
        painter.drawText(place, Qt::AlignCenter | Qt::TextWordWrap, shown_.emptyText);
        return;
    }
    if (stretch_) {
        QColor accent = palette_.color(QPalette::Highlight);
        accent.setAlpha(kFaint);
        const double from = xAxis->coordToPixel(stretch_->first), to = xAxis->coordToPixel(stretch_->second);
        painter.fillRect(QRectF(from, place.top(), to - from, place.height()), accent);
    }
    if (!shown_.cursor || *shown_.cursor < shown_.range.first || *shown_.cursor > shown_.range.second) return;
    const double line = std::round(xAxis->coordToPixel(*shown_.cursor)) + 0.5;
    painter.setPen(QPen(palette_.color(QPalette::PlaceholderText), 1));
    painter.drawLine(QPointF(line, place.top()), QPointF(line, place.bottom()));
    for (const CurveContent::Entry& entry : shown_.entries) {
        if (entry.size() == 0) continue;
        const std::size_t index = nearestIndex(entry.positions(), *shown_.cursor);
        const double value = entry.values()[index];
        if (!std::isfinite(value)) continue;
        painter.setPen(QPen(palette_.color(QPalette::Window), 1.5));
        painter.setBrush(curveColour(entry.curve.colour, dark_));
        painter.drawEllipse(QPointF(xAxis->coordToPixel((*entry.curve.x)[index]), yAxis->coordToPixel(value)),
                            kHalfStep, kHalfStep);
    }
}

void CurvePlot::Canvas::zoom(double factor, double about) {
    const CurveRange range = shown_.range;
    Q_EMIT owner_.rangeWanted(about - (about - range.first) * factor,
                              about + (range.second - about) * factor);
}

void CurvePlot::Canvas::pan(double share) {
    const CurveRange range = shown_.range;
    const double by = (range.second - range.first) * share;
    Q_EMIT owner_.rangeWanted(range.first + by, range.second + by);
}

void CurvePlot::Canvas::moveCursor(int pixels) {
    const double at = shown_.cursor.value_or(shown_.range.second);
    const double moved = xAxis->pixelToCoord(xAxis->coordToPixel(at) + pixels);
    Q_EMIT owner_.cursorWanted(std::clamp(moved, shown_.range.first, shown_.range.second));
}

void CurvePlot::Canvas::mousePressEvent(QMouseEvent* event) {
    owner_.setFocus(Qt::MouseFocusReason);
    if (event->button() != Qt::LeftButton) return;
    rangeWhenPressed_ = shown_.range;
    pressedAt_ = event->position().x();
    if (event->modifiers() & Qt::ShiftModifier) {
        const double position = positionAt(event->position());
        stretch_ = {position, position};
    }
}

void CurvePlot::Canvas::mouseMoveEvent(QMouseEvent* event) {
    Q_EMIT owner_.cursorWanted(positionAt(event->position()));
    if (!rangeWhenPressed_) return;
    if (stretch_) {
        stretch_->second = positionAt(event->position());
        showCursor();
        return;
    }
    const CurveRange range = *rangeWhenPressed_;
    const double by = (pressedAt_ - event->position().x()) * (range.second - range.first) /
                      std::max(1, axisRect()->width());
    Q_EMIT owner_.rangeWanted(range.first + by, range.second + by);
}

void CurvePlot::Canvas::mouseReleaseEvent(QMouseEvent*) {
    rangeWhenPressed_.reset();
    if (!stretch_) return;
    const CurveRange chosen = std::minmax(stretch_->first, stretch_->second);
    stretch_.reset();
    showCursor();
    if (chosen.first < chosen.second) Q_EMIT owner_.rangeWanted(chosen.first, chosen.second);
}

void CurvePlot::Canvas::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) Q_EMIT owner_.fitWanted();
}

void CurvePlot::Canvas::wheelEvent(QWheelEvent* event) {
    const QPoint delta = event->angleDelta();
    // Some desktops turn the wheel sideways while Shift is held.
    const double notches = (delta.y() != 0 ? delta.y() : delta.x()) / 120.0;
    const double factor = std::pow(kWheelStep, notches);
    event->accept();
    if (!(event->modifiers() & Qt::ShiftModifier)) {
        zoom(factor, positionAt(event->position()));
        return;
    }
    yAxis->scaleRange(factor, yAxis->pixelToCoord(event->position().y()));
    shown_.values = {yAxis->range().lower, yAxis->range().upper};
    invalidate();
}

void CurvePlot::Canvas::leaveEvent(QEvent*) {
    Q_EMIT owner_.cursorWanted(std::nullopt);
}

}  // namespace dinoscope
