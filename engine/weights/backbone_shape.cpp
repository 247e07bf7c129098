#include "engine/weights/backbone_shape.h"

#include <array>
#include <charconv>
#include <cmath>

namespace dinoscope {

namespace {

using Shape = std::vector<std::int64_t>;

// Far above any network there is; they keep products of sizes from a hostile file small.
constexpr std::int64_t kMostDim = 65'536;
constexpr std::int64_t kMostPatch = 1'024;
constexpr std::int64_t kMostGrid = 4'096;
constexpr int kMostDepth = 1'000;
constexpr std::int64_t kMostRatio = 64;
constexpr std::int64_t kColours = 3;

struct Architecture {
    const char* name;
    int dim;
    int depth;
};

// vit_large is ViT-L of Dosovitskiy et al., table 1; the others are the reference's.
constexpr std::array kArchitectures{Architecture{"vit_tiny", 192, 12}, Architecture{"vit_small", 384, 12},
                                    Architecture{"vit_base", 768, 12}, Architecture{"vit_large", 1024, 24}};

const Shape* find(const KeyShapes& keys, std::string_view name, std::size_t dimensions) {
    const auto found = keys.find(name);
    return found != keys.end() && found->second.size() == dimensions ? &found->second : nullptr;
}

/// `value` if it is between 1 and `most`, else 0.
int within(std::int64_t value, std::int64_t most) {
    return value >= 1 && value <= most ? static_cast<int>(value) : 0;
}

int depthOf(const KeyShapes& keys) {
    constexpr std::string_view kPrefix = "blocks.";
    int depth = 0;
    for (auto entry = keys.lower_bound(kPrefix); entry != keys.end() && entry->first.starts_with(kPrefix);
         ++entry) {
        const char* start = entry->first.data() + kPrefix.size();
        const char* end = entry->first.data() + entry->first.size();
        int index = 0;
        const auto result = std::from_chars(start, end, index);
        if (result.ec != std::errc() || result.ptr == end || *result.ptr != '.') continue;
        if (index >= 0 && index < kMostDepth) depth = std::max(depth, index + 1);
    }
    return depth;
}

}  // namespace

BackboneShape inferVitShape(const KeyShapes& keys) {
    BackboneShape shape;
    if (const Shape* patch = find(keys, "patch_embed.proj.weight", 4)) {
        shape.dim = within((*patch)[0], kMostDim);
        shape.patchSize = within((*patch)[3], kMostPatch);
    }
    shape.depth = depthOf(keys);
    if (const Shape* position = find(keys, "pos_embed", 3)) {
        const std::int64_t patches = (*position)[1] - 1;
        const auto side = static_cast<std::int64_t>(
            std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(patches, 0)))));
        if (within(side, kMostGrid) && side * side == patches) {
            shape.imageSize = static_cast<int>(side) * shape.patchSize;
        }
    }
    const Shape* hidden = find(keys, "blocks.0.mlp.fc1.weight", 2);
    if (hidden && shape.dim > 0 && (*hidden)[0] % shape.dim == 0) {
        const int ratio = within((*hidden)[0] / shape.dim, kMostRatio);
        if (ratio > 0) shape.mlpRatio = ratio;
    }
    return shape;
}

std::vector<std::pair<std::string, Shape>> expectedVitKeys(const BackboneShape& shape) {
    const std::int64_t dim = shape.dim;
    const std::int64_t hidden = dim * shape.mlpRatio;
    const std::int64_t patch = shape.patchSize;
    const std::int64_t grid = patch > 0 ? shape.imageSize / patch : 0;
    std::vector<std::pair<std::string, Shape>> keys;
    const auto add = [&](std::string name, Shape sizes) {
        for (const std::int64_t size : sizes) {
            if (size == 0) return keys.emplace_back(std::move(name), Shape{});
        }
        return keys.emplace_back(std::move(name), std::move(sizes));
    };
    add("cls_token", {1, 1, dim});
    add("pos_embed", grid > 0 ? Shape{1, grid * grid + 1, dim} : Shape{});
    add("patch_embed.proj.weight", {dim, kColours, patch, patch});
    add("patch_embed.proj.bias", {dim});
    for (int layer = 0; layer < shape.depth; ++layer) {
        const std::string block = "blocks." + std::to_string(layer) + ".";
        add(block + "norm1.weight", {dim});
        add(block + "norm1.bias", {dim});
        add(block + "attn.qkv.weight", {3 * dim, dim});
        add(block + "attn.qkv.bias", {3 * dim});
        add(block + "attn.proj.weight", {dim, dim});
        add(block + "attn.proj.bias", {dim});
        add(block + "norm2.weight", {dim});
        add(block + "norm2.bias", {dim});
        add(block + "mlp.fc1.weight", {hidden, dim});
        add(block + "mlp.fc1.bias", {hidden});
        add(block + "mlp.fc2.weight", {dim, hidden});
        add(block + "mlp.fc2.bias", {dim});
    }
    add("norm.weight", {dim});
    add("norm.bias", {dim});
    return keys;
}

std::string architectureName(const BackboneShape& shape) {
    for (const Architecture& known : kArchitectures) {
        if (known.dim == shape.dim && known.depth == shape.depth) return known.name;
    }
    return "vit_" + std::to_string(shape.dim) + "x" + std::to_string(shape.depth);
}

const std::vector<std::string>& architectureNames() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const Architecture& known : kArchitectures)
            all.emplace_back(known.name);
        return all;
    }();
    return names;
}

}  // namespace dinoscope
