#include "engine/nn/drop_path.h"

#include <algorithm>

#include "engine/base/hash.h"

namespace dinoscope {

double DropPath::keep(int block) const {
    return 1 - rate_ * block / std::max(1, depth_ - 1);
}

std::vector<std::int64_t> DropPath::kept(int block, int branch, std::size_t group) const {
    const std::vector<std::uint64_t>& keys = keys_.at(group);
    const double probability = keep(block);
    std::vector<std::int64_t> samples;
    samples.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::uint64_t bits = mix(keys[i], static_cast<std::uint64_t>(2 * block + branch));
        if (toUniform(bits) < probability) samples.push_back(static_cast<std::int64_t>(i));
    }
    return samples;
}

}  // namespace dinoscope
