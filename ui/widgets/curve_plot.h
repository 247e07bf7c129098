#pragma once

#include <QStringList>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "ui/widgets/curve_content.h"

class QPaintDevice;
class QPainter;

namespace dinoscope {

/// Curves over one axis: a heading with the values under the cursor (without one, the last), and a plot that
/// is dragged to pan, zoomed by the wheel about the mouse (with Shift: the values), by dragging with Shift
/// over a stretch, and fitted by a double click. Draws no more points than it has pixels for, whatever their
/// number. It changes neither its range nor its cursor by itself: it asks, so that plots can share them.
class CurvePlot : public QWidget {
    Q_OBJECT

public:
    explicit CurvePlot(QWidget* parent = nullptr);
    ~CurvePlot() override;

    void setTitle(const QString& title);
    const QString& title() const;
    /// Why there is nothing to draw, instead of axes from 0 to 1.
    void setEmptyText(const QString& text);
    /// It, as long as nothing is drawn; else nothing.
    QString emptyText() const;
    void setCurves(std::vector<Curve> curves);
    void setLines(std::vector<CurveLine> lines);
    /// After values were appended.
    void refresh();

    /// Positions are seconds, and written as hours and minutes.
    void setSeconds(bool seconds);
    void setLogarithmic(bool logarithmic);
    /// Of noisy curves, over so many values; 1 for none. The curve itself stays, faintly.
    void setSmoothing(double span);

    void setRange(CurveRange range);
    CurveRange range() const;
    /// Of the values on show, or as the person zoomed them until fitValues().
    CurveRange valueRange() const;
    void fitValues();
    void setCursor(std::optional<double> position);

    /// From the first position to the last; empty without any.
    std::optional<CurveRange> extent() const;
    /// What the heading tells: "loss 8.12 ~8.3", with the average where there is one and lines last.
    QStringList legend() const;
    /// Points that the last drawing took.
    std::size_t drawnPoints() const;

    /// Draws heading and plot in the light theme. The painter is one of makePlotPainter().
    void paintOn(QPainter& painter, const QRect& place);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void cursorWanted(std::optional<double> position);
    void rangeWanted(double lower, double upper);
    void fitWanted();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    class Canvas;

    int headingHeight() const;
    void showUnmeasured();

    CurveContent content_;
    Canvas* canvas_;  ///< a child
    bool focusShown_ = false;
};

/// A painter for CurvePlot::paintOn(). Vector devices get lines and letters, not pixels.
/// Shared, as it must be deleted as what it is and QPainter has no virtual destructor.
std::shared_ptr<QPainter> makePlotPainter(QPaintDevice& device);

}  // namespace dinoscope
