#pragma once

#include <cstddef>
#include <vector>

namespace dinoscope {

/// Where one was, and where one is in it: going somewhere new forgets what lay ahead. Keeps the last `most`.
template <typename Place>
class Trail {
public:
    explicit Trail(std::size_t most = 200) : most_(most) {}

    void go(Place place) {
        if (!places_.empty()) places_.resize(at_ + 1);
        places_.push_back(std::move(place));
        if (places_.size() > most_) places_.erase(places_.begin());
        at_ = places_.size() - 1;
    }
    void clear() {
        places_.clear();
        at_ = 0;
    }
    bool canGoBack() const { return at_ > 0; }
    bool canGoForward() const { return at_ + 1 < places_.size(); }
    /// Only if one can.
    void back() { --at_; }
    void forward() { ++at_; }

    bool empty() const { return places_.empty(); }
    std::size_t size() const { return places_.size(); }
    Place& current() { return places_[at_]; }
    const Place& current() const { return places_[at_]; }

private:
    std::vector<Place> places_;
    std::size_t at_ = 0;
    std::size_t most_;
};

}  // namespace dinoscope
