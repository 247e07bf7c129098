#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"

namespace dinoscope {

/// A file that does not tell its number of heads, which neither names nor shapes do.
class UnknownHeads : public Error {
public:
    /// `candidates`, ascending: what the family is known with, or else the divisors of the width up to 64.
    UnknownHeads(int dim, const std::string& file, std::vector<int> candidates);

    int dim() const { return dim_; }
    const std::vector<int>& candidates() const { return candidates_; }

private:
    int dim_;
    std::vector<int> candidates_;
};

}  // namespace dinoscope
