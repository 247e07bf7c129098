#pragma once

#include <QString>
#include <QWidget>
#include <vector>

namespace dinoscope {

/// A small line over a horizontal axis from 0, with a title, its range, and the value under the mouse.
class MiniCurve : public QWidget {
    Q_OBJECT

public:
    MiniCurve(const QString& title, const QString& unit, QWidget* parent = nullptr);

    /// As many of both, `x` ascending. Fewer than two show an empty frame.
    void setValues(std::vector<double> x, std::vector<double> y);
    const std::vector<double>& values() const { return y_; }
    /// "0.996 – 1": in as many digits as tell the ends apart.
    QString rangeText() const;

    QSize sizeHint() const override { return {220, 96}; }
    QSize minimumSizeHint() const override { return {120, 88}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QRectF plot() const;
    std::size_t nearest(double position) const;

    QString title_;
    QString unit_;  ///< of the axis, for the value under the mouse
    std::vector<double> x_;
    std::vector<double> y_;
    double low_ = 0;
    double high_ = 0;
    int hovered_ = -1;
};

}  // namespace dinoscope
