#pragma once

#include <QAbstractTableModel>

#include "ui/neighbours/evaluation_store.h"

namespace dinoscope {

/// The evaluations kept, a row a model and pair of sets.
class EvaluationTable : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Model, Data, KnnTop1, KnnTop5, KnnK, LinearTop1, LinearTop5, When, Columns };

    using QAbstractTableModel::QAbstractTableModel;

    /// Shows the store as it is now; it outlives the table.
    void show(const EvaluationStore& store);
    const std::vector<EvaluationRow>& rows() const { return rows_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const EvaluationRow& row, int column) const;

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

}  // namespace dinoscope
