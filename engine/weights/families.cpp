#include "engine/weights/families.h"

namespace dinoscope {

namespace {

using Patterns = std::vector<std::string_view>;
using Renames = std::vector<std::pair<std::string_view, std::string_view>>;

// Data-parallel training, and wrappers that keep backbone and head apart.
const Renames kWrappers{{"module.", ""}, {"backbone.", ""}};
const Patterns kAnywhere{"", "teacher", "student", "model", "state_dict"};
const Patterns kVit{"patch_embed.proj.weight", "blocks.#.attn.qkv.weight"};

Patterns with(Patterns patterns, std::initializer_list<std::string_view> more) {
    patterns.insert(patterns.end(), more);
    return patterns;
}

Family refused(std::string_view name, Patterns required, Patterns groups = kAnywhere) {
    return {.name = name, .groups = std::move(groups), .renames = kWrappers, .required = std::move(required)};
}

std::vector<Family> makeFamilies() {
    return {
        // The marked ones come before the plain ViT whose names they contain.
        refused("DINOv3", {"rope_embed.periods"}),
        refused("DINOv3", {"storage_tokens"}),
        refused("DINOv2 with registers", {"register_tokens"}),
        refused("DINOv2 with registers", {"reg_token", "blocks.#.ls1.gamma"}),
        refused("DINOv2", {"mask_token", "blocks.*ls1.gamma"}),
        refused("DINOv2", {"blocks.#.ls1.gamma"}),
        refused("DINOv2", {"blocks.#.#.ls1.gamma"}),
        refused("MAE", {"decoder_embed.weight"}),
        refused("MoCo v3", {"base_encoder.*"}),
        refused("MoCo v3", {"momentum_encoder.*"}),
        refused("iBOT", {"masked_embed"}),
        refused("iBOT", {"head.last_layer2.*"}),
        refused("DeiT", {"dist_token"}),
        refused("supervised ViT (DeiT, timm)", with(kVit, {"head.weight"})),
        refused("Hugging Face ViT", {"*embeddings.patch_embeddings.projection.weight"}),
        refused("XCiT", {"cls_attn_blocks.*"}),
        refused("Swin Transformer", {"layers.#.blocks.#.attn.relative_position_bias_table"}),
        refused("ResNet", {"conv1.weight", "layer1.#.conv1.weight"}),
        // MAE's encoder files name their tensors as DINO's do, but wrap them so.
        refused("MAE", kVit, {"model"}),
        {.name = "DINO",
         .readable = true,
         .groups = {"teacher", "student", ""},
         .renames = kWrappers,
         .required = kVit,
         .certain = {"head.last_layer.*"},
         .ignored = {"head.mlp.*", "head.last_layer.*"}},
    };
}

bool isDigit(char character) {
    return character >= '0' && character <= '9';
}

}  // namespace

const std::vector<Family>& families() {
    static const std::vector<Family> all = makeFamilies();
    return all;
}

bool matches(std::string_view pattern, std::string_view name) {
    // Patterns are ours and short, with one `*` at most: the recursion is shallow.
    while (!pattern.empty()) {
        if (pattern[0] == '*') {
            for (std::size_t skipped = 0; skipped <= name.size(); ++skipped) {
                if (matches(pattern.substr(1), name.substr(skipped))) return true;
            }
            return false;
        }
        if (name.empty()) return false;
        if (pattern[0] == '#') {
            if (!isDigit(name[0])) return false;
            while (!name.empty() && isDigit(name[0]))
                name.remove_prefix(1);
        } else {
            if (pattern[0] != name[0]) return false;
            name.remove_prefix(1);
        }
        pattern.remove_prefix(1);
    }
    return name.empty();
}

bool matchesAny(std::span<const std::string_view> patterns, std::string_view name) {
    for (const std::string_view pattern : patterns) {
        if (matches(pattern, name)) return true;
    }
    return false;
}

std::string referenceName(const Family& family, std::string_view name) {
    std::string result(name);
    for (const auto& [from, to] : family.renames) {
        if (std::string_view(result).starts_with(from)) result.replace(0, from.size(), to);
    }
    return result;
}

}  // namespace dinoscope
