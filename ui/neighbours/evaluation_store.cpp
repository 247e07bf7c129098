#include "ui/neighbours/evaluation_store.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <cmath>

namespace dinoscope {

namespace {

constexpr int kFormat = 1;
constexpr qsizetype kMostClasses = 5000;

Error damaged() {
    return Error("the list of evaluations cannot be read", {}, "it is kept aside, and a new one is begun");
}

EvaluationRecord recordOf(const api::EvaluationSets& sets, const QString& when) {
    EvaluationRecord record;
    record.model = QString::fromStdString(sets.model);
    record.train = QString::fromStdString(sets.train);
    record.val = QString::fromStdString(sets.val);
    record.trainImages = sets.trainImages;
    record.valImages = sets.valImages;
    record.when = when;
    return record;
}

bool sameRow(const EvaluationRecord& a, const EvaluationRecord& b) {
    return a.model == b.model && a.train == b.train && a.val == b.val;
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
    QJsonArray counts;
    for (const std::int64_t count : record.confusion.counts)
        counts << qint64(count);
    return {{"kind", record.linear ? "linear" : "knn"},
            {"model", record.model},
            {"train", record.train},
            {"val", record.val},
            {"when", record.when},
            {"train_images", qint64(record.trainImages)},
            {"val_images", qint64(record.valImages)},
            {"scores", scores},
            {"k", qint64(record.k)},
            {"top1", record.top1},
            {"top5", record.top5},
            {"classes", classes},
            {"confusion", QJsonObject{{"classes", names}, {"counts", counts}}}};
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

EvaluationRecord fromObject(const QJsonObject& object) {
    EvaluationRecord record;
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
