#include "ui/widgets/thumbnail_grid.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>

#include "ui/theme.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kBar = 3;  // height of the share's bar
constexpr int kIcon = 24;
constexpr int kSwatch = 8;

}  // namespace

ThumbnailGrid::ThumbnailGrid(QWidget* parent) : QAbstractItemView(parent) {
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(ScrollPerPixel);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setFrameShape(NoFrame);
    setTabKeyNavigation(false);
    setMouseTracking(true);
    viewport()->setBackgroundRole(QPalette::Dark);
    setAccessibleName(tr("Pictures"));
}

void ThumbnailGrid::setPictureSide(int side) {
    if (side == side_) return;
    side_ = side;
    arrange();
}

void ThumbnailGrid::setModel(QAbstractItemModel* model) {
    if (this->model()) disconnect(this->model(), nullptr, this, nullptr);
    QAbstractItemView::setModel(model);
    if (model) connect(model, &QAbstractItemModel::modelReset, this, &ThumbnailGrid::arrange);
    arrange();
}

int ThumbnailGrid::rows() const {
    return model() ? model()->rowCount(rootIndex()) : 0;
}

int ThumbnailGrid::lines() const {
    return (rows() + columns_ - 1) / columns_;
}

QSize ThumbnailGrid::cell() const {
    return {side_ + 2 * kStep, side_ + 2 * fontMetrics().height() + kBar + 3 * kStep};
}

QRect ThumbnailGrid::rectOf(int row) const {
    const QSize size = cell();
    const QPoint corner(left_ + row % columns_ * size.width(),
                        kHalfStep + row / columns_ * size.height() - verticalOffset());
    return {corner, size};
}

int ThumbnailGrid::verticalOffset() const {
    return verticalScrollBar()->value();
}

/// The line that was on top stays there when the number of columns changes.
void ThumbnailGrid::arrange() {
    const int top = verticalOffset() / std::max(1, cell().height()) * columns_;
    const int wide = viewport()->width();
    const int before = columns_;
    columns_ = std::max(1, (wide - kStep) / cell().width());
    left_ = std::max(0, (wide - columns_ * cell().width()) / 2);
    updateGeometries();
    if (before != columns_) verticalScrollBar()->setValue(top / columns_ * cell().height());
    viewport()->update();
    tellRange();
}

void ThumbnailGrid::updateGeometries() {
    const int whole = lines() * cell().height() + kStep;
    verticalScrollBar()->setSingleStep(std::max(1, cell().height() / 3));
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, whole - viewport()->height()));
    QAbstractItemView::updateGeometries();
}

ThumbnailGrid::Range ThumbnailGrid::wantedRange() const {
    const int high = cell().height();
    const int first = std::min(verticalOffset() / high * columns_, rows());
    const int inSight = (viewport()->height() / high + 2) * columns_;
    return {first, std::min(2 * inSight, rows() - first)};
}

void ThumbnailGrid::tellRange() {
    if (!isVisible()) return;
    const Range range = wantedRange();
    Q_EMIT rangeWanted(range.first, range.count);
}

QRect ThumbnailGrid::visualRect(const QModelIndex& index) const {
    return index.isValid() ? rectOf(index.row()) : QRect();
}

void ThumbnailGrid::scrollTo(const QModelIndex& index, ScrollHint hint) {
    if (!index.isValid()) return;
    const QRect rect = rectOf(index.row());
    const int room = viewport()->height();
    int by = 0;
    if (hint == PositionAtTop || (hint == EnsureVisible && rect.top() < 0)) {
        by = rect.top() - kHalfStep;
    } else if (hint == PositionAtBottom || (hint == EnsureVisible && rect.bottom() >= room)) {
        by = rect.bottom() + kHalfStep - room;
    } else if (hint == PositionAtCenter) {
        by = rect.center().y() - room / 2;
    }
    if (by != 0) verticalScrollBar()->setValue(verticalOffset() + by);
}

QModelIndex ThumbnailGrid::indexAt(const QPoint& point) const {
    const QSize size = cell();
    const int x = point.x() - left_;
    const int y = point.y() + verticalOffset() - kHalfStep;
    if (x < 0 || y < 0 || x / size.width() >= columns_) return {};
    const int row = y / size.height() * columns_ + x / size.width();
    return row < rows() ? model()->index(row, 0, rootIndex()) : QModelIndex();
}

