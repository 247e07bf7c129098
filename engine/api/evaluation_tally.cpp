#include "engine/api/evaluation_tally.h"

#include <algorithm>

namespace dinoscope::api {

namespace {

constexpr std::size_t kTop = 5;

}  // namespace

Tally::Tally(const std::vector<std::string>& classes)
    : confusion_{classes, std::vector<std::int64_t>(classes.size() * classes.size())},
      inTop5_(classes.size()) {}

void Tally::add(std::int32_t truth, std::span<const int> ranked) {
    const auto row = static_cast<std::size_t>(truth);
    ++confusion_.counts[row * confusion_.classes.size() + static_cast<std::size_t>(ranked.front())];
    const auto top = ranked.first(std::min(kTop, ranked.size()));
    if (std::find(top.begin(), top.end(), truth) != top.end()) ++inTop5_[row];
}

double Tally::top1() const {
    std::int64_t right = 0;
    std::int64_t all = 0;
    for (const ClassScore& one : scores())
        all += one.images;
    for (std::size_t i = 0; i < inTop5_.size(); ++i)
        right += confusion_.count(i, i);
    return all == 0 ? 0 : 100.0 * double(right) / double(all);
}

double Tally::top5() const {
    std::int64_t right = 0;
    std::int64_t all = 0;
    for (const ClassScore& one : scores())
        all += one.images;
    for (const std::int64_t count : inTop5_)
        right += count;
    return all == 0 ? 0 : 100.0 * double(right) / double(all);
}

std::vector<ClassScore> Tally::scores() const {
    std::vector<ClassScore> scores;
    for (std::size_t truth = 0; truth < inTop5_.size(); ++truth) {
        ClassScore one;
        one.name = confusion_.classes[truth];
        for (std::size_t predicted = 0; predicted < inTop5_.size(); ++predicted)
            one.images += confusion_.count(truth, predicted);
        if (one.images > 0) {
            one.top1 = 100.0 * double(confusion_.count(truth, truth)) / double(one.images);
            one.top5 = 100.0 * double(inTop5_[truth]) / double(one.images);
        }
        scores.push_back(one);
    }
    return scores;
}

}  // namespace dinoscope::api
