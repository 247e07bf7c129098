#include "engine/weights/infer_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace dinoscope {

namespace {

using Shape = std::vector<std::int64_t>;

// Far above any network there is; they keep products of sizes from a hostile file small.
constexpr std::int64_t kMostDim = 65'536;
constexpr std::int64_t kMostHidden = std::int64_t{16} * kMostDim;
constexpr std::int64_t kMostPatch = 1'024;
constexpr std::int64_t kMostGrid = 4'096;
constexpr int kMostDepth = 1'000;

const Shape* find(const KeyShapes& keys, std::string_view name, std::size_t dimensions) {
    const auto found = keys.find(name);
    return found != keys.end() && found->second.size() == dimensions ? &found->second : nullptr;
}

/// `value` if it is between 1 and `most`, else 0.
int within(std::int64_t value, std::int64_t most) {
    return value >= 1 && value <= most ? static_cast<int>(value) : 0;
}

/// Grid side of a position embedding for side * side patches and [CLS], or 0.
int gridSide(std::int64_t positions) {
    if (positions < 2 || positions > kMostGrid * kMostGrid + 1) return 0;
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(positions - 1))));
    return side * side == positions - 1 ? static_cast<int>(side) : 0;
}

/// Blocks are numbered from 0; gaps show up as missing tensors.
void readBlocks(const KeyShapes& keys, VitConfig& config) {
    constexpr std::string_view kPrefix = "blocks.";
    config.depth = 0;
    config.qkvBias = false;
    for (auto entry = keys.lower_bound(kPrefix); entry != keys.end() && entry->first.starts_with(kPrefix);
         ++entry) {
        const char* start = entry->first.data() + kPrefix.size();
        const char* end = entry->first.data() + entry->first.size();
        int index = 0;
        const auto result = std::from_chars(start, end, index);
        if (result.ec != std::errc() || result.ptr == end || *result.ptr != '.') continue;
        if (index >= 0 && index < kMostDepth) config.depth = std::max(config.depth, index + 1);
        if (entry->first.ends_with(".attn.qkv.bias")) config.qkvBias = true;
    }
}

}  // namespace

VitConfig inferVitConfig(const KeyShapes& keys) {
    VitConfig config;
    const Shape* patch = find(keys, "patch_embed.proj.weight", 4);
    config.dim = patch ? within((*patch)[0], kMostDim) : 0;
    config.patchSize = patch ? within((*patch)[3], kMostPatch) : 0;
    config.heads = 0;
    readBlocks(keys, config);
    const Shape* position = find(keys, "pos_embed", 3);
    config.imageSize = position ? gridSide((*position)[1]) * config.patchSize : 0;
    const Shape* hidden = find(keys, "blocks.0.mlp.fc1.weight", 2);
    config.mlpDim = hidden ? within((*hidden)[0], kMostHidden) : 4 * config.dim;
    return config;
}

std::string architectureName(const VitConfig& config) {
    for (const char* name : {"vit_tiny", "vit_small", "vit_base", "vit_large"}) {
        const VitConfig known = VitConfig::byName(name, config.patchSize > 0 ? config.patchSize : 16);
        if (known.dim == config.dim && known.depth == config.depth) return name;
    }
    return "vit_" + std::to_string(config.dim) + "x" + std::to_string(config.depth);
}

}  // namespace dinoscope
