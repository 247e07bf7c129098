#include "ui/widgets/head_grid.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kSmallestRowPicture = 40;
constexpr int kRowPicture = 72;
constexpr double kNarrowest = 0.6;  // sides of a tile's picture, whatever the picture's own
constexpr double kWidest = 1.8;
constexpr int kRadius = 5;
constexpr int kSwatch = 8;
constexpr int kSwatchRoom = kSwatch + kHalfStep;

}  // namespace

HeadGrid::HeadGrid(Arrangement arrangement, QWidget* parent) : QWidget(parent), arrangement_(arrangement) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Heads"));
    setSizePolicy(arrangement == Arrangement::Row ? QSizePolicy::Minimum : QSizePolicy::Expanding,
                  QSizePolicy::Expanding);
}

int HeadGrid::labelHeight() const {
    return fontMetrics().height() + kHalfStep;
}

QSize HeadGrid::pictureFor(int height) const {
    const double aspect = image_.isNull() ? 4.0 / 3 : double(image_.size().width()) / image_.size().height();
    return {std::max(24, int(std::lround(height * std::clamp(aspect, kNarrowest, kWidest)))), height};
}

/// In a row no label may touch its neighbour, however narrow the picture is.
int HeadGrid::tileWidth(QSize picture) const {
    const bool row = arrangement_ == Arrangement::Row;
    return std::max(picture.width(), row ? nameWidth_ : 0) + kStep;
}

QSize HeadGrid::sizeHint() const {
    if (arrangement_ == Arrangement::Fill) return {640, 480};
    return {count() * tileWidth(pictureFor(kRowPicture)) + kStep,
            kRowPicture + labelHeight() + kStep + kHalfStep};
}

QSize HeadGrid::minimumSizeHint() const {
    if (arrangement_ == Arrangement::Fill) return {160, 96};
    const int height = std::max(kSmallestRowPicture, this->height() - labelHeight() - kStep - kHalfStep);
    return {count() * tileWidth(pictureFor(std::min(height, kRowPicture))) + kStep,
            kSmallestRowPicture + labelHeight() + kStep + kHalfStep};
}

/// The largest pictures that fit.
void HeadGrid::arrange() {
    const int tiles = std::max(1, count());
    const int label = labelHeight();
    nameWidth_ = 0;
    for (const HeadTile& tile : tiles_)
        nameWidth_ = std::max(nameWidth_, fontMetrics().horizontalAdvance(tile.label) + 2 * kSwatchRoom);
    if (arrangement_ == Arrangement::Row) {
        columns_ = tiles;
        picture_ =
            pictureFor(std::clamp(height() - label - kStep - kHalfStep, kSmallestRowPicture, kRowPicture));
    } else {
        int best = 0;
        for (int columns = 1; columns <= tiles; ++columns) {
            const int rows = (tiles + columns - 1) / columns;
            const int byHeight = (height() - kStep) / rows - label - kStep;
            const double aspect = double(pictureFor(1000).width()) / 1000;
            const int byWidth = int(((width() - kStep) / columns - kStep) / aspect);
            const int side = std::min(byHeight, byWidth);
            if (side > best) {
                best = side;
                columns_ = columns;
            }
        }
        picture_ = pictureFor(std::max(24, best));
    }
    base_ = {};
    std::fill(stale_.begin(), stale_.end(), true);
    update();
}

QRect HeadGrid::tileRect(int tile) const {
    const int wide = tileWidth(picture_);
    const int high = picture_.height() + labelHeight() + kStep;
    const int rows = (std::max(1, count()) + columns_ - 1) / columns_;
    const int left = arrangement_ == Arrangement::Fill ? (width() - columns_ * wide) / 2 : kHalfStep;
    const int top = arrangement_ == Arrangement::Fill ? (height() - rows * high) / 2 : 0;
    return {left + tile % columns_ * wide, top + tile / columns_ * high, wide, high};
}

QRect HeadGrid::pictureRect(int tile) const {
    const QRect whole = tileRect(tile);
    return {whole.topLeft() + QPoint((whole.width() - picture_.width()) / 2, kHalfStep), picture_};
}

int HeadGrid::tileAt(const QPoint& position) const {
    for (int tile = 0; tile < count(); ++tile) {
        if (tileRect(tile).contains(position)) return tile;
    }
    return -1;
}

