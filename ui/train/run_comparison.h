#pragma once

#include <QSplitter>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "engine/api/run.h"
#include "ui/train/run_watch.h"

class QLabel;
class QSettings;

namespace dinoscope {

class CurveStack;
class DifferenceTable;

/// Curves of several runs drawn over each other, and the options in which they differ.
class RunComparison : public QSplitter {
    Q_OBJECT

public:
    /// More than these are not drawn at once.
    static constexpr int kMostRuns = 8;

    RunComparison(Runners runners, QSettings& settings, QWidget* parent = nullptr);

    /// In the order of their colours; those past the most are left out.
    void setRuns(std::vector<api::RunSummary> runs);
    bool isSettled() const;

Q_SIGNALS:
    /// The colour of each run that is drawn, as an index.
    void coloursChanged(const std::map<std::filesystem::path, int>& colours);
    void activityChanged();

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void arrange();
    QWidget* makeDifferences();
    void follow(const std::vector<std::filesystem::path>& runs);
    void showCurves(bool fit);
    /// `leftOut` more were chosen.
    void showDifferences(const std::vector<api::RunSummary>& runs, std::size_t leftOut);

    Runners runners_;
    QSettings& settings_;
    std::vector<std::unique_ptr<RunWatch>> watches_;  ///< in the order of their colours
    QList<int> sizesOfOther_;  ///< of curves and options, as they were in the other direction
    CurveStack* curves_;
    QLabel* differenceTitle_;
    DifferenceTable* differences_;
};

}  // namespace dinoscope
