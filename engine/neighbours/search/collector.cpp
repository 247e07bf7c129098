#include "engine/neighbours/search/collector.h"

#include <algorithm>
#include <limits>

namespace dinoscope {

namespace {

constexpr std::size_t kLeastCapacity = 4096;

}  // namespace

Collector::Collector(std::int64_t k, float margin)
    : k_(static_cast<std::size_t>(std::max<std::int64_t>(1, k))),
      margin_(margin),
      limit_(-std::numeric_limits<float>::infinity()),
      capacity_(std::max(kLeastCapacity, 4 * k_)) {}

void Collector::addAll(const Collector& other) {
    candidates_.insert(candidates_.end(), other.candidates_.begin(), other.candidates_.end());
    raiseLimit(other.limit_);
    if (candidates_.size() >= capacity_) prune();
}

const std::vector<Collector::Candidate>& Collector::finish() {
    prune();
    return candidates_;
}

void Collector::prune() {
    if (candidates_.size() > k_) {
        const auto kth = candidates_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
        std::nth_element(candidates_.begin(), kth, candidates_.end(),
                         [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
        raiseLimit(kth->score - 2 * margin_);
    }
    std::erase_if(candidates_, [this](const Candidate& one) { return one.score < limit_; });
    // A tight cluster may leave more within the margin than fit.
    capacity_ = std::max(capacity_, 2 * candidates_.size());
}

}  // namespace dinoscope