QModelIndex ThumbnailGrid::moveCursor(CursorAction action, Qt::KeyboardModifiers) {
    const int count = rows();
    if (count == 0) return {};
    const int now = currentIndex().isValid() ? currentIndex().row() : -1;
    const int page = std::max(1, viewport()->height() / cell().height()) * columns_;
    // Up and down keep the column, at the ends too.
    const auto within = [count, now](int row) { return row < 0 || row >= count ? now : row; };
    int row = now;
    switch (action) {
        case MoveLeft:
        case MovePrevious:
            row = std::max(0, now - 1);
            break;
        case MoveRight:
        case MoveNext:
            row = std::min(count - 1, now + 1);
            break;
        case MoveUp:
            row = within(now - columns_);
            break;
        case MoveDown:
            row = now < 0 ? 0 : within(now + columns_);
            break;
        case MovePageUp:
            row = now - page >= 0 ? now - page : std::max(0, now) % columns_;
            break;
        case MovePageDown:
            row = std::min(std::max(0, now) + page, count - 1);
            break;
        case MoveHome:
            row = 0;
            break;
        case MoveEnd:
            row = count - 1;
            break;
    }
    return model()->index(std::max(0, row), 0, rootIndex());
}

void ThumbnailGrid::setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags command) {
    const QRect area = rect.normalized();
    QItemSelection selection;
    const QSize size = cell();
    const int firstLine = std::max(0, (area.top() + verticalOffset() - kHalfStep) / size.height());
    const int lastLine = std::min(lines() - 1, (area.bottom() + verticalOffset()) / size.height());
    for (int line = firstLine; line <= lastLine; ++line) {
        int first = -1;
        int last = -1;
        for (int column = 0; column < columns_ && line * columns_ + column < rows(); ++column) {
            const int row = line * columns_ + column;
            if (!rectOf(row).intersects(area)) continue;
            if (first < 0) first = row;
            last = row;
        }
        if (first >= 0) selection.select(model()->index(first, 0), model()->index(last, 0));
    }
    selectionModel()->select(selection, command);
}

QRegion ThumbnailGrid::visualRegionForSelection(const QItemSelection& selection) const {
    const QRect sight = viewport()->rect();
    const Range range = wantedRange();
    QRegion region;
    for (const QItemSelectionRange& part : selection) {
        const int first = std::max(part.top(), range.first);
        const int last = std::min(part.bottom(), range.first + range.count - 1);
        for (int row = first; row <= last; ++row)
            region += rectOf(row) & sight;
    }
    return region;
}

void ThumbnailGrid::drawPicture(QPainter& painter, const QModelIndex& index, const QRect& box) const {
    const auto picture = index.data(PictureRole).value<QImage>();
    if (!picture.isNull()) {
        QRect frame(QPoint(), picture.size().scaled(box.size(), Qt::KeepAspectRatio));
        frame.moveCenter(box.center());
        painter.drawImage(frame, picture);
        return;
    }
    painter.fillRect(box, palette().color(QPalette::AlternateBase));
    const bool bad = index.data(BadRole).toBool();
    const QRect place(box.center() - QPoint(kIcon / 2, kIcon / 2), QSize(kIcon, kIcon));
    themeIcon(bad ? QStringLiteral("error") : QStringLiteral("image"))
        .paint(&painter, place, Qt::AlignCenter, bad ? QIcon::Normal : QIcon::Disabled);
}

void ThumbnailGrid::drawText(QPainter& painter, const QModelIndex& index, const QRect& rect,
                             bool selected) const {
    const QColor swatch = index.data(SwatchRole).value<QColor>();
    const int indent = swatch.isValid() ? kSwatch + kHalfStep : 0;
    const QStaticText& first = texts_.fit(index.data(Qt::DisplayRole).toString(), painter.font(),
                                          rect.width() - kSwatch - kHalfStep);
    const int wide = int(first.size().width()) + indent;
    const int left = rect.left() + std::max(0, (rect.width() - wide) / 2);
    const int high = fontMetrics().height();
    if (swatch.isValid()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(swatch);
        painter.drawEllipse(QRect(left, rect.top() + (high - kSwatch) / 2 + 1, kSwatch, kSwatch));
    }
    painter.setPen(palette().color(QPalette::Text));
    painter.drawStaticText(left + indent, rect.top(), first);
    const QString detail = index.data(DetailRole).toString();
    if (detail.isEmpty()) return;
    const QStaticText& second = texts_.fit(detail, painter.font(), rect.width() - kSwatch - kHalfStep);
    painter.setPen(palette().color(selected ? QPalette::Text : QPalette::PlaceholderText));
    painter.drawStaticText(rect.left() + (rect.width() - int(second.size().width())) / 2, rect.top() + high,
                           second);
}

