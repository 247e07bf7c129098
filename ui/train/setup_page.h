#pragma once

#include <QWidget>

#include "ui/bridge/runners.h"

class QLabel;
class QSettings;
class QSplitter;
class QToolButton;

namespace dinoscope {

class CropSection;
class DataSection;
class Dialogs;
class OptionForm;
class PlanSection;
class RunSetup;

/// Set up: at the left images, presets, crops and schedules; at the right every option, and what a start
/// would take.
class SetupPage : public QWidget {
    Q_OBJECT

public:
    SetupPage(RunSetup& setup, const Runners& runners, Dialogs& dialogs, QWidget* parent = nullptr);

    bool isSettled() const;
    /// Frames the field of an option and scrolls to it.
    void point(const QString& option);
    /// `why` not, where it cannot be started.
    void setStartEnabled(bool enabled, const QString& why);
    /// Widths and the level of the form.
    void restore(QSettings& settings);
    void save(QSettings& settings) const;

Q_SIGNALS:
    void startRequested();
    void activityChanged();

private:
    QWidget* makeLeft(const Runners& runners, Dialogs& dialogs);
    QWidget* makeRight(Dialogs& dialogs);
    QWidget* makeBaseLine();
    void refreshForm();
    void showProblems();
    void refreshBase();

    RunSetup& setup_;
    QSplitter* splitter_;
    DataSection* data_;
    CropSection* crops_;
    OptionForm* form_;
    PlanSection* plan_;
    QLabel* base_;
    QToolButton* resetAll_;
};

}  // namespace dinoscope
