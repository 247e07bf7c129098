#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/neighbours/search/neighbour.h"

namespace dinoscope {

/// Votes of exp(similarity / temperature) for each neighbour's class (Wu et al. 2018, equation 8; eval_knn.py
/// of facebookresearch/dino). Of equal sums the class with the smaller number comes first.
/// similarities [k], classes [k] from 0 to classCount - 1 -> the classes in descending order of their votes,
/// at most `most`.
std::vector<int> rankClasses(std::span<const float> similarities, std::span<const std::int32_t> classes,
                             int classCount, double temperature, int most);

/// The same by label, as shares of all votes; neighbours without a label do not vote.
std::vector<LabelVote> voteLabels(std::span<const float> similarities, const std::vector<std::string>& labels,
                                  double temperature);

}  // namespace dinoscope
