#include "engine/neighbours/search/label_vote.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace dinoscope {

std::vector<int> rankClasses(std::span<const float> similarities, std::span<const std::int32_t> classes,
                             int classCount, double temperature, int most) {
    std::vector<double> votes(static_cast<std::size_t>(classCount));
    for (std::size_t i = 0; i < similarities.size(); ++i)
        votes[static_cast<std::size_t>(classes[i])] += std::exp((double{similarities[i]} - 1) / temperature);
    std::vector<int> order;
    for (int i = 0; i < classCount; ++i)
        order.push_back(i);
    const auto count = std::min(most, classCount);
    std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](int a, int b) {
        const double first = votes[static_cast<std::size_t>(a)];
        const double second = votes[static_cast<std::size_t>(b)];
        return first != second ? first > second : a < b;
    });
    order.resize(static_cast<std::size_t>(count));
    return order;
}

std::vector<LabelVote> voteLabels(std::span<const float> similarities, const std::vector<std::string>& labels,
                                  double temperature) {
    std::map<std::string, LabelVote> byLabel;
    double total = 0;
    for (std::size_t i = 0; i < similarities.size(); ++i) {
        if (labels[i].empty()) continue;
        // Relative to the strongest possible vote, so that a small temperature cannot overflow.
        const double vote = std::exp((double{similarities[i]} - 1) / temperature);
        LabelVote& entry = byLabel[labels[i]];
        entry.label = labels[i];
        entry.share += vote;
        ++entry.count;
        total += vote;
    }
    std::vector<LabelVote> votes;
    for (auto& [label, vote] : byLabel) {
        if (total > 0) vote.share /= total;
        votes.push_back(vote);
    }
    std::stable_sort(votes.begin(), votes.end(),
                     [](const LabelVote& a, const LabelVote& b) { return a.share > b.share; });
    return votes;
}

}  // namespace dinoscope
