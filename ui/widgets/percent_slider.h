#pragma once

#include <QWidget>

class QDoubleSpinBox;
class QSlider;

namespace dinoscope {

/// A slider and the same value as a number with a percent sign, 0 to 100 by default.
class PercentSlider : public QWidget {
    Q_OBJECT

public:
    /// `step` is also the resolution: 1 or 0.1.
    explicit PercentSlider(double minimum, double maximum, double step, QWidget* parent = nullptr);

    double value() const;
    void setValue(double percent);  ///< tells nobody
    QSlider* slider() const { return slider_; }

Q_SIGNALS:
    void valueChanged(double percent);  ///< by the person

private:
    double step_;
    QSlider* slider_;
    QDoubleSpinBox* number_;
};

}  // namespace dinoscope
