#pragma once

#include <QWidget>

class QStackedWidget;

namespace dinoscope {

class DropFrame;
class EmptyState;
class FloatingCard;
class HeadGrid;
class ImageCanvas;

/// The middle of the workspace: the empty state, one picture large, or all heads in a grid; a card over it.
class Stage : public QWidget {
    Q_OBJECT

public:
    enum class Face { Empty, Canvas, Grid };

    explicit Stage(QWidget* parent = nullptr);

    EmptyState& empty() const { return *empty_; }
    ImageCanvas& canvas() const { return *canvas_; }
    HeadGrid& grid() const { return *grid_; }
    FloatingCard& card() const { return *card_; }

    void setFace(Face face);
    Face face() const;
    /// A frame while something is dragged over the window.
    void setDropHint(bool shown);

private:
    QStackedWidget* stack_;
    EmptyState* empty_;
    ImageCanvas* canvas_;
    HeadGrid* grid_;
    FloatingCard* card_;
    DropFrame* dropFrame_;
};

}  // namespace dinoscope
