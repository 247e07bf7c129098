#include "ui/widgets/curve_plot.h"

#include <QKeyEvent>
#include <QPainter>
#include <algorithm>

#include "ui/theme.h"
#include "ui/widgets/curve_canvas.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr double kKeyZoom = 0.8;  // of the range, a key
constexpr double kPanStep = 0.1;  // likewise

}  // namespace

CurvePlot::CurvePlot(QWidget* parent) : QWidget(parent), canvas_(new Canvas(*this, content_)) {
    setFocusPolicy(Qt::StrongFocus);
    canvas_->style(palette(), isDarkTheme());
}

// The canvas reads what is shown: it goes first.
CurvePlot::~CurvePlot() {
    delete canvas_;
}

void CurvePlot::setTitle(const QString& title) {
    content_.title = title;
    setAccessibleName(title);
    update();
}

const QString& CurvePlot::title() const {
    return content_.title;
}

void CurvePlot::setEmptyText(const QString& text) {
    content_.emptyText = text;
    canvas_->invalidate();
}

QString CurvePlot::emptyText() const {
    return content_.isMeasured() ? QString() : content_.emptyText;
}

void CurvePlot::setCurves(std::vector<Curve> curves) {
    content_.setCurves(std::move(curves));
    refresh();
}

void CurvePlot::setLines(std::vector<CurveLine> lines) {
    content_.lines = std::move(lines);
    refresh();
}

void CurvePlot::refresh() {
    content_.smooth();
    canvas_->invalidate();
    showUnmeasured();
    update();
}

/// A plot without any number says so itself.
void CurvePlot::showUnmeasured() {
    QStringList lines;
    if (content_.isMeasured()) {
        for (const QString& name : content_.unmeasured())
            lines << (name.isEmpty() ? tr("not measured") : tr("%1: not measured").arg(name));
    }
    const QString text = lines.join(QLatin1Char('\n'));
    if (toolTip() != text) setToolTip(text);
}

void CurvePlot::setSeconds(bool seconds) {
    content_.seconds = seconds;
    canvas_->invalidate();
}

void CurvePlot::setLogarithmic(bool logarithmic) {
    content_.logarithmic = logarithmic;
    fitValues();
}

void CurvePlot::setSmoothing(double span) {
    if (content_.setSmoothing(span)) refresh();
}

void CurvePlot::setRange(CurveRange range) {
    content_.range = widened(range);
    canvas_->invalidate();
}

CurveRange CurvePlot::range() const {
    return content_.range;
}

CurveRange CurvePlot::valueRange() const {
    return content_.valueRange();
}

void CurvePlot::fitValues() {
    content_.values.reset();
    canvas_->invalidate();
}

void CurvePlot::setCursor(std::optional<double> position) {
    if (position == content_.cursor) return;
    content_.cursor = position;
    canvas_->showCursor();
    update(0, 0, width(), headingHeight());
}

std::optional<CurveRange> CurvePlot::extent() const {
    return content_.extent();
}

QStringList CurvePlot::legend() const {
    QStringList texts;
    for (const CurveLegendItem& item : content_.legend())
        texts << item.text();
    return texts;
}

std::size_t CurvePlot::drawnPoints() const {
    return canvas_->drawnPoints;
}

QSize CurvePlot::sizeHint() const {
    return {420, 200};
}

QSize CurvePlot::minimumSizeHint() const {
    return {240, 128};
}

int CurvePlot::headingHeight() const {
    return fontMetrics().height() + kStep;
}

void CurvePlot::resizeEvent(QResizeEvent*) {
    canvas_->setGeometry(0, headingHeight(), width(), std::max(1, height() - headingHeight()));
    canvas_->invalidate();
}

void CurvePlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) canvas_->style(palette(), isDarkTheme());
    QWidget::changeEvent(event);
}

void CurvePlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    content_.paintHeading(painter, {0, 0, width(), headingHeight()}, font(), palette(), isDarkTheme());
    if (!focusShown_) return;
    painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
    painter.drawRect(QRectF(0.5, 0.5, width() - 1, headingHeight() - 1));
}

void CurvePlot::keyPressEvent(QKeyEvent* event) {
    const bool shift = event->modifiers() & Qt::ShiftModifier;
    const double middle = content_.cursor.value_or((content_.range.first + content_.range.second) / 2);
    switch (event->key()) {
        case Qt::Key_Left:
            return shift ? canvas_->pan(-kPanStep) : canvas_->moveCursor(-kHalfStep);
        case Qt::Key_Right:
            return shift ? canvas_->pan(kPanStep) : canvas_->moveCursor(kHalfStep);
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            return canvas_->zoom(kKeyZoom, middle);
        case Qt::Key_Minus:
            return canvas_->zoom(1 / kKeyZoom, middle);
        case Qt::Key_Home:
            return Q_EMIT fitWanted();
        default:
            QWidget::keyPressEvent(event);
    }
}

void CurvePlot::focusInEvent(QFocusEvent* event) {
    focusShown_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    update();
}

void CurvePlot::focusOutEvent(QFocusEvent*) {
    focusShown_ = false;
    update();
}

void CurvePlot::paintOn(QPainter& painter, const QRect& place) {
    const QPalette light = themePalette(false);
    const QRect heading(place.topLeft(), QSize(place.width(), headingHeight()));
    const QRect plot = place.adjusted(0, heading.height(), 0, 0);
    painter.save();
    painter.fillRect(heading, light.color(QPalette::Window));
    const std::optional<double> cursor = std::exchange(content_.cursor, std::nullopt);
    content_.paintHeading(painter, heading, font(), light, false);
    painter.translate(plot.topLeft());
    canvas_->style(light, false);
    canvas_->take(plot.width() * 2);  // devices to print on have more pixels than units
    canvas_->toPainter(static_cast<QCPPainter*>(&painter), plot.width(), plot.height());
    content_.cursor = cursor;
    painter.restore();
    canvas_->style(palette(), isDarkTheme());
}

std::shared_ptr<QPainter> makePlotPainter(QPaintDevice& device) {
    const auto painter = std::make_shared<QCPPainter>();
    painter->begin(&device);
    painter->setMode(QCPPainter::pmVectorized);
    painter->setRenderHint(QPainter::Antialiasing);
    return painter;
}

}  // namespace dinoscope
