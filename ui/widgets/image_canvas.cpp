#include "ui/widgets/image_canvas.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "ui/widgets/cell_outline.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr double kLargestZoom = 64;
constexpr double kZoomStep = 1.25;
/// By itself a picture is enlarged so far (at 100 % scaling), or to a third of the view if it is tinier than
/// that.
constexpr double kLargestFit = 8;
constexpr double kTinyShare = 1.0 / 3;
constexpr double kLeastRegion = 8;  // of a side, in the widget

}  // namespace

ImageCanvas::ImageCanvas(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Picture"));
}

void ImageCanvas::setImage(const ImagePyramid& image) {
    const bool sameSize = hasImage() && image.size() == image_.size();
    image_ = image;
    grid_ = {};
    overlay_.grid = {};
    outline_.clear();
    marked_.reset();
    hovered_.reset();
    invalidateView();
    if (!sameSize || fitted_) fitView();
}

void ImageCanvas::setCells(QSize grid, QRectF covered) {
    if (grid == grid_ && covered == covered_) return;
    grid_ = grid;
    covered_ = covered;
    overlay_.grid = {};
    outline_.clear();
    placeOutline();
    composedStale_ = true;
    update();
}

void ImageCanvas::setOverlay(const ColouredGrid& grid) {
    overlay_.grid = grid;
    composedStale_ = true;
    update();
}

void ImageCanvas::setOpacity(double opacity) {
    overlay_.opacity = opacity;
    composedStale_ = true;
    update();
}

void ImageCanvas::setSmooth(bool smooth) {
    overlay_.smooth = smooth;
    composedStale_ = true;
    update();
}

void ImageCanvas::setOutline(std::span<const std::uint8_t> cells) {
    if (cells.empty() && outline_.empty()) return;
    outline_ = cellOutline(cells, grid_);
    placeOutline();
    update();
}

void ImageCanvas::setMarkedCell(std::optional<QPoint> cell) {
    if (cell == marked_) return;
    marked_ = cell;
    update();
}

void ImageCanvas::setHoveredCell(std::optional<QPoint> cell) {
    if (cell == hovered_) return;
    hovered_ = cell;
    update();
}

void ImageCanvas::setRegionMode(bool on) {
    if (on == regionMode_) return;
    regionMode_ = on;
    pressedAt_.reset();
    if (on) {
        hover(std::nullopt);
        setCursor(Qt::CrossCursor);
    } else {
        unsetCursor();
    }
    update();
}

QRect ImageCanvas::pictureRect(const QRectF& rect) const {
    if (!hasImage()) return {};
    const QPointF from = (toDevice(rect.topLeft()) - origin_) / zoom_;
    const QPointF to = (toDevice(rect.bottomRight()) - origin_) / zoom_;
    const QRectF exact = QRectF(from, to).normalized() & QRectF(QPointF(), QSizeF(image_.size()));
    if (exact.isEmpty()) return {};
    return exact.toAlignedRect() & QRect(QPoint(), image_.size());
}

/// A click, or a jitter of the hand, marks nothing.
void ImageCanvas::finishRegion(const QPointF& at) {
    const QRectF dragged = QRectF(*pressedAt_, at).normalized();
    pressedAt_.reset();
    update();
    if (dragged.width() < kLeastRegion || dragged.height() < kLeastRegion) return;
    const QRect region = pictureRect(dragged);
    if (!region.isEmpty()) Q_EMIT regionSelected(region);
}

void ImageCanvas::drawRegion(QPainter& painter) const {
    const QRectF part = QRectF(*pressedAt_, regionEnd_).normalized();
    QPainterPath rest;
    rest.addRect(rect());
    rest.addRect(part);
    painter.fillPath(rest, QColor(0, 0, 0, 110));
    painter.setBrush(Qt::NoBrush);
    drawMark(painter, part.adjusted(1, 1, -1, -1), true);
}

double ImageCanvas::fitZoom() const {
    const QSizeF view = QSizeF(size()) * devicePixelRatioF();
    const QSizeF room = view - QSizeF(2 * kStep, 2 * kStep) * devicePixelRatioF();
    const QSizeF picture = image_.size();
    const double whole = std::min(room.width() / picture.width(), room.height() / picture.height());
    const double wanted = std::min(whole, std::max(kLargestFit * devicePixelRatioF(), whole * kTinyShare));
    return std::max(wanted, 1.0 / std::max(picture.width(), picture.height()));
}

void ImageCanvas::fit() {
    fitView();
    Q_EMIT viewChanged();
}

