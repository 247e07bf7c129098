#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "engine/api/evaluation_data.h"
#include "engine/api/model_impl.h"
#include "engine/api/placement.h"
#include "engine/neighbours/batch_search.h"
#include "engine/neighbours/labelled_set.h"
#include "engine/neighbours/search/label_vote.h"
#include "engine/neighbours/store/feature_matrix.h"

namespace dinoscope::api {

namespace {

constexpr int kTop = 5;

std::vector<std::int64_t> parseNeighbours(const std::string& text) {
    std::vector<std::int64_t> values;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
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

/// Features as the search reads them.
class Rows {
public:
    explicit Rows(const at::Tensor& features)
        : storage_(at::zeros({features.size(0), rowBytes(features.size(1), StorageType::Fp32) / 4})) {
        storage_.slice(1, 0, features.size(1)).copy_(features);
        rows_.first = static_cast<const std::byte*>(storage_.const_data_ptr());
        rows_.count = features.size(0);
        rows_.dim = features.size(1);
        rows_.stride = storage_.size(1) * 4;
    }
    const FeatureRows& get() const { return rows_; }

private:
    at::Tensor storage_;
    FeatureRows rows_;
};

struct Query {
    std::vector<float> similarities;
    std::vector<std::int32_t> classes;
};

}  // namespace

KnnReport evaluateKnn(const OptionValues& options, JobControl& control) {
    const std::vector<std::int64_t> asked = parseNeighbours(options.text("neighbours"));
    const EvaluationData data(options, control);
    FeatureRecipe recipe;
    recipe.input = data.input();
    const FeatureNetwork network = data.model().impl().featureNetwork();
    const LabelledSet train = extractLabelled(network, recipe, data.train(), data.trainNumbers(), control);
    const LabelledSet val = extractLabelled(network, recipe, data.val(), data.valNumbers(), control);

    KnnReport report;
    report.sets = data.describe();
    report.sets.trainImages = std::int64_t(train.classes.size());
    report.sets.valImages = std::int64_t(val.classes.size());
    report.sets.dim = train.features.size(1);
    for (const LabelledSet* set : {&train, &val}) {
        for (const auto& [file, reason] : set->skipped)
            report.sets.skipped.push_back({file, reason});
    }
    report.temperature = options.real("temperature");
    std::vector<std::int64_t> ks;
    for (const std::int64_t k : asked)
        (k <= report.sets.trainImages ? ks : report.leftOut).push_back(k);
    if (ks.empty()) {
        throw Error("there are only " + std::to_string(report.sets.trainImages) + " training images", "-k",
                    "give at most as many neighbours");
    }

    std::vector<Query> queries(val.classes.size());
    const Rows rows(train.features);
    const RowFilter filter;
    JobControl searching(control);
    BatchSearch(rows.get(), filter, toDevice(data.model().placement()))
        .nearest(
            val.features, ks.back(),
            [&](std::int64_t index, const std::vector<Neighbour>& found) {
                Query& query = queries[std::size_t(index)];
                for (const Neighbour& one : found) {
                    query.similarities.push_back(one.similarity);
                    query.classes.push_back(train.classes[std::size_t(one.row)]);
                }
            },
            searching);
    double best = -1;
    for (const std::int64_t k : ks) {
        control.poll();
        Tally tally(data.classes());
        for (std::size_t i = 0; i < queries.size(); ++i) {
            const auto similarities = std::span<const float>(queries[i].similarities).first(std::size_t(k));
            const auto classes = std::span<const std::int32_t>(queries[i].classes).first(std::size_t(k));
            tally.add(val.classes[i], rankClasses(similarities, classes, int(data.classes().size()),
                                                  report.temperature, kTop));
        }
        report.results.push_back({k, tally.top1(), tally.top5()});
        if (tally.top1() <= best) continue;
        best = tally.top1();
        report.bestK = k;
        report.classes = tally.scores();
        report.confusion = tally.confusion();
    }
    writeConfusion(options, report.confusion);
    return report;
}

}  // namespace dinoscope::api
