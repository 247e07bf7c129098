#pragma once

#include <QImage>
#include <QLineF>
#include <QPoint>
#include <QWidget>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ui/widgets/image_pyramid.h"
#include "ui/widgets/overlay_composer.h"

namespace dinoscope {

/// A picture with a grid of colours over it, that zooms to the cursor and pans. A cell is QPoint(column,
/// row). A new overlay or opacity costs one pass over the visible pixels; the picture is resampled on zoom
/// and pan only.
class ImageCanvas : public QWidget {
    Q_OBJECT

public:
    explicit ImageCanvas(QWidget* parent = nullptr);

    /// Fits the new picture into the view unless it has the size of the one before. Removes the overlay.
    void setImage(const ImagePyramid& image);
    bool hasImage() const { return !image_.isNull(); }

    /// Cells and the part of the picture that they cover, in picture pixels; cells are told from then on.
    void setCells(QSize grid, QRectF covered);
    /// One pixel a cell; null for none.
    void setOverlay(const ColouredGrid& grid);
    bool hasOverlay() const { return !overlay_.grid.isNull(); }
    void setOpacity(double opacity);
    void setSmooth(bool smooth);
    /// Draws a line around the cells that are not 0; empty for none. [rows * columns]
    void setOutline(std::span<const std::uint8_t> cells);
    /// A cell to mark, the query for example.
    void setMarkedCell(std::optional<QPoint> cell);
    /// As if the mouse were over it, without telling.
    void setHoveredCell(std::optional<QPoint> cell);

    /// While on, dragging marks a rectangle instead of panning; told when the mouse lets go.
    void setRegionMode(bool on);

    /// Device pixels a picture pixel.
    double zoom() const { return zoom_; }
    bool isFitted() const { return fitted_; }
    void fit();
    void setZoom(double zoom);                         ///< around the middle
    void setZoom(double zoom, const QPointF& anchor);  ///< around a point of the widget
    void zoomBySteps(double steps);
    /// Shows the part of its picture that the other one shows of its own, which has the same size.
    void follow(const ImageCanvas& other);

    std::optional<QPoint> cellAt(const QPointF& position) const;
    QRectF cellRect(const QPoint& cell) const;  ///< in the widget
    /// The part of the picture under a rectangle of the widget, in whole pixels of the picture.
    QRect pictureRect(const QRectF& rect) const;
    /// Picture and overlay as they were painted last, without outline and marks, in device pixels.
    const QImage& painted() const { return composed_; }

    QSize sizeHint() const override { return {640, 480}; }
    QSize minimumSizeHint() const override { return {160, 96}; }

Q_SIGNALS:
    void cellHovered(std::optional<QPoint> cell);
    void cellClicked(QPoint cell);
    void cellKey(int key);  ///< an arrow, Enter or Escape was pressed on the canvas
    void zoomChanged(double zoom);
    void viewChanged();                 ///< by a person: another zoom, another part of the picture
    void regionSelected(QRect region);  ///< in pixels of the picture, not empty

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    double fitZoom() const;  ///< device pixels a pixel of the picture; only with an image
    void setView(double zoom, QPointF origin);
    void fitView();
    void invalidateView();
    void prepareLayers();
    void drawBase();
    void placeOutline();
    void drawRegion(QPainter& painter) const;
    void finishRegion(const QPointF& at);
    void drawMark(QPainter& painter, const QRectF& rect, bool strong) const;
    void hover(std::optional<QPoint> cell);
    QRectF coveredOnDevice() const;
    QPointF toDevice(const QPointF& position) const { return position * devicePixelRatioF(); }

    ImagePyramid image_;
    GridOverlay overlay_;
    QSize grid_;
    QRectF covered_;                     ///< in picture pixels
    std::vector<QLineF> outline_;        ///< in cells
    std::vector<QLineF> placedOutline_;  ///< in the widget
    std::optional<QPoint> marked_;
    std::optional<QPoint> hovered_;

    double zoom_ = 1;
    QPointF origin_;  ///< of the picture, in device pixels of the widget
    bool fitted_ = true;

    QImage base_;      ///< the picture as the view shows it, device pixels
    QImage composed_;  ///< with the overlay
    OverlayComposer composer_;
    bool baseStale_ = true;
    bool composedStale_ = true;

    std::optional<QPointF> pressedAt_;
    QPointF originAtPress_;
    bool panning_ = false;
    bool regionMode_ = false;
    QPointF regionEnd_;        ///< of the rectangle being dragged from pressedAt_
    bool focusShown_ = false;  ///< by keyboard; a click needs no telling
};

}  // namespace dinoscope
