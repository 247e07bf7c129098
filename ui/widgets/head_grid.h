#pragma once

#include <QImage>
#include <QWidget>
#include <optional>
#include <vector>

#include "ui/widgets/image_pyramid.h"
#include "ui/widgets/overlay_composer.h"

namespace dinoscope {

/// One tile of a HeadGrid.
struct HeadTile {
    QString label;
    QString toolTip;
    QColor swatch;      ///< drawn beside the label if valid
    ColouredGrid grid;  ///< null while there is none
};

/// The same picture once a tile, each under a grid of its own: in one row, or filling the space. One tile is
/// current: by click, arrows, Home and End; Enter or a double click opens it.
class HeadGrid : public QWidget {
    Q_OBJECT

public:
    enum class Arrangement { Row, Fill };

    explicit HeadGrid(Arrangement arrangement, QWidget* parent = nullptr);

    void setImage(const ImagePyramid& image);
    /// Cells and the part of the picture that they cover, in picture pixels.
    void setCells(QSize grid, QRectF covered);
    void setTiles(std::vector<HeadTile> tiles);
    /// New grids for the tiles that are there, in their order.
    void setGrids(const std::vector<ColouredGrid>& grids);
    void clearGrids();
    void setOpacity(double opacity);
    void setSmooth(bool smooth);
    void setCurrent(int tile);
    int current() const { return current_; }
    int count() const { return int(tiles_.size()); }
    /// A cell to mark in every tile.
    void setMarkedCell(std::optional<QPoint> cell);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void chosen(int tile);
    void opened(int tile);
    void cellHovered(std::optional<QPoint> cell);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void arrange();
    void choose(int tile);
    void prepare(std::size_t tile);
    void drawTile(QPainter& painter, std::size_t tile);
    QRect tileRect(int tile) const;     ///< with label
    QRect pictureRect(int tile) const;  ///< in the widget
    int tileAt(const QPoint& position) const;
    QSize pictureFor(int height) const;
    int tileWidth(QSize picture) const;
    int labelHeight() const;

    Arrangement arrangement_;
    ImagePyramid image_;
    QSize grid_;
    QRectF covered_;
    std::vector<HeadTile> tiles_;
    std::vector<QImage> composed_;
    std::vector<bool> stale_;
    QImage base_;  ///< the picture at the size of a tile, device pixels
    OverlayComposer composer_;
    double opacity_ = 1;
    bool smooth_ = true;
    int current_ = -1;
    int underMouse_ = -1;
    bool focusShown_ = false;  ///< by keyboard; a click needs no telling
    std::optional<QPoint> marked_;
    std::optional<QPoint> hovered_;
    int columns_ = 1;
    QSize picture_{96, 72};  ///< of a tile
    int nameWidth_ = 0;      ///< of the widest label, with its swatch
};

}  // namespace dinoscope