void HeadGrid::setImage(const ImagePyramid& image) {
    image_ = image;
    grid_ = {};
    marked_.reset();
    for (HeadTile& tile : tiles_)
        tile.grid = {};
    arrange();
    updateGeometry();
}

void HeadGrid::setCells(QSize grid, QRectF covered) {
    grid_ = grid;
    covered_ = covered;
}

void HeadGrid::setTiles(std::vector<HeadTile> tiles) {
    tiles_ = std::move(tiles);
    composed_.assign(tiles_.size(), {});
    stale_.assign(tiles_.size(), true);
    underMouse_ = -1;
    current_ = std::min(current_, count() - 1);
    arrange();
    updateGeometry();
}

void HeadGrid::setGrids(const std::vector<ColouredGrid>& grids) {
    for (std::size_t i = 0; i < tiles_.size() && i < grids.size(); ++i) {
        tiles_[i].grid = grids[i];
        stale_[i] = true;
    }
    update();
}

void HeadGrid::clearGrids() {
    setGrids(std::vector<ColouredGrid>(tiles_.size()));
}

void HeadGrid::setOpacity(double opacity) {
    opacity_ = opacity;
    std::fill(stale_.begin(), stale_.end(), true);
    update();
}

void HeadGrid::setSmooth(bool smooth) {
    smooth_ = smooth;
    std::fill(stale_.begin(), stale_.end(), true);
    update();
}

void HeadGrid::setCurrent(int tile) {
    if (tile == current_) return;
    current_ = tile;
    if (tile >= 0 && tile < count()) setAccessibleDescription(tiles_[std::size_t(tile)].toolTip);
    update();
}

void HeadGrid::setMarkedCell(std::optional<QPoint> cell) {
    marked_ = cell;
    update();
}

/// Picture and colours of one tile, at device resolution. The picture is cut to the tile's sides, if it must
/// be.
void HeadGrid::prepare(std::size_t tile) {
    const QSize device = (QSizeF(picture_) * devicePixelRatioF()).toSize();
    if (base_.size() != device) {
        base_ = QImage(device, QImage::Format_RGB32);
        base_.fill(palette().color(QPalette::Dark));
        if (!image_.isNull()) {
            const QSizeF shown = QSizeF(image_.size()).scaled(device, Qt::KeepAspectRatio);
            QPainter painter(&base_);
            image_.paint(
                painter,
                {QPointF((device.width() - shown.width()) / 2, (device.height() - shown.height()) / 2),
                 shown},
                shown.width() / image_.size().width());
        }
        std::fill(stale_.begin(), stale_.end(), true);
    }
    QImage& target = composed_[tile];
    if (target.size() != device) target = QImage(device, QImage::Format_RGB32);
    if (!stale_[tile]) return;
    target.setDevicePixelRatio(1);
    GridOverlay overlay{tiles_[tile].grid, {}, opacity_, smooth_};
    if (!image_.isNull()) {
        const QSizeF shown = QSizeF(image_.size()).scaled(device, Qt::KeepAspectRatio);
        const double scale = shown.width() / image_.size().width();
        const QPointF origin((device.width() - shown.width()) / 2, (device.height() - shown.height()) / 2);
        overlay.covered = {origin + covered_.topLeft() * scale, covered_.size() * scale};
    }
    composer_.compose(base_, overlay, target);
    target.setDevicePixelRatio(devicePixelRatioF());
    stale_[tile] = false;
}

