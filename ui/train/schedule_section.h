#pragma once

#include <QWidget>

class QLabel;

namespace dinoscope {

class MiniCurve;
class RunSetup;

/// What will change over the run, drawn before it starts.
class ScheduleSection : public QWidget {
    Q_OBJECT

public:
    explicit ScheduleSection(RunSetup& setup, QWidget* parent = nullptr);

private:
    void refresh();

    RunSetup& setup_;
    MiniCurve* learningRate_;
    MiniCurve* weightDecay_;
    MiniCurve* momentum_;
    MiniCurve* temperature_;
};

}  // namespace dinoscope
