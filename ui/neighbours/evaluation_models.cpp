#include "ui/neighbours/evaluation_models.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
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

/// "train 2026-12-01, epoch 9 (vit_tiny/16)": of a file its name, of one of a run the run and its age. Where
/// it lies would leave no room for either, and is in the tool tip.
QString shortModel(const QString& model) {
    static const QRegularExpression kOfRun(QStringLiteral(
        "([^/]+)/(?:checkpoints|teachers)/epoch0*(\\d+)(?:-step0*(\\d+))?[^/ ]*( \\(.*\\))?$"));
    if (!model.startsWith(QLatin1Char('/'))) return model;
    if (const QRegularExpressionMatch found = kOfRun.match(model); found.hasMatch()) {
        const QString age =
            found.captured(3).isEmpty()
                ? EvaluationTable::tr("epoch %1").arg(found.captured(2))
                : EvaluationTable::tr("epoch %1, step %2").arg(found.captured(2), found.captured(3));
        return QStringLiteral("%1, %2%3").arg(found.captured(1), age, found.captured(4));
    }
    const qsizetype network = model.lastIndexOf(QLatin1String(" ("));
    const QString file = network < 0 ? model : model.left(network);
    return pathText(api::shownWeights(filePath(file).string())) + model.mid(file.size());
}

/// The name alone does not tell the networks of one file apart.
QString modelText(const EvaluationRecord& record, const QString& model) {
    return record.variant.isEmpty() ? model : QStringLiteral("%1, %2").arg(model, record.variant);
}

QString leftOutText(const EvaluationRecord& record) {
    QStringList values;
    for (const std::int64_t k : record.leftOut)
        values << QString::number(k);
    const QString images =
        record.trainImages == 1
            ? EvaluationTable::tr("1 training picture")
            : EvaluationTable::tr("%1 training pictures").arg(countText(record.trainImages));
    return EvaluationTable::tr("k = %1 left out: %2").arg(values.join(QStringLiteral(", ")), images);
}

}  // namespace

QString percentText(double percent) {
    return QLocale::c().toString(percent, 'f', 1);
}

QString notesText(const EvaluationRecord& record) {
    QStringList notes;
    if (!record.leftOut.empty()) notes << leftOutText(record);
    if (record.sharedImages > 0)
        notes << EvaluationTable::tr("%1 are in both sets: no test of others")
                     .arg(picturesText(record.sharedImages));
    if (record.skippedCount > 0)
        notes << EvaluationTable::tr("%1 could not be read").arg(picturesText(record.skippedCount));
    return notes.join(QStringLiteral("   "));
}

QString skippedText(const EvaluationRecord& record) {
    constexpr std::size_t kMostLines = 20;
    QStringList lines;
    for (const SkippedPicture& each : record.skipped) {
        if (std::size_t(lines.size()) == kMostLines) break;
        lines << QStringLiteral("%1: %2").arg(each.file, each.reason);
    }
    const std::int64_t more = record.skippedCount - lines.size();
    if (!lines.isEmpty() && more > 0) lines << EvaluationTable::tr("and %1 more").arg(countText(more));
    return lines.join(QLatin1Char('\n'));
}

void EvaluationTable::show(const EvaluationStore& store) {
    beginResetModel();
    store_ = &store;
    rows_ = store.rows();
    endResetModel();
}

bool EvaluationTable::hasWays() const {
    return std::any_of(rows_.begin(), rows_.end(),
                       [this](const EvaluationRow& row) { return !anyOf(row).how.isEmpty(); });
}

const EvaluationRecord& EvaluationTable::anyOf(const EvaluationRow& row) const {
    return store_->records()[std::size_t(std::max(row.knn, row.linear))];
}

int EvaluationTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(rows_.size());
}

int EvaluationTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : Columns;
}

QString EvaluationTable::text(const EvaluationRow& row, int column) const {
    const auto& records = store_->records();
    const EvaluationRecord& any = anyOf(row);
    const EvaluationRecord* knn = row.knn >= 0 ? &records[std::size_t(row.knn)] : nullptr;
    const EvaluationRecord* linear = row.linear >= 0 ? &records[std::size_t(row.linear)] : nullptr;
    switch (column) {
        case Model:
            return modelText(any, shortModel(any.model));
        case Data:
            return dataText(any);
        case How:
            return any.how;
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
        const EvaluationRecord& any = anyOf(row);
        const QString sets = tr("%1\ntrain: %2, %3\nval: %4, %5")
                                 .arg(modelText(any, any.model), any.train, picturesText(any.trainImages),
                                      any.val, picturesText(any.valImages));
        return any.how.isEmpty() ? sets : sets + QLatin1Char('\n') + any.how;
    }
    return {};
}

QVariant EvaluationTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    const QString titles[] = {tr("Model"),           tr("Data"),     tr("Options"),
                              tr("k-NN top-1, %"),   tr("top-5, %"), tr("k"),
                              tr("Linear top-1, %"), tr("top-5, %"), tr("When")};
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