void HeadGrid::drawTile(QPainter& painter, std::size_t tile) {
    prepare(tile);
    const QRect picture = pictureRect(int(tile));
    const bool isCurrent = int(tile) == current_;
    painter.save();
    QPainterPath corners;
    corners.addRoundedRect(picture, kRadius, kRadius);
    painter.setClipPath(corners);
    painter.drawImage(picture.topLeft(), composed_[tile]);
    painter.restore();

    if (isCurrent || int(tile) == underMouse_) {
        const QColor accent = palette().color(QPalette::Highlight);
        painter.setPen(
            QPen(isCurrent ? accent : palette().color(QPalette::PlaceholderText), isCurrent ? 2 : 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(picture).adjusted(-1, -1, 1, 1), kRadius, kRadius);
    }
    const HeadTile& shown = tiles_[tile];
    const QRect whole = tileRect(int(tile)).adjusted(kHalfStep, 0, -kHalfStep, 0);
    const QRect label(whole.left(), picture.bottom() + 1, whole.width(), labelHeight());
    painter.setPen(palette().color(isCurrent ? QPalette::Text : QPalette::PlaceholderText));
    const QString text = fontMetrics().elidedText(shown.label, Qt::ElideRight, label.width());
    painter.drawText(label, Qt::AlignCenter, text);
    if (shown.swatch.isValid()) {
        const int left = label.center().x() - fontMetrics().horizontalAdvance(text) / 2 - kSwatchRoom;
        painter.setPen(Qt::NoPen);
        painter.setBrush(shown.swatch);
        painter.drawEllipse(QRectF(left, label.center().y() - 3, kSwatch, kSwatch));
    }
}

void HeadGrid::paintEvent(QPaintEvent* event) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    for (std::size_t tile = 0; tile < tiles_.size(); ++tile) {
        if (event->rect().intersects(tileRect(int(tile)))) drawTile(painter, tile);
    }
    if (focusShown_ && current_ >= 0 && current_ < count()) {
        painter.setPen(QPen(palette().color(QPalette::Text), 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(tileRect(current_)).adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    }
}

void HeadGrid::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
    if (arrangement_ == Arrangement::Row && event->oldSize().height() != height()) updateGeometry();
}

void HeadGrid::choose(int tile) {
    if (tile < 0 || tile >= count()) return;
    setCurrent(tile);
    Q_EMIT chosen(tile);
}

void HeadGrid::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) choose(tileAt(event->position().toPoint()));
}

void HeadGrid::mouseDoubleClickEvent(QMouseEvent* event) {
    const int tile = tileAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && tile >= 0) Q_EMIT opened(tile);
}

void HeadGrid::mouseMoveEvent(QMouseEvent* event) {
    const int tile = tileAt(event->position().toPoint());
    if (tile != underMouse_) {
        underMouse_ = tile;
        update();
    }
    std::optional<QPoint> cell;
    if (tile >= 0 && !grid_.isEmpty() && !image_.isNull()) {
        const QRect picture = pictureRect(tile);
        const QSizeF shown = QSizeF(image_.size()).scaled(picture.size(), Qt::KeepAspectRatio);
        const double scale = image_.size().width() / shown.width();
        const QPointF origin = QPointF(picture.topLeft()) + QPointF((picture.width() - shown.width()) / 2,
                                                                    (picture.height() - shown.height()) / 2);
        const QPointF inside = (event->position() - origin) * scale - covered_.topLeft();
        const QPoint candidate(int(std::floor(inside.x() * grid_.width() / covered_.width())),
                               int(std::floor(inside.y() * grid_.height() / covered_.height())));
        if (QRect(QPoint(), grid_).contains(candidate)) cell = candidate;
    }
    if (cell == hovered_) return;
    hovered_ = cell;
    Q_EMIT cellHovered(cell);
}

void HeadGrid::leaveEvent(QEvent*) {
    underMouse_ = -1;
    if (hovered_) {
        hovered_.reset();
        Q_EMIT cellHovered(std::nullopt);
    }
    update();
}

void HeadGrid::focusInEvent(QFocusEvent* event) {
    focusShown_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QWidget::focusInEvent(event);
    update();
}

void HeadGrid::focusOutEvent(QFocusEvent* event) {
    focusShown_ = false;
    QWidget::focusOutEvent(event);
    update();
}

void HeadGrid::keyPressEvent(QKeyEvent* event) {
    const int rowStep = arrangement_ == Arrangement::Fill ? columns_ : 0;
    switch (event->key()) {
        case Qt::Key_Left:
            choose(std::max(0, current_ - 1));
            return;
        case Qt::Key_Right:
            choose(std::min(count() - 1, current_ + 1));
            return;
        case Qt::Key_Up:
            if (rowStep && current_ >= rowStep) choose(current_ - rowStep);
            return;
        case Qt::Key_Down:
            if (rowStep && current_ + rowStep < count()) choose(current_ + rowStep);
            return;
        case Qt::Key_Home:
            choose(0);
            return;
        case Qt::Key_End:
            choose(count() - 1);
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (current_ >= 0) Q_EMIT opened(current_);
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

bool HeadGrid::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int tile = tileAt(help->pos());
        if (tile >= 0) {
            QToolTip::showText(help->globalPos(), tiles_[std::size_t(tile)].toolTip, this, tileRect(tile));
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    if (event->type() == QEvent::PaletteChange) base_ = {};
    return QWidget::event(event);
}

}  // namespace dinoscope
