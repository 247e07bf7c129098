#include "engine/nn/vit_config.h"

#include "engine/base/error.h"

namespace dinoscope {

VitConfig VitConfig::byName(const std::string& architecture, int patchSize) {
    struct Shape {
        int dim;
        int depth;
        int heads;
    };
    static const std::map<std::string, Shape> kShapes{{"vit_tiny", {192, 12, 3}},
                                                      {"vit_small", {384, 12, 6}},
                                                      {"vit_base", {768, 12, 12}},
                                                      {"vit_large", {1024, 24, 16}}};
    const auto found = kShapes.find(architecture);
    if (found == kShapes.end()) {
        throw UsageError("'" + architecture + "' is not known", "--arch",
                         "give vit_tiny, vit_small, vit_base or vit_large");
    }
    const Shape& shape = found->second;
    VitConfig config;
    config.dim = shape.dim;
    config.depth = shape.depth;
    config.heads = shape.heads;
    config.patchSize = patchSize;
    // Positions are learnt on whole patches: 224 where the patch divides it, else the next multiple below.
    config.imageSize = 224 / patchSize * patchSize;
    config.mlpDim = 4 * shape.dim;
    return config;
}

std::map<std::string, std::vector<std::int64_t>> expectedShapes(const VitConfig& config) {
    const std::int64_t dim = config.dim;
    const std::int64_t positions =
        std::int64_t(config.gridSide()) * config.gridSide() + config.prefixPositions();
    std::map<std::string, std::vector<std::int64_t>> shapes{
        {"cls_token", {1, 1, dim}},
        {"patch_embed.proj.weight", {dim, 3, config.patchSize, config.patchSize}},
        {"patch_embed.proj.bias", {dim}},
        {"norm.weight", {dim}},
        {"norm.bias", {dim}}};
    if (config.learntPositions()) shapes["pos_embed"] = {1, positions, dim};
    if (config.distillationToken) shapes["dist_token"] = {1, 1, dim};
    if (config.registers > 0) shapes["register_tokens"] = {1, config.registers, dim};
    if (config.ropePeriods) shapes["rope_embed.periods"] = {config.headDim() / 4};
    const auto addLinear = [&shapes](const std::string& name, std::int64_t out, std::int64_t in, bool bias) {
        shapes[name + ".weight"] = {out, in};
        if (bias) shapes[name + ".bias"] = {out};
    };
    for (int i = 0; i < config.depth; ++i) {
        const std::string block = "blocks." + std::to_string(i) + ".";
        for (const char* norm : {"norm1", "norm2"}) {
            shapes[block + norm + ".weight"] = {dim};
            shapes[block + norm + ".bias"] = {dim};
        }
        addLinear(block + "attn.qkv", 3 * dim, dim, config.qkvBias);
        if (config.qkvBiasMask) shapes[block + "attn.qkv.bias_mask"] = {3 * dim};
        addLinear(block + "attn.proj", dim, dim, true);
        if (config.layerScale) shapes[block + "ls1.gamma"] = shapes[block + "ls2.gamma"] = {dim};
        addLinear(block + "mlp.fc1", (config.swiGlu ? 2 : 1) * config.mlpDim, dim, true);
        addLinear(block + "mlp.fc2", dim, config.mlpDim, true);
    }
    return shapes;
}

}  // namespace dinoscope