void ThumbnailGrid::drawItem(QPainter& painter, const QModelIndex& index, const QRect& rect) const {
    const bool selected = selectionModel() && selectionModel()->isSelected(index);
    const bool current = index == currentIndex();
    const QRect inside = rect.adjusted(kHalfStep, kHalfStep, -kHalfStep, -kHalfStep);
    if (selected || current) {
        QColor ground = palette().color(QPalette::Highlight);
        ground.setAlpha(selected ? 60 : 0);
        const bool framed = current && (hasFocus() || selected);
        painter.setPen(framed ? QPen(palette().color(QPalette::Highlight), 2) : QPen(Qt::NoPen));
        painter.setBrush(ground);
        painter.drawRoundedRect(QRectF(inside).adjusted(1, 1, -1, -1), kStep - 2, kStep - 2);
    }
    const QRect box(inside.left() + kHalfStep, inside.top() + kHalfStep, side_, side_);
    drawPicture(painter, index, box);
    const QVariant share = index.data(ShareRole);
    const QRect track(box.left(), box.bottom() + kHalfStep, box.width(), kBar);
    if (share.isValid()) {
        const double shown = std::clamp(share.toDouble(), 0.0, 1.0);
        painter.fillRect(track, palette().color(QPalette::Mid));
        painter.fillRect(QRectF(track.x(), track.y(), shown * track.width(), track.height()),
                         palette().color(QPalette::Highlight));
    }
    drawText(painter, index,
             {box.left(), track.bottom() + kHalfStep / 2, box.width(), 2 * fontMetrics().height()}, selected);
}

void ThumbnailGrid::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.fillRect(event->rect(), palette().color(QPalette::Dark));
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    painter.setFont(font());
    const int high = cell().height();
    const int firstLine = std::max(0, (event->rect().top() + verticalOffset() - kHalfStep) / high);
    const int lastLine = std::min(lines() - 1, (event->rect().bottom() + verticalOffset()) / high);
    for (int row = firstLine * columns_; row < std::min((lastLine + 1) * columns_, rows()); ++row) {
        const QRect rect = rectOf(row);
        if (rect.intersects(event->rect())) drawItem(painter, model()->index(row, 0, rootIndex()), rect);
    }
}

void ThumbnailGrid::scrollContentsBy(int, int dy) {
    viewport()->scroll(0, dy);
    tellRange();
}

void ThumbnailGrid::resizeEvent(QResizeEvent* event) {
    QAbstractItemView::resizeEvent(event);
    arrange();
}

void ThumbnailGrid::showEvent(QShowEvent* event) {
    QAbstractItemView::showEvent(event);
    arrange();
}

void ThumbnailGrid::changeEvent(QEvent* event) {
    QAbstractItemView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) arrange();
}

void ThumbnailGrid::rowsInserted(const QModelIndex& parent, int start, int end) {
    QAbstractItemView::rowsInserted(parent, start, end);
    arrange();
}

void ThumbnailGrid::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QAbstractItemView::currentChanged(current, previous);
    viewport()->update();
}

void ThumbnailGrid::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && !(event->modifiers() & ~Qt::KeypadModifier)) {
        if (currentIndex().isValid()) Q_EMIT opened(currentIndex());
        return;
    }
    // Letters are the workspace's keys: no search by typing.
    if (!event->text().isEmpty() && event->text().front().isLetterOrNumber() &&
        event->modifiers() == Qt::NoModifier) {
        event->ignore();
        return;
    }
    QAbstractItemView::keyPressEvent(event);
}

void ThumbnailGrid::mouseDoubleClickEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->position().toPoint());
    if (event->button() == Qt::LeftButton && index.isValid()) Q_EMIT opened(index);
}

}  // namespace dinoscope
