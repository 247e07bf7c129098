#pragma once

#include <QTableWidget>
#include <vector>

#include "engine/api/run.h"

namespace dinoscope {

/// The options in which runs differ. Two runs have a column each; of more, each value stands with the runs
/// that have it, as swatches of the colours of their curves, which are those of their order. Never wider than
/// its place.
class DifferenceTable : public QTableWidget {
    Q_OBJECT

public:
    explicit DifferenceTable(QWidget* parent = nullptr);

    /// Returns how many options differ.
    int setRuns(const std::vector<api::RunSummary>& runs);

private:
    void showByRun(const std::vector<api::RunSummary>& runs, const std::vector<api::RunDifference>& found);
    void showByValue(const std::vector<api::RunSummary>& runs, const std::vector<api::RunDifference>& found);
    void setHeaders(const QStringList& titles);
    void put(int row, int column, const QString& text, const QString& toolTip);
    void limit(int column, int widest);

    QAbstractItemDelegate* swatches_;  ///< draw the runs that have a value
};

}  // namespace dinoscope
