#include "ui/neighbours/evaluation_store.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "ui/bridge/paths.h"

namespace dinoscope {

namespace {

constexpr int kFormat = 1;
constexpr qsizetype kMostClasses = 5000;

Error damaged() {
    return Error("the list of evaluations cannot be read", {}, "it is kept aside, and a new one is begun");
}

/// "temperature 0.1, crop 112"
QString howOf(const api::EvaluationSets& sets) {
    QStringList parts;
    for (const auto& [key, value] : sets.chosen)
        parts << QString::fromStdString(key + ' ' + value);
    if (sets.placement.precision != api::Precision::Fp32)
        parts << QString::fromStdString(api::name(sets.placement.precision));
    return parts.join(QStringLiteral(", "));
}

EvaluationRecord recordOf(const api::EvaluationSets& sets, const QString& when) {
    EvaluationRecord record;
    record.model = QString::fromStdString(sets.model);
    record.variant = QString::fromStdString(sets.variant);
    record.fingerprint = QString::fromStdString(sets.fingerprint);
    record.how = howOf(sets);
    record.train = QString::fromStdString(sets.train);
    record.val = QString::fromStdString(sets.val);
    record.trainImages = sets.trainImages;
    record.valImages = sets.valImages;
    record.skippedCount = sets.skippedCount;
    record.sharedImages = sets.sharedImages;
    for (const api::SkippedImage& image : sets.skipped) {
        if (record.skipped.size() == EvaluationRecord::kMostSkipped) break;
        record.skipped.push_back({pathText(image.file), QString::fromStdString(image.reason)});
    }
    record.when = when;
    return record;
}

/// Of a record of an older version only the name is known, by which those were told apart.
bool sameModel(const EvaluationRecord& a, const EvaluationRecord& b) {
    return a.fingerprint == b.fingerprint && (!a.fingerprint.isEmpty() || a.model == b.model);
}

bool sameRow(const EvaluationRecord& a, const EvaluationRecord& b) {
    return sameModel(a, b) && a.how == b.how && a.train == b.train && a.val == b.val;
}

QJsonArray toArray(const std::vector<SkippedPicture>& skipped) {
    QJsonArray array;
    for (const SkippedPicture& each : skipped)
        array << QJsonObject{{"file", each.file}, {"reason", each.reason}};
    return array;
}

QJsonArray toArray(const std::vector<std::int64_t>& counts) {
    QJsonArray array;
    for (const std::int64_t count : counts)
        array << qint64(count);
    return array;
}

QJsonObject toObject(const EvaluationRecord& record) {
    QJsonArray scores;
    for (const api::KnnScore& score : record.scores)
        scores << QJsonObject{{"k", qint64(score.k)}, {"top1", score.top1}, {"top5", score.top5}};
    QJsonArray classes;
    for (const api::ClassScore& each : record.classes) {
        classes << QJsonObject{{"name", QString::fromStdString(each.name)},
                               {"images", qint64(each.images)},
                               {"top1", each.top1},
                               {"top5", each.top5}};
    }
    QJsonArray names;
    for (const std::string& each : record.confusion.classes)
        names << QString::fromStdString(each);
    return {{"kind", record.linear ? "linear" : "knn"},
            {"model", record.model},
            {"variant", record.variant},
            {"fingerprint", record.fingerprint},
            {"how", record.how},
            {"train", record.train},
            {"val", record.val},
            {"when", record.when},
            {"train_images", qint64(record.trainImages)},
            {"val_images", qint64(record.valImages)},
            {"skipped", toArray(record.skipped)},
            {"skipped_count", qint64(record.skippedCount)},
            {"shared_images", qint64(record.sharedImages)},
            {"scores", scores},
            {"left_out", toArray(record.leftOut)},
            {"k", qint64(record.k)},
            {"top1", record.top1},
            {"top5", record.top5},
            {"classes", classes},
            {"confusion", QJsonObject{{"classes", names}, {"counts", toArray(record.confusion.counts)}}}};
}

std::int64_t countOf(const QJsonValue& value) {
    const qint64 count = value.toInteger(-1);
    if (count < 0) throw damaged();
    return count;
}

double percentOf(const QJsonValue& value) {
    const double percent = value.toDouble(-1);
    if (!(percent >= 0 && percent <= 100)) throw damaged();
    return percent;
}

QString textOf(const QJsonValue& value) {
    if (!value.isString()) throw damaged();
    return value.toString();
}

api::ConfusionMatrix confusionOf(const QJsonObject& object) {
    api::ConfusionMatrix confusion;
    const QJsonArray names = object["classes"].toArray();
    const QJsonArray counts = object["counts"].toArray();
    if (names.size() > kMostClasses || counts.size() != names.size() * names.size()) throw damaged();
    for (const QJsonValue& each : names)
        confusion.classes.push_back(textOf(each).toStdString());
    for (const QJsonValue& each : counts)
        confusion.counts.push_back(countOf(each));
    return confusion;
}

/// What records of older versions lack.
void readAdditions(const QJsonObject& object, EvaluationRecord& record) {
    record.variant = object["variant"].toString();
    record.fingerprint = object["fingerprint"].toString();
    record.how = object["how"].toString();
    for (const QJsonValue& each : object["skipped"].toArray())
        record.skipped.push_back({textOf(each["file"]), textOf(each["reason"])});
    record.skippedCount = countOf(object["skipped_count"].toInteger());
    record.sharedImages = countOf(object["shared_images"].toInteger());
    for (const QJsonValue& each : object["left_out"].toArray())
        record.leftOut.push_back(countOf(each));
}

EvaluationRecord fromObject(const QJsonObject& object) {
    EvaluationRecord record;
    readAdditions(object, record);
    const QString kind = textOf(object["kind"]);
    if (kind != QLatin1String("knn") && kind != QLatin1String("linear")) throw damaged();
    record.linear = kind == QLatin1String("linear");
    record.model = textOf(object["model"]);
    record.train = textOf(object["train"]);
    record.val = textOf(object["val"]);
    record.when = textOf(object["when"]);
    record.trainImages = countOf(object["train_images"]);
    record.valImages = countOf(object["val_images"]);
    record.k = countOf(object["k"]);
    record.top1 = percentOf(object["top1"]);
    record.top5 = percentOf(object["top5"]);
    for (const QJsonValue& each : object["scores"].toArray())
        record.scores.push_back({countOf(each["k"]), percentOf(each["top1"]), percentOf(each["top5"])});
    for (const QJsonValue& each : object["classes"].toArray()) {
        record.classes.push_back({textOf(each["name"]).toStdString(), countOf(each["images"]),
                                  percentOf(each["top1"]), percentOf(each["top5"])});
    }
    record.confusion = confusionOf(object["confusion"].toObject());
    return record;
}

}  // namespace

EvaluationRecord EvaluationRecord::of(const api::KnnReport& report, const QString& when) {
    EvaluationRecord record = recordOf(report.sets, when);
    record.scores = report.results;
    record.leftOut = report.leftOut;
    record.k = report.bestK;
    for (const api::KnnScore& score : report.results) {
        if (score.k != report.bestK) continue;
        record.top1 = score.top1;
        record.top5 = score.top5;
    }
    record.classes = report.classes;
    record.confusion = report.confusion;
    return record;
}

EvaluationRecord EvaluationRecord::of(const api::LinearReport& report, const QString& when) {
    EvaluationRecord record = recordOf(report.sets, when);
    record.linear = true;
    record.top1 = report.top1;
    record.top5 = report.top5;
    record.classes = report.classes;
    record.confusion = report.confusion;
    return record;
}

std::vector<EvaluationRow> EvaluationStore::rows() const {
    std::vector<EvaluationRow> rows;
    for (int i = 0; i < int(records_.size()); ++i) {
        const EvaluationRecord& record = records_[std::size_t(i)];
        const auto same = std::find_if(rows.begin(), rows.end(), [&](const EvaluationRow& row) {
            return sameRow(records_[std::size_t(std::max(row.knn, row.linear))], record);
        });
        EvaluationRow& row = same == rows.end() ? rows.emplace_back() : *same;
        (record.linear ? row.linear : row.knn) = i;
    }
    return rows;
}

void EvaluationStore::add(EvaluationRecord record) {
    std::erase_if(records_, [&record](const EvaluationRecord& each) {
        return each.linear == record.linear && sameRow(each, record);
    });
    records_.insert(records_.begin(), std::move(record));
}

void EvaluationStore::remove(const EvaluationRow& row) {
    const int first = std::min(row.knn, row.linear);
    const int second = std::max(row.knn, row.linear);
    if (second >= 0) records_.erase(records_.begin() + second);
    if (first >= 0) records_.erase(records_.begin() + first);
}

QByteArray EvaluationStore::toJson() const {
    QJsonArray all;
    for (const EvaluationRecord& record : records_)
        all << toObject(record);
    return QJsonDocument(QJsonObject{{"format", kFormat}, {"evaluations", all}})
        .toJson(QJsonDocument::Compact);
}

void EvaluationStore::read(const QByteArray& json) {
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isObject() || document["format"].toInt() != kFormat || !document["evaluations"].isArray()) {
        throw damaged();
    }
    std::vector<EvaluationRecord> records;
    for (const QJsonValue& each : document["evaluations"].toArray())
        records.push_back(fromObject(each.toObject()));
    records_ = std::move(records);
}

}  // namespace dinoscope
