#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dinoscope {

/// A row of a matrix of features, and how similar it is.
struct Neighbour {
    std::int64_t row = 0;
    float similarity = 0;  ///< cosine, -1 to 1

    bool operator==(const Neighbour&) const = default;
};

/// What the neighbours vote for.
struct LabelVote {
    std::string label;
    double share = 0;  ///< of all votes, 0 to 1
    int count = 0;     ///< neighbours with this label
};

}  // namespace dinoscope