void ImageCanvas::fitView() {
    fitted_ = true;
    if (!hasImage()) return;
    const QSizeF view = QSizeF(size()) * devicePixelRatioF();
    const double zoom = fitZoom();
    const QSizeF shown = QSizeF(image_.size()) * zoom;
    setView(zoom, {(view.width() - shown.width()) / 2, (view.height() - shown.height()) / 2});
    fitted_ = true;
}

void ImageCanvas::setZoom(double zoom) {
    setZoom(zoom, QRectF(rect()).center());
}

void ImageCanvas::setZoom(double zoom, const QPointF& anchor) {
    if (!hasImage()) return;
    const double smallest = 16.0 / std::max({16, image_.size().width(), image_.size().height()});
    const double target = std::clamp(zoom, smallest, std::max(kLargestZoom, fitZoom()));
    const QPointF fixed = toDevice(anchor);
    setView(target, fixed - (fixed - origin_) * (target / zoom_));
    Q_EMIT viewChanged();
}

void ImageCanvas::follow(const ImageCanvas& other) {
    if (!hasImage() || !other.hasImage()) return;
    if (other.fitted_) {
        fitView();
        return;
    }
    const auto middle = [](const ImageCanvas& canvas) {
        return canvas.toDevice(QRectF(canvas.rect()).center());
    };
    setView(other.zoom_, middle(*this) - (middle(other) - other.origin_));
}

void ImageCanvas::zoomBySteps(double steps) {
    setZoom(zoom_ * std::pow(kZoomStep, steps));
}

/// Keeps part of the picture in sight and puts pixels on pixels.
void ImageCanvas::setView(double zoom, QPointF origin) {
    const QSizeF view = QSizeF(size()) * devicePixelRatioF();
    const QSizeF shown = QSizeF(image_.size()) * zoom;
    const auto keep = [](double value, double shownSide, double viewSide) {
        if (shownSide <= viewSide) return (viewSide - shownSide) / 2;
        return std::clamp(value, viewSide - shownSide - viewSide / 4, viewSide / 4);
    };
    origin_ = {std::round(keep(origin.x(), shown.width(), view.width())),
               std::round(keep(origin.y(), shown.height(), view.height()))};
    fitted_ = false;
    const bool zoomed = zoom != zoom_;
    zoom_ = zoom;
    invalidateView();
    if (zoomed) Q_EMIT zoomChanged(zoom_);
}

void ImageCanvas::invalidateView() {
    baseStale_ = true;
    composedStale_ = true;
    placeOutline();
    update();
}

QRectF ImageCanvas::coveredOnDevice() const {
    return {origin_ + covered_.topLeft() * zoom_, covered_.size() * zoom_};
}

void ImageCanvas::placeOutline() {
    placedOutline_.clear();
    if (outline_.empty() || grid_.isEmpty()) return;
    const double ratio = devicePixelRatioF();
    const QRectF visible = QRectF(rect()).adjusted(-1, -1, 1, 1);
    for (const QLineF& line : placedOutline(outline_, grid_, coveredOnDevice())) {
        const QLineF placed(line.p1() / ratio, line.p2() / ratio);
        const QRectF bounds = QRectF(placed.p1(), placed.p2()).adjusted(-1, -1, 1, 1);
        if (bounds.intersects(visible)) placedOutline_.push_back(placed);
    }
}

std::optional<QPoint> ImageCanvas::cellAt(const QPointF& position) const {
    const QRectF area = coveredOnDevice();
    if (grid_.isEmpty() || area.isEmpty()) return std::nullopt;
    const QPointF inside = toDevice(position) - area.topLeft();
    const QPoint cell(int(std::floor(inside.x() * grid_.width() / area.width())),
                      int(std::floor(inside.y() * grid_.height() / area.height())));
    if (!QRect(QPoint(), grid_).contains(cell)) return std::nullopt;
    return cell;
}

QRectF ImageCanvas::cellRect(const QPoint& cell) const {
    if (grid_.isEmpty()) return {};
    const QRectF area = coveredOnDevice();
    const double ratio = devicePixelRatioF();
    const QSizeF side(area.width() / grid_.width() / ratio, area.height() / grid_.height() / ratio);
    return {area.topLeft() / ratio + QPointF(cell.x() * side.width(), cell.y() * side.height()), side};
}

void ImageCanvas::drawBase() {
    base_.fill(palette().color(QPalette::Dark));
    if (!hasImage()) return;
    QPainter painter(&base_);
    image_.paint(painter, {origin_, QSizeF(image_.size()) * zoom_}, zoom_);
}

