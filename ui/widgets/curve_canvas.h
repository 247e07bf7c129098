#pragma once

#include <qcustomplot.h>

#include <optional>

#include "ui/widgets/curve_plot.h"

namespace dinoscope {

/// The plot under the heading: axes, curves, and what is done with the mouse. Its parent's requests come from
/// here. Only curve_plot.cpp knows it: others need no QCustomPlot.
class CurvePlot::Canvas : public QCustomPlot {
public:
    Canvas(CurvePlot& owner, CurveContent& shown);

    void style(const QPalette& palette, bool dark);
    void take(int columns);
    void showCursor() { layer(QStringLiteral("cursor"))->replot(); }
    void invalidate();
    void drawMarks(QCPPainter& painter) const;
    double positionAt(const QPointF& point) const { return xAxis->pixelToCoord(point.x()); }
    void zoom(double factor, double about);
    void pan(double share);
    void moveCursor(int pixels);

    std::size_t drawnPoints = 0;

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    /// Cursor and the stretch being chosen: drawn without drawing the curves again.
    class Marks : public QCPLayerable {
    public:
        explicit Marks(Canvas& canvas) : QCPLayerable(&canvas, QStringLiteral("cursor")), canvas_(canvas) {}

    protected:
        void applyDefaultAntialiasingHint(QCPPainter* painter) const override {
            painter->setAntialiasing(true);
        }
        void draw(QCPPainter* painter) override { canvas_.drawMarks(*painter); }
        QRect clipRect() const override { return canvas_.axisRect()->rect(); }

    private:
        Canvas& canvas_;
    };

    void prepareAxes();
    void setTickers();
    void showAxes(bool shown);
    QCPGraph* nextGraph(int& used);

    CurvePlot& owner_;
    CurveContent& shown_;
    QPalette palette_;
    bool dark_ = false;
    int columns_ = 0;  ///< that the graphs have points for; 0: they are of something else
    std::optional<CurveRange> rangeWhenPressed_;
    double pressedAt_ = 0;
    std::optional<CurveRange> stretch_;  ///< chosen with Shift
};

}  // namespace dinoscope
