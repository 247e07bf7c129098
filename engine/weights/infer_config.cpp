#include "engine/weights/infer_config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "engine/nn/resnet_shapes.h"

namespace dinoscope {

namespace {

using Shape = std::vector<std::int64_t>;

// Far above any network there is; they keep products of sizes from a hostile file small.
constexpr std::int64_t kMostDim = 65'536;
constexpr std::int64_t kMostHidden = std::int64_t{16} * kMostDim;
constexpr std::int64_t kMostPatch = 1'024;
constexpr std::int64_t kMostGrid = 4'096;
constexpr int kMostDepth = 1'000;
constexpr std::int64_t kMostRegisters = 1'024;

const Shape* find(const KeyShapes& keys, std::string_view name, std::size_t dimensions) {
    const auto found = keys.find(name);
    return found != keys.end() && found->second.size() == dimensions ? &found->second : nullptr;
}

/// `value` if it is between 1 and `most`, else 0.
int within(std::int64_t value, std::int64_t most) {
    return value >= 1 && value <= most ? static_cast<int>(value) : 0;
}

/// The square root of `count` where it is whole, else 0.
int squareRoot(std::int64_t count) {
    if (count < 1 || count > kMostGrid * kMostGrid) return 0;
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(count))));
    return side * side == count ? static_cast<int>(side) : 0;
}

/// Grid and rows before it of a position embedding; a grid that no square fits is 0.
void readPositions(const KeyShapes& keys, VitConfig& config) {
    config.imageSize = 0;
    const Shape* position = find(keys, "pos_embed", 3);
    if (!position) return;
    for (const bool classPosition : {true, false}) {
        config.classPosition = classPosition;
        config.imageSize = squareRoot((*position)[1] - config.prefixPositions()) * config.patchSize;
        if (config.imageSize > 0) return;
    }
    config.classPosition = true;
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
        if (entry->first.ends_with(".attn.qkv.bias_mask")) config.qkvBiasMask = true;
        if (entry->first.ends_with(".ls1.gamma")) config.layerScale = true;
    }
}

void readMlp(const KeyShapes& keys, VitConfig& config) {
    const Shape* first = find(keys, "blocks.0.mlp.fc1.weight", 2);
    const Shape* second = find(keys, "blocks.0.mlp.fc2.weight", 2);
    config.mlpDim = first ? within((*first)[0], kMostHidden) : 4 * config.dim;
    // SwiGLU's two halves lie in one tensor, of which the second layer sees the product.
    config.swiGlu =
        first && second && within((*second)[1], kMostHidden) > 0 && (*first)[0] == 2 * (*second)[1];
    if (config.swiGlu) config.mlpDim /= 2;
}

}  // namespace

VitConfig inferVitConfig(const KeyShapes& keys, const VitTraits& traits) {
    VitConfig config;
    config.positions = traits.positions;
    config.layerNormEpsilon = traits.epsilon;
    const Shape* patch = find(keys, "patch_embed.proj.weight", 4);
    config.dim = patch ? within((*patch)[0], kMostDim) : 0;
    config.patchSize = patch ? within((*patch)[3], kMostPatch) : 0;
    config.heads = 0;
    readBlocks(keys, config);
    readMlp(keys, config);
    config.distillationToken = keys.contains("dist_token");
    const Shape* registers = find(keys, "register_tokens", 3);
    config.registers = registers ? within((*registers)[1], kMostRegisters) : 0;
    readPositions(keys, config);
    const Shape* periods = find(keys, "rope_embed.periods", 1);
    config.ropePeriods = periods != nullptr;
    const int quarter = periods ? within((*periods)[0], kMostDim) : 0;
    if (quarter > 0 && config.dim % (4 * quarter) == 0) config.heads = config.dim / (4 * quarter);
    return config;
}

bool isOtherResNet(const KeyShapes& keys) {
    const auto known = expectedResNet50Shapes();
    // Wider blocks, or grouped ones (ResNeXt).
    const Shape* inner = find(keys, "layer1.0.conv2.weight", 4);
    if (inner && *inner != known.at("layer1.0.conv2.weight")) return true;
    bool threeConvolutions = false;
    for (const auto& [name, shape] : keys) {
        if (!name.starts_with("layer")) continue;
        // More blocks (ResNet-101, 152, 200).
        if (name.ends_with(".conv1.weight") && !known.contains(name)) return true;
        threeConvolutions = threeConvolutions || name.ends_with(".conv3.weight");
    }
    // ResNet-18 and 34 have two in a block.
    return !threeConvolutions;
}

std::string architectureName(const VitConfig& config) {
    struct Known {
        const char* name;
        int dim;
        int depth;
        bool swiGlu;
    };
    static constexpr Known kKnown[]{
        {"vit_tiny", 192, 12, false},   {"vit_small", 384, 12, false},     {"vit_small_plus", 384, 12, true},
        {"vit_base", 768, 12, false},   {"vit_large", 1024, 24, false},    {"vit_so400m", 1152, 27, false},
        {"vit_huge", 1280, 32, false},  {"vit_huge_plus", 1280, 32, true}, {"vit_giant", 1408, 40, false},
        {"vit_giant2", 1536, 40, true}, {"vit_gigantic", 1664, 48, false}, {"vit_7b", 4096, 40, true},
    };
    for (const Known& known : kKnown) {
        if (known.dim == config.dim && known.depth == config.depth && known.swiGlu == config.swiGlu) {
            return known.name;
        }
    }
    return "vit_" + std::to_string(config.dim) + "x" + std::to_string(config.depth);
}

}  // namespace dinoscope
