#pragma once

#include <QByteArray>
#include <QString>
#include <vector>

#include "engine/api/evaluate.h"

namespace dinoscope {

/// An image that was left out.
struct SkippedPicture {
    QString file;
    QString reason;
};

/// What one evaluation came to, as it is kept.
struct EvaluationRecord {
    /// Of the pictures that were left out so many are kept by name.
    static constexpr std::size_t kMostSkipped = 100;

    bool linear = false;
    QString model;        ///< for people, as EvaluationSets::model
    QString variant;      ///< as EvaluationSets::variant
    QString fingerprint;  ///< of the weights; empty where an older version wrote the record
    QString how;          ///< what was not as by default: "temperature 0.1, crop 112"; empty where all was
    QString train;
    QString val;
    QString when;  ///< ISO date and time
    std::int64_t trainImages = 0;
    std::int64_t valImages = 0;
    std::vector<SkippedPicture> skipped;
    std::int64_t skippedCount = 0;      ///< all of them
    std::int64_t sharedImages = 0;      ///< files of both sets
    std::vector<api::KnnScore> scores;  ///< of k-NN, by k
    std::vector<std::int64_t> leftOut;  ///< of k-NN: values of k above the number of training images
    std::int64_t k = 0;                 ///< of k-NN: of which the rest is
    double top1 = 0;                    ///< percent
    double top5 = 0;
    std::vector<api::ClassScore> classes;
    api::ConfusionMatrix confusion;

    static EvaluationRecord of(const api::KnnReport& report, const QString& when);
    static EvaluationRecord of(const api::LinearReport& report, const QString& when);
};

/// A model's results on one pair of sets, found in one way: a row of the table. Indices into the store, -1
/// for none.
struct EvaluationRow {
    int knn = -1;
    int linear = -1;
};

/// The evaluations made so far, newest first; one a model (by its weights), pair of sets, way and kind.
class EvaluationStore {
public:
    const std::vector<EvaluationRecord>& records() const { return records_; }
    std::vector<EvaluationRow> rows() const;
    /// In place of the one of the same model, sets, way and kind, if there is one.
    void add(EvaluationRecord record);
    void remove(const EvaluationRow& row);

    QByteArray toJson() const;
    /// Throws Error for what toJson() did not write; then nothing changes.
    void read(const QByteArray& json);

private:
    std::vector<EvaluationRecord> records_;
};

}  // namespace dinoscope
