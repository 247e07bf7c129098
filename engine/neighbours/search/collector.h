#pragma once

#include <cstdint>
#include <vector>

namespace dinoscope {

/// Keeps what may be among the k best of scores that are wrong by up to `margin`: everything within two
/// margins of the k-th best score so far.
class Collector {
public:
    struct Candidate {
        float score;
        std::int64_t row;
    };

    Collector(std::int64_t k, float margin);

    /// Scores below this need not be offered.
    float limit() const { return limit_; }
    void raiseLimit(float limit) {
        if (limit > limit_) limit_ = limit;
    }
    void add(float score, std::int64_t row) {
        candidates_.push_back({score, row});
        if (candidates_.size() >= capacity_) prune();
    }
    void addAll(const Collector& other);

    /// What is left, in no order.
    const std::vector<Candidate>& finish();

private:
    void prune();

    std::size_t k_;
    float margin_;
    float limit_;
    std::size_t capacity_;
    std::vector<Candidate> candidates_;
};

}  // namespace dinoscope
