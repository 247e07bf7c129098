#pragma once

#include <QByteArray>
#include <QString>
#include <vector>

#include "engine/api/evaluate.h"

namespace dinoscope {

/// What one evaluation came to, as it is kept.
struct EvaluationRecord {
    bool linear = false;
    QString model;  ///< for people, as EvaluationSets::model
    QString train;
    QString val;
    QString when;  ///< ISO date and time
    std::int64_t trainImages = 0;
    std::int64_t valImages = 0;
    std::vector<api::KnnScore> scores;  ///< of k-NN, by k
    std::int64_t k = 0;                 ///< of k-NN: of which the rest is
    double top1 = 0;                    ///< percent
    double top5 = 0;
    std::vector<api::ClassScore> classes;
    api::ConfusionMatrix confusion;

    static EvaluationRecord of(const api::KnnReport& report, const QString& when);
    static EvaluationRecord of(const api::LinearReport& report, const QString& when);
};

/// A model's results on one pair of sets: a row of the table. Indices into the store, -1 for none.
struct EvaluationRow {
    int knn = -1;
    int linear = -1;
};

/// The evaluations made so far, newest first; one a model, pair of sets and kind.
class EvaluationStore {
public:
    const std::vector<EvaluationRecord>& records() const { return records_; }
    std::vector<EvaluationRow> rows() const;
    /// In place of the one of the same model, sets and kind, if there is one.
    void add(EvaluationRecord record);
    void remove(const EvaluationRow& row);

    QByteArray toJson() const;
    /// Throws Error for what toJson() did not write; then nothing changes.
    void read(const QByteArray& json);

private:
    std::vector<EvaluationRecord> records_;
};

}  // namespace dinoscope
