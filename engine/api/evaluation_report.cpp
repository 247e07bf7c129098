#include "engine/api/evaluation_report.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/base/csv.h"

namespace dinoscope::api {

namespace {

using nlohmann::ordered_json;

ordered_json setsToJson(const EvaluationSets& sets) {
    ordered_json skipped = ordered_json::array();
    for (const SkippedImage& image : sets.skipped)
        skipped.push_back({{"file", image.file.string()}, {"reason", image.reason}});
    return {{"train", sets.train},
            {"val", sets.val},
            {"model", sets.model},
            {"variant", sets.variant.empty() ? ordered_json(nullptr) : ordered_json(sets.variant)},
            {"fingerprint", sets.fingerprint},
            {"device", sets.placement.device},
            {"precision", name(sets.placement.precision)},
            {"train_images", sets.trainImages},
            {"val_images", sets.valImages},
            {"skipped", skipped},
            {"skipped_count", sets.skippedCount},
            {"shared_images", sets.sharedImages},
            {"dim", sets.dim}};
}

ordered_json classesToJson(const std::vector<ClassScore>& classes) {
    ordered_json table = ordered_json::array();
    for (const ClassScore& one : classes)
        table.push_back(
            {{"class", one.name}, {"images", one.images}, {"top1", one.top1}, {"top5", one.top5}});
    return table;
}

/// A row a line: a count a line would be a million of them for a thousand classes.
std::string rowsOf(const ConfusionMatrix& confusion) {
    std::string text = "[";
    for (std::size_t truth = 0; truth < confusion.classes.size(); ++truth) {
        text += truth > 0 ? ",\n    [" : "\n    [";
        for (std::size_t predicted = 0; predicted < confusion.classes.size(); ++predicted)
            text += (predicted > 0 ? ", " : "") + std::to_string(confusion.count(truth, predicted));
        text += "]";
    }
    return text + "\n  ]";
}

/// The document with the scores by class, and the confusion matrix as its last entry.
std::string dump(ordered_json document, const std::vector<ClassScore>& classes,
                 const ConfusionMatrix& confusion) {
    document["classes"] = classesToJson(classes);
    std::string text = document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
    text.resize(text.rfind("\n}"));
    return text + ",\n  \"confusion\": " + rowsOf(confusion) + "\n}";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> chosenOf(const OptionValues& options,
                                                          std::initializer_list<const char*> keys) {
    std::vector<std::pair<std::string, std::string>> chosen;
    for (const char* key : keys) {
        if (!options.isDefault(key)) chosen.emplace_back(key, formatOptionValue(options.value(key)));
    }
    return chosen;
}

std::string toCsv(const std::vector<ClassScore>& classes) {
    std::string text = "class,images,top1,top5\r\n";
    for (const ClassScore& each : classes) {
        char scores[64];
        std::snprintf(scores, sizeof(scores), ",%.1f,%.1f\r\n", each.top1, each.top5);
        text += csvField(each.name) + ',' + std::to_string(each.images) + scores;
    }
    return text;
}

std::string toJson(const KnnReport& report) {
    ordered_json document = setsToJson(report.sets);
    document["temperature"] = report.temperature;
    ordered_json results = ordered_json::array();
    for (const KnnScore& one : report.results)
        results.push_back({{"k", one.k}, {"top1", one.top1}, {"top5", one.top5}});
    document["results"] = results;
    document["left_out"] = report.leftOut;
    document["best_k"] = report.bestK;
    return dump(std::move(document), report.classes, report.confusion);
}

std::string toJson(const LinearReport& report) {
    ordered_json document = setsToJson(report.sets);
    document["method"] = report.method;
    if (report.method == "lbfgs") {
        document["penalty"] = report.penalty;
    } else {
        document["epochs"] = report.epochs;
        document["learning_rate"] = report.learningRate;
    }
    document["results"] = ordered_json::array({{{"top1", report.top1}, {"top5", report.top5}}});
    return dump(std::move(document), report.classes, report.confusion);
}

}  // namespace dinoscope::api
