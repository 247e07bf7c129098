#pragma once

#include <QAbstractItemView>

#include "ui/widgets/fitted_texts.h"

namespace dinoscope {

/// Pictures of one size in rows, each with two lines of text, over a model of any length: what is not in
/// sight costs nothing. Arrows, Page Up and Down, Home and End move; Enter or a double click opens.
class ThumbnailGrid : public QAbstractItemView {
    Q_OBJECT

public:
    /// What the grid asks of its model, beside DisplayRole (the first line) and ToolTipRole.
    enum Role {
        PictureRole = Qt::UserRole + 100,  ///< QImage; null while it is not there
        BadRole,                           ///< bool: it cannot be read
        DetailRole,                        ///< QString, the second line
        ShareRole,                         ///< double from 0 to 1: a bar below the picture; invalid for none
        SwatchRole                         ///< QColor before the first line; invalid for none
    };

    explicit ThumbnailGrid(QWidget* parent = nullptr);

    /// Longest side of a picture, logical pixels.
    void setPictureSide(int side);
    int pictureSide() const { return side_; }
    void setModel(QAbstractItemModel* model) override;

    /// Rows in sight, and as many again below; empty (count 0) without any.
    struct Range {
        int first = 0;
        int count = 0;
        bool operator==(const Range&) const = default;
    };
    Range wantedRange() const;

    QRect visualRect(const QModelIndex& index) const override;
    void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
    QModelIndex indexAt(const QPoint& point) const override;
    QSize sizeHint() const override { return {640, 480}; }
    QSize minimumSizeHint() const override { return {180, 120}; }

Q_SIGNALS:
    /// What is in sight changed: thumbnails of these rows are wanted, others no longer.
    void rangeWanted(int first, int count);
    void opened(const QModelIndex& index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void updateGeometries() override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void rowsInserted(const QModelIndex& parent, int start, int end) override;
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    int horizontalOffset() const override { return 0; }
    int verticalOffset() const override;
    bool isIndexHidden(const QModelIndex&) const override { return false; }
    void setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags command) override;
    QRegion visualRegionForSelection(const QItemSelection& selection) const override;

private:
    int rows() const;
    int lines() const;
    QSize cell() const;
    QRect rectOf(int row) const;  ///< in the viewport
    void arrange();
    void tellRange();
    void drawItem(QPainter& painter, const QModelIndex& index, const QRect& rect) const;
    void drawPicture(QPainter& painter, const QModelIndex& index, const QRect& box) const;
    void drawText(QPainter& painter, const QModelIndex& index, const QRect& rect, bool selected) const;

    mutable FittedTexts texts_;
    int side_ = 128;
    int columns_ = 1;
    int left_ = 0;  ///< room before the first column, so that they stand in the middle
};

}  // namespace dinoscope
