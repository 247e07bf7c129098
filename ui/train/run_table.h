#pragma once

#include <QAbstractTableModel>
#include <QSize>
#include <map>
#include <vector>

#include "ui/train/run_list.h"
#include "ui/train/run_state.h"

namespace dinoscope {

/// The runs of a RunList as a table, a run a row.
class RunTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, State, Network, Epochs, Loss, Best, Rank, Images, Trained, Started, Place, kColumns };
    enum Role { SortRole = Qt::UserRole + 1 };

    static constexpr QSize kSwatchSize{10, 10};

    using QAbstractTableModel::QAbstractTableModel;

    /// Rows that stay keep their places, and what is selected stays so, unless runs came or went.
    void show(const std::vector<ListedRun>& runs);
    const std::vector<ListedRun>& runs() const { return runs_; }
    /// The row of a run, -1 without.
    int rowOf(const std::filesystem::path& run) const;
    /// The colours in which runs are drawn, by folder.
    void setColours(std::map<std::filesystem::path, int> colours);
    /// The run that this window trains, or trained last.
    void setOwn(const std::filesystem::path& run, const RunState& state);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString textOf(const ListedRun& run, int column) const;
    QVariant sortValueOf(const ListedRun& run, int column) const;

    std::vector<ListedRun> runs_;
    std::map<std::filesystem::path, int> colours_;
    std::filesystem::path own_;
    RunState ownState_;
};

}  // namespace dinoscope
