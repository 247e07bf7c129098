#include "engine/neighbours/knn_classifier.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/neighbours/batch_search.h"
#include "engine/neighbours/search/label_vote.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kMostClasses = 5;

std::vector<KnnRanking> emptyRankings(const std::vector<std::int64_t>& ks, std::int64_t classes,
                                      std::int64_t queries) {
    std::vector<KnnRanking> rankings;
    for (const std::int64_t k : ks) {
        KnnRanking ranking;
        ranking.k = k;
        ranking.kept = static_cast<std::size_t>(std::min({kMostClasses, k, classes}));
        ranking.classes.resize(ranking.kept * static_cast<std::size_t>(queries));
        rankings.push_back(std::move(ranking));
    }
    return rankings;
}

}  // namespace

std::vector<KnnRanking> rankByNeighbours(const LabelledSet& train, const at::Tensor& queries,
                                         const std::vector<std::int64_t>& ks, int classes, double temperature,
                                         at::Device device, JobControl& control) {
    std::vector<KnnRanking> rankings = emptyRankings(ks, classes, queries.size(0));
    // On several threads; each query writes where no other does. What is kept of it are a few classes, not
    // its neighbours: 200 of them for each of 50,000 queries would take 80 MB.
    const auto vote = [&](std::int64_t query, const std::vector<Neighbour>& found) {
        std::vector<float> similarities;
        std::vector<std::int32_t> votes;
        for (const Neighbour& one : found) {
            similarities.push_back(one.similarity);
            votes.push_back(train.classes[static_cast<std::size_t>(one.row)]);
        }
        for (KnnRanking& ranking : rankings) {
            // A feature that is not a number has no neighbours.
            const std::size_t k = std::min(static_cast<std::size_t>(ranking.k), found.size());
            const std::vector<int> ranked = rankClasses(std::span<const float>(similarities).first(k),
                                                        std::span<const std::int32_t>(votes).first(k),
                                                        classes, temperature, static_cast<int>(ranking.kept));
            const std::size_t first = static_cast<std::size_t>(query) * ranking.kept;
            std::copy(ranked.begin(), ranked.end(),
                      ranking.classes.begin() + static_cast<std::ptrdiff_t>(first));
        }
    };
    const FeatureRows rows = train.rows();
    const RowFilter filter;
    BatchSearch(rows, filter, device).nearest(queries.contiguous(), ks.back(), vote, control);
    return rankings;
}

}  // namespace dinoscope
