#pragma once

#include <cstdint>
#include <vector>

namespace dinoscope {

/// Stochastic depth (Huang et al. 2016) whose draws depend on nothing but their keys. Block b keeps a branch
/// of a sample with probability 1 - rate * b / (depth - 1), as the reference has it, and what is kept counts
/// 1 / probability.
class DropPath {
public:
    DropPath() = default;  ///< drops nothing
    /// `keys` holds one number a sample for each group of samples, mixed from (seed, step, image, view).
    DropPath(int depth, double rate, std::vector<std::vector<std::uint64_t>> keys)
        : depth_(depth), rate_(rate), keys_(std::move(keys)) {}

    bool drops(int block) const { return keep(block) < 1; }
    double keep(int block) const;
    /// The samples of a group that keep a branch, in order. Branch 0 is the attention, 1 the MLP.
    std::vector<std::int64_t> kept(int block, int branch, std::size_t group) const;

private:
    int depth_ = 1;
    double rate_ = 0;
    std::vector<std::vector<std::uint64_t>> keys_;
};

}  // namespace dinoscope
