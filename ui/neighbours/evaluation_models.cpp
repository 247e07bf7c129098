#include "ui/bridge/texts.h"
#include "ui/neighbours/evaluation_models.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>

#include "ui/neighbours/neighbours_text.h"

namespace dinoscope {

namespace {

/// Text begins at the left, numbers end at the right, and so do their titles.
QVariant alignment(bool number) {
    return QVariant((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
}

/// "imagenette/train → val": every data set has a train.
QString dataText(const EvaluationRecord& record) {
    const auto named = [](const QString& folder) {
        const QFileInfo info(QDir::cleanPath(folder));
        const QString above = info.dir().dirName();
        return above.isEmpty() ? info.fileName() : QStringLiteral("%1/%2").arg(above, info.fileName());
    };
    const QFileInfo train(QDir::cleanPath(record.train)), val(QDir::cleanPath(record.val));
    const bool together = train.absolutePath() == val.absolutePath();
    return QStringLiteral("%1 → %2").arg(named(record.train), together ? val.fileName() : named(record.val));
}

}  // namespace

QString percentText(double percent) {
    return QLocale::c().toString(percent, 'f', 1);
}

void EvaluationTable::show(const EvaluationStore& store) {
    beginResetModel();
    store_ = &store;
    rows_ = store.rows();
    endResetModel();
}

int EvaluationTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(rows_.size());
}

int EvaluationTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : Columns;
}

QString EvaluationTable::text(const EvaluationRow& row, int column) const {
    const auto& records = store_->records();
    const EvaluationRecord& any = records[std::size_t(std::max(row.knn, row.linear))];
    const EvaluationRecord* knn = row.knn >= 0 ? &records[std::size_t(row.knn)] : nullptr;
    const EvaluationRecord* linear = row.linear >= 0 ? &records[std::size_t(row.linear)] : nullptr;
    switch (column) {
        case Model:
            return any.model;
        case Data:
            return dataText(any);
        case KnnTop1:
            return knn ? percentText(knn->top1) : QString();
        case KnnTop5:
            return knn ? percentText(knn->top5) : QString();
        case KnnK:
            return knn ? QString::number(knn->k) : QString();
        case LinearTop1:
            return linear ? percentText(linear->top1) : QString();
        case LinearTop5:
            return linear ? percentText(linear->top5) : QString();
        case When: {
            const QString when = records[std::size_t(row.knn < 0      ? row.linear
                                                     : row.linear < 0 ? row.knn
                                                                      : std::min(row.knn, row.linear))]
                                     .when;
            return QLocale().toString(QDateTime::fromString(when, Qt::ISODate), QLocale::ShortFormat);
        }
        default:
            return {};
    }
}

QVariant EvaluationTable::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const EvaluationRow& row = rows_[std::size_t(index.row())];
    const int column = index.column();
    if (role == Qt::DisplayRole) return text(row, column);
    if (role == Qt::TextAlignmentRole) return alignment(column >= KnnTop1 && column <= LinearTop5);
    if (role == Qt::ToolTipRole) {
        const EvaluationRecord& any = store_->records()[std::size_t(std::max(row.knn, row.linear))];
        return tr("%1\ntrain: %2, %3\nval: %4, %5")
            .arg(any.model, any.train, picturesText(any.trainImages), any.val, picturesText(any.valImages));
    }
    return {};
}

QVariant EvaluationTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    const QString titles[] = {tr("Model"),    tr("Data"), tr("k-NN top-1, %"),
                              tr("top-5, %"), tr("k"),    tr("Linear top-1, %"),
                              tr("top-5, %"), tr("When")};
    if (role == Qt::DisplayRole) return titles[section];
    if (role == Qt::TextAlignmentRole) return alignment(section >= KnnTop1 && section <= LinearTop5);
    if (role == Qt::ToolTipRole && section >= KnnTop1 && section <= LinearTop5) {
        return section == KnnK ? tr("The k of the best accuracy, of which these are")
                               : tr("Percent of the validation pictures");
    }
    return {};
}

void ClassTable::setClasses(std::vector<api::ClassScore> classes) {
    beginResetModel();
    classes_ = std::move(classes);
    endResetModel();
}

int ClassTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(classes_.size());
}

int ClassTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : Columns;
}

QVariant ClassTable::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const api::ClassScore& each = classes_[std::size_t(index.row())];
    const int column = index.column();
    if (role == Qt::TextAlignmentRole) return alignment(column != Name);
    if (role != Qt::DisplayRole && role != kSortRole) return {};
    const bool sorting = role == kSortRole;
    switch (column) {
        case Name:
            return QString::fromStdString(each.name);
        case Images:
            return sorting ? QVariant(qlonglong(each.images)) : QVariant(countText(each.images));
        case Top1:
            return sorting ? QVariant(each.top1) : QVariant(percentText(each.top1));
        case Top5:
            return sorting ? QVariant(each.top5) : QVariant(percentText(each.top5));
        default:
            return {};
    }
}

QVariant ClassTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    const QString titles[] = {tr("Class"), tr("Pictures"), tr("top-1, %"), tr("top-5, %")};
    if (role == Qt::DisplayRole) return titles[section];
    if (role == Qt::TextAlignmentRole) return alignment(section != Name);
    return {};
}

}  // namespace dinoscope
