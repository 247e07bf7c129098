#pragma once

#include <QWidget>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "ui/widgets/curve_content.h"

class QComboBox;
class QGridLayout;
class QHBoxLayout;
class QLabel;
class QPaintDevice;
class QScrollArea;
class QToolButton;

namespace dinoscope {

class CurvePlot;

/// What the positions of curves count.
enum class CurveAxis { Step, Epoch, Time };
inline constexpr int kCurveAxes = 3;

/// A plot of a stack: curves as they are at each axis.
struct CurvePanel {
    QString key;  ///< its plot's object name
    QString title;
    std::vector<Curve> curves;  ///< their x is of the axis on show
    std::vector<CurveLine> lines;
    bool wide = false;    ///< takes two columns where there are several
    QString emptyText{};  ///< instead of a plot of nothing
};

/// Plots over one axis, which share stretch and cursor, under a bar with what holds for all: the axis, the
/// smoothing, logarithmic values, and where the cursor is. As many columns as the width has room for.
class CurveStack : public QWidget {
    Q_OBJECT

public:
    explicit CurveStack(QWidget* parent = nullptr);

    /// Where a page puts more into the bar, at its right end.
    QHBoxLayout* bar() const { return bar_; }

    /// Titles of the axes; those without a title are not offered.
    void setAxisTitles(const std::array<QString, kCurveAxes>& titles);
    CurveAxis axis() const { return axis_; }
    void setAxis(CurveAxis axis);

    /// Plots that have the same keys are kept, with what was zoomed; `fit` shows everything anew.
    void setPanels(std::vector<CurvePanel> panels, bool fit);
    /// After values were appended; goes on showing all where all was shown.
    void refresh();
    void fit();

    double smoothing() const;
    void setSmoothing(double span);
    bool isLogarithmic() const;
    void setLogarithmic(bool logarithmic);

    int count() const { return int(plots_.size()); }
    CurvePlot& plot(int index) const { return *plots_[std::size_t(index)]; }

    /// The plots below each other in columns as on show, in the light theme, on a page of that many units.
    void paintOn(QPaintDevice& device, QSize page);
    /// Of the stack without its bar.
    QSize plotSize() const;

Q_SIGNALS:
    void axisChanged(dinoscope::CurveAxis axis);
    void smoothingChanged(double span);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeBar();
    CurvePlot* makePlot(const CurvePanel& panel);
    void arrange();
    void showRange(CurveRange range);
    void showCursor(std::optional<double> position);
    void showAxis();
    std::optional<CurveRange> extent() const;

    QHBoxLayout* bar_;
    std::array<QToolButton*, kCurveAxes> axes_{};
    QComboBox* smoothing_;
    QToolButton* logarithmic_;
    QToolButton* fit_;
    QLabel* cursor_;
    QScrollArea* area_;
    QWidget* content_;
    QGridLayout* grid_;
    std::vector<CurvePlot*> plots_;
    std::vector<bool> wide_;
    std::array<QString, kCurveAxes> titles_;
    CurveAxis axis_ = CurveAxis::Step;
    int columns_ = 0;
    bool fitted_ = true;  ///< all is shown: new values widen the range
};

}  // namespace dinoscope
