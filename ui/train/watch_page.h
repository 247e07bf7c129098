#pragma once

#include <utility>

#include "ui/train/run_page.h"
#include "ui/train/run_watch.h"

class QMenu;
class QSettings;
class QStackedWidget;

namespace dinoscope {

class CurveStack;
class Dialogs;
class ElidedLabel;

/// The numbers of a run as curves, renewed as long as someone writes them.
class WatchPage : public RunPage {
    Q_OBJECT

public:
    WatchPage(Runners runners, Dialogs& dialogs, QSettings& settings, QWidget* parent = nullptr);

    void setRun(const std::filesystem::path& run) override;
    bool isSettled() const override;
    JobBridge* exports() override { return &jobs_; }

    /// State, loss and speed of the run stand above the page already.
    void setToldAbove(bool told);

    const RunWatch& watch() const { return watch_; }
    CurveStack& curves() const { return *stack_; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeEmptyState();
    QWidget* makeHead();
    void makeExports();
    std::pair<bool, bool> measured() const;
    void showPanels(bool fit);
    void showSummary();
    std::vector<CurvePanel> panels() const;
    void exportCurves(const QString& title, const QString& ending, const QString& filter);
    void write(const QString& file);
    void writeTable(const QString& file);

    JobBridge jobs_;
    Runners runners_;
    Dialogs& dialogs_;
    QSettings& settings_;
    RunWatch watch_;
    QStackedWidget* faces_;
    CurveStack* stack_;
    ElidedLabel* told_;
    std::pair<bool, bool> measured_;  ///< whether the panels on show had steps, and tests of the features
    bool toldAbove_ = false;
};

}  // namespace dinoscope
