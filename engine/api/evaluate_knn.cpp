#include <algorithm>
#include <charconv>

#include "engine/api/confusion_picture.h"
#include "engine/api/evaluation_data.h"
#include "engine/api/evaluation_report.h"
#include "engine/api/evaluation_tally.h"
#include "engine/api/model_impl.h"
#include "engine/api/placement.h"
#include "engine/neighbours/knn_classifier.h"
#include "engine/neighbours/labelled_set.h"

namespace dinoscope::api {

namespace {

std::vector<std::int64_t> parseNeighbours(const std::string& text) {
    std::vector<std::int64_t> values;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        while (start < end && text[start] == ' ')
            ++start;
        std::int64_t value = 0;
        const auto read = std::from_chars(text.data() + start, text.data() + end, value);
        if (read.ec != std::errc() || read.ptr != text.data() + end || value < 1) {
            throw UsageError("'" + text + "' are not values of k", "-k", "give numbers as 10,20,100,200");
        }
        values.push_back(value);
        start = end + 1;
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

void requireEnough(std::int64_t images, std::int64_t leastNeighbours) {
    if (images >= leastNeighbours) return;
    throw Error("there are only " + std::to_string(images) + " training images", "-k",
                "give at most as many neighbours");
}

/// Those of the values asked for that are no more than the training images; the others are left out.
std::vector<std::int64_t> possibleNeighbours(const std::vector<std::int64_t>& asked, KnnReport& report) {
    requireEnough(report.sets.trainImages, asked.front());
    std::vector<std::int64_t> possible;
    for (const std::int64_t k : asked)
        (k <= report.sets.trainImages ? possible : report.leftOut).push_back(k);
    return possible;
}

/// The accuracy with each k, and by class that of the best.
void score(const std::vector<KnnRanking>& rankings, const LabelledSet& val, const EvaluationData& data,
           JobControl& control, KnnReport& report) {
    double best = -1;
    for (const KnnRanking& ranking : rankings) {
        control.poll();
        Tally tally(data.classes());
        for (std::size_t i = 0; i < val.classes.size(); ++i)
            tally.add(val.classes[i], ranking.of(std::int64_t(i)));
        report.results.push_back({ranking.k, tally.top1(), tally.top5()});
        if (tally.top1() <= best) continue;
        best = tally.top1();
        report.bestK = ranking.k;
        report.classes = tally.scores();
        report.confusion = tally.confusion();
    }
}

}  // namespace

KnnReport evaluateKnn(const OptionValues& options, JobControl& control) {
    const std::vector<std::int64_t> asked = parseNeighbours(options.text("neighbours"));
    checkConfusion(options);
    const EvaluationData data(options, control);
    requireEnough(data.train().size(), asked.front());  // what cannot be read makes them fewer yet
    FeatureRecipe recipe;
    recipe.input = data.input();
    const FeatureNetwork network = data.model().impl().featureNetwork();
    const LabelledSet train = extractLabelled(network, recipe, data.train(), data.trainNumbers(), control);
    const LabelledSet val = extractLabelled(network, recipe, data.val(), data.valNumbers(), control);

    KnnReport report;
    report.sets = data.describe();
    report.sets.chosen = chosenOf(options, {"neighbours", "temperature", "resize", "crop"});
    report.sets.trainImages = std::int64_t(train.classes.size());
    report.sets.valImages = std::int64_t(val.classes.size());
    report.sets.dim = train.features.size(1);
    addSkipped(report.sets, train.skipped);
    addSkipped(report.sets, val.skipped);
    report.temperature = options.real("temperature");

    const std::vector<std::int64_t> ks = possibleNeighbours(asked, report);
    JobControl searching(control);
    const std::vector<KnnRanking> rankings =
        rankByNeighbours(train, val.features, ks, int(data.classes().size()), report.temperature,
                         toDevice(data.model().placement()), searching);
    score(rankings, val, data, control, report);
    writeConfusion(options, report.confusion);
    return report;
}

}  // namespace dinoscope::api
