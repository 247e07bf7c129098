#pragma once

#include <QFrame>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace dinoscope {

class Dialogs;
class RunSetup;
class StackBar;

/// What a start would take, memory by part and time, where it would be kept, and the button that starts it.
class PlanSection : public QFrame {
    Q_OBJECT

public:
    PlanSection(RunSetup& setup, Dialogs& dialogs, QWidget* parent = nullptr);

    void setStartEnabled(bool enabled, const QString& why);

Q_SIGNALS:
    void startRequested();

private:
    void makeFolder(Dialogs& dialogs);
    void refresh();
    void refreshMemory();
    void showFolder();

    RunSetup& setup_;
    QLabel* memory_;
    QToolButton* parts_;
    StackBar* bar_;
    QLabel* advice_;
    QCheckBox* force_;
    QLabel* time_;
    QLabel* few_;
    QLineEdit* folder_;
    QWidget* folderRow_;
    QLabel* folderProblem_;
    QPushButton* start_;
    QLabel* why_;
};

}  // namespace dinoscope