void ImageCanvas::prepareLayers() {
    const QSize device = (QSizeF(size()) * devicePixelRatioF()).toSize().expandedTo({1, 1});
    if (base_.size() != device) {
        base_ = QImage(device, QImage::Format_RGB32);
        composed_ = QImage(device, QImage::Format_RGB32);
        baseStale_ = composedStale_ = true;
    }
    base_.setDevicePixelRatio(1);
    composed_.setDevicePixelRatio(1);
    if (baseStale_) drawBase();
    if (baseStale_ || composedStale_) {
        overlay_.covered = coveredOnDevice();
        composer_.compose(base_, overlay_, composed_);
    }
    baseStale_ = composedStale_ = false;
    composed_.setDevicePixelRatio(devicePixelRatioF());
}

void ImageCanvas::drawMark(QPainter& painter, const QRectF& rect, bool strong) const {
    const QRectF around = rect.adjusted(-1, -1, 1, 1);
    painter.setPen(QPen(QColor(0, 0, 0, strong ? 200 : 120), strong ? 4 : 3));
    painter.drawRect(around);
    painter.setPen(QPen(strong ? QColor(255, 255, 255) : QColor(255, 255, 255, 200), strong ? 2 : 1));
    painter.drawRect(around);
}

void ImageCanvas::paintEvent(QPaintEvent*) {
    prepareLayers();
    QPainter painter(this);
    painter.drawImage(QPointF(0, 0), composed_);
    if (!hasImage()) return;
    drawOutline(painter, placedOutline_);
    painter.setBrush(Qt::NoBrush);
    if (hovered_ && hovered_ != marked_) drawMark(painter, cellRect(*hovered_), false);
    if (marked_) drawMark(painter, cellRect(*marked_), true);
    if (regionMode_ && pressedAt_) drawRegion(painter);
    if (focusShown_) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
}

void ImageCanvas::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    if (fitted_) {
        fitView();
    } else {
        setView(zoom_, origin_);
    }
}

void ImageCanvas::wheelEvent(QWheelEvent* event) {
    if (!hasImage()) return;
    const int turned = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
    setZoom(zoom_ * std::pow(kZoomStep, turned / 120.0), event->position());
    event->accept();
}

void ImageCanvas::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton && event->button() != Qt::MiddleButton) return;
    pressedAt_ = event->position();
    regionEnd_ = event->position();
    originAtPress_ = origin_;
    panning_ = event->button() == Qt::MiddleButton;
}

void ImageCanvas::mouseMoveEvent(QMouseEvent* event) {
    if (regionMode_ && !panning_) {
        regionEnd_ = event->position();
        if (pressedAt_) update();
        return;
    }
    if (pressedAt_ && hasImage()) {
        const QPointF moved = event->position() - *pressedAt_;
        if (!panning_ && moved.manhattanLength() >= QApplication::startDragDistance()) panning_ = true;
        if (panning_) {
            const bool fitted = fitted_;
            setView(zoom_, originAtPress_ + toDevice(moved));
            fitted_ = fitted && origin_ == originAtPress_;
            if (origin_ != originAtPress_) Q_EMIT viewChanged();
            setCursor(Qt::ClosedHandCursor);
            return;
        }
    }
    hover(cellAt(event->position()));
}

void ImageCanvas::mouseReleaseEvent(QMouseEvent* event) {
    if (!pressedAt_) return;
    if (regionMode_ && !panning_) {
        finishRegion(event->position());
        return;
    }
    const bool clicked = !panning_ && event->button() == Qt::LeftButton;
    pressedAt_.reset();
    panning_ = false;
    if (regionMode_) {
        setCursor(Qt::CrossCursor);
        return;
    }
    unsetCursor();
    if (!clicked) return;
    if (const auto cell = cellAt(event->position())) Q_EMIT cellClicked(*cell);
}

void ImageCanvas::focusInEvent(QFocusEvent* event) {
    focusShown_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
    update();
}

void ImageCanvas::focusOutEvent(QFocusEvent* event) {
    focusShown_ = false;
    QWidget::focusOutEvent(event);
    update();
}

void ImageCanvas::leaveEvent(QEvent*) {
    hover(std::nullopt);
}

void ImageCanvas::hover(std::optional<QPoint> cell) {
    if (cell == hovered_) return;
    setHoveredCell(cell);
    Q_EMIT cellHovered(cell);
}

void ImageCanvas::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (event->modifiers() & ~Qt::KeypadModifier) break;
            Q_EMIT cellKey(event->key());
            return;
        default:
            break;
    }
    QWidget::keyPressEvent(event);
}

void ImageCanvas::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) invalidateView();
}

}  // namespace dinoscope
