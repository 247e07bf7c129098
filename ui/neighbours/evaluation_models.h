#pragma once

#include <QAbstractTableModel>

#include "ui/neighbours/evaluation_store.h"

namespace dinoscope {

/// The evaluations kept, a row a model, pair of sets and way.
class EvaluationTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Model, Data, How, KnnTop1, KnnTop5, KnnK, LinearTop1, LinearTop5, When, Columns };

    using QAbstractTableModel::QAbstractTableModel;

    /// Shows the store as it is now; it outlives the table.
    void show(const EvaluationStore& store);
    const std::vector<EvaluationRow>& rows() const { return rows_; }
    /// Whether one of them was found in another way than by default: elsewhere the column says nothing.
    bool hasWays() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const EvaluationRow& row, int column) const;
    const EvaluationRecord& anyOf(const EvaluationRow& row) const;

    const EvaluationStore* store_ = nullptr;
    std::vector<EvaluationRow> rows_;
};

/// How well each class is told.
class ClassTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Images, Top1, Top5, Columns };
    static constexpr int kSortRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    void setClasses(std::vector<api::ClassScore> classes);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<api::ClassScore> classes_;
};

/// "78.3"
QString percentText(double percent);
/// What an evaluation did without: "k = 100, 200 left out: 12 training pictures", "3 pictures could not be
/// read"; empty where there was nothing.
QString notesText(const EvaluationRecord& record);
/// The pictures that could not be read, each on a line with the reason; empty where there are none.
QString skippedText(const EvaluationRecord& record);

}  // namespace dinoscope
