#include "engine/weights/families.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/weights/family_keys.h"

namespace dinoscope {

namespace {

using Patterns = std::vector<std::string_view>;
using Renames = std::vector<std::pair<std::string_view, std::string_view>>;

// Data-parallel training, and wrappers that keep backbone and head apart.
const Renames kWrappers{{"module.", ""}, {"backbone.", ""}};
// The last: what a state dict of transformers 5 calls so has the older name in the files that it saves
// itself.
const Renames kTransformers{{"vit.", ""},
                            {"deit.", ""},
                            {"dinov2.", ""},
                            {"dinov2_with_registers.", ""},
                            {"dinov3_vit.", ""},
                            {"model.", ""},
                            {"layers.", "encoder.layer."}};
const Patterns kAnywhere{"", "teacher", "student", "model", "state_dict"};
const Patterns kTop{"", "model", "state_dict"};
const Patterns kVit{"patch_embed.proj.weight", "blocks.#.attn.qkv.weight"};
const Patterns kResNet{"conv1.weight", "layer1.#.conv1.weight"};
const Patterns kHeads{"head.mlp.*", "head.last_layer.*", "head.last_layer2.*", "head.mlp2.*"};
const Patterns kDinov2Extras{"mask_token", "dino_head.*", "ibot_head.*"};

// Networks whose heads are not 64 channels wide (timm; MAE's and DINOv2's papers).
const std::vector<HeadCount> kTimmHeads{{1152, {16}}, {1280, {16}}, {1408, {16}}, {1664, {16}}};
const VitTraits kReference{};
const VitTraits kTimm{.positions = PositionRule::Antialiased, .heads = kTimmHeads};
const VitTraits kRotary{.positions = PositionRule::Rotary, .epsilon = 1e-5, .heads = {{4096, {32}}}};

Patterns with(Patterns patterns, const Patterns& more) {
    patterns.insert(patterns.end(), more.begin(), more.end());
    return patterns;
}

Family refused(std::string_view name, Patterns required, Patterns groups = kAnywhere) {
    return {.name = name, .groups = std::move(groups), .renames = kWrappers, .required = std::move(required)};
}

void add(std::vector<Family>& all, std::vector<Family> more) {
    all.insert(all.end(), more.begin(), more.end());
}

/// The rules for networks whose MLP is not SwiGLU: some name the same tensor for both.
KeyRules withoutSwiGlu(KeyRules rules) {
    std::erase_if(rules, [](const KeyRule& rule) { return rule.when == KeyRule::When::SwiGlu; });
    return rules;
}

std::vector<Family> dinov3Families() {
    Family gated{.name = "DINOv3 (transformers)",
                 .readable = true,
                 .groups = kTop,
                 .renames = kTransformers,
                 .keys = transformersDinov3Keys(),
                 .required = {"embeddings.register_tokens", "layer.#.attention.q_proj.weight",
                              "layer.#.mlp.gate_proj.weight"},
                 .certain = {"layer.#.attention.q_proj.weight"},
                 .ignored = {"embeddings.mask_token", "rope_embeddings.*"},
                 .traits = kRotary,
                 .hasConfig = true};
    Family plain = gated;
    plain.keys = withoutSwiGlu(gated.keys);
    plain.required.pop_back();
    return {
        {.name = "DINOv3",
         .readable = true,
         .groups = {"teacher", "student", "model_ema", "", "model", "state_dict"},
         .renames = kWrappers,
         .keys = dinov3Keys(),
         .required = with(kVit, {"rope_embed.periods"}),
         .certain = {"rope_embed.periods"},
         .ignored = with(kDinov2Extras, {"local_cls_norm.*", "gram_*"}),
         .traits = kRotary},
        {.name = "DINOv3 (timm)",
         .readable = true,
         .groups = kTop,
         .renames = kWrappers,
         .keys = timmDinov3Keys(),
         .required = with(kVit, {"blocks.#.gamma_1", "reg_token"}),
         .forbidden = {"pos_embed", "fc_norm.*", "attn_pool.*"},
         .certain = {"reg_token"},
         .traits = kRotary},
        gated,
        plain,
        refused("EVA or BEiT", {"blocks.#.gamma_1"}),
    };
}

std::vector<Family> dinov2Families() {
    const VitTraits antialiased{.positions = PositionRule::Antialiased};
    Family official{.name = "DINOv2",
                    .readable = true,
                    .groups = {"teacher", "student", "", "model", "state_dict"},
                    .renames = kWrappers,
                    .keys = dinov2Keys(),
                    .required = with(kVit, {"mask_token", "blocks.#.ls1.gamma"}),
                    .forbidden = {"head.weight"},
                    .certain = {"mask_token"},
                    .ignored = kDinov2Extras};
    Family registers = official;
    registers.name = "DINOv2 with registers";
    registers.required = with(kVit, {"register_tokens", "blocks.#.ls1.gamma"});
    registers.certain = {"register_tokens"};
    registers.traits = antialiased;
    // Blocks in chunks, for FSDP; the second number counts through.
    Family chunked = official;
    chunked.required = {"patch_embed.proj.weight", "blocks.#.#.ls1.gamma"};
    chunked.keys = {{"blocks.~.#.mlp.w12.*", "blocks.#.mlp.fc1.*"},
                    {"blocks.~.#.mlp.w3.*", "blocks.#.mlp.fc2.*"},
                    {"blocks.~.#.*", "blocks.#.*"}};
    chunked.forbidden = {"register_tokens"};
    Family chunkedRegisters = chunked;
    chunkedRegisters.name = registers.name;
    chunkedRegisters.required.push_back("register_tokens");
    chunkedRegisters.forbidden = {};
    chunkedRegisters.traits = antialiased;
    Family timm{.name = "DINOv2 (timm)",
                .readable = true,
                .groups = kTop,
                .renames = kWrappers,
                .keys = timmKeys(),
                .required = with(kVit, {"blocks.#.ls1.gamma"}),
                .forbidden = {"head.weight", "mask_token", "fc_norm.*", "attn_pool.*", "norm_pre.*"},
                .traits = antialiased};
    Family timmRegisters = timm;
    timmRegisters.name = "DINOv2 with registers (timm)";
    timmRegisters.required.push_back("reg_token");
    timmRegisters.certain = {"reg_token"};
    Family transformers{
        .name = "DINOv2 (transformers)",
        .readable = true,
        .groups = kTop,
        .renames = kTransformers,
        .keys = transformersDinov2Keys(),
        .required = {"embeddings.patch_embeddings.projection.weight", "encoder.layer.#.layer_scale1.lambda1"},
        .forbidden = {"embeddings.register_tokens"},
        .certain = {"encoder.layer.#.layer_scale1.lambda1"},
        .ignored = {"embeddings.mask_token"},
        .traits = {.positions = PositionRule::Bicubic},
        .hasConfig = true};
    Family transformersRegisters = transformers;
    transformersRegisters.name = "DINOv2 with registers (transformers)";
    transformersRegisters.required.push_back("embeddings.register_tokens");
    transformersRegisters.forbidden = {};
    transformersRegisters.traits = antialiased;
    return {registers,     official, chunkedRegisters,      chunked,
            timmRegisters, timm,     transformersRegisters, transformers};
}

/// What wraps or pools in ways that are not computed here.
std::vector<Family> refusedFamilies() {
    return {
        refused("a ViT with attention pooling (SigLIP and its like)", {"attn_pool.*"}),
        refused("a ViT with attention pooling (SigLIP and its like)", {"*vision_model.head.*"}),
        refused("a ViT that averages its patches (fc_norm)", {"fc_norm.*"}),
        refused("CLIP", {"norm_pre.*"}),
        refused("CLIP", {"*visual.transformer.resblocks.#.*"}),
        refused("CLIP", {"*vision_model.encoder.layers.#.*"}),
        refused("BEiT (transformers)", {"*encoder.layer.#.lambda_1"}),
        refused("BEiT (transformers)", {"*layers.#.lambda_1"}),
        refused("XCiT", {"cls_attn_blocks.*"}),
        refused("Swin Transformer", {"layers.#.blocks.#.attn.relative_position_bias_table"}),
        refused("a ViT with a convolutional stem", {"patch_embed.proj.#.weight"}),
    };
}

std::vector<Family> mocoFamilies() {
    // 12 heads in the small network too (moco-v3, vits.py).
    const VitTraits traits{.positions = PositionRule::Bicubic, .heads = {{384, {12}}, {768, {12}}}};
    const auto family = [&](std::string_view encoder, Network network, KeyRules keys, Patterns required,
                            Patterns ignored) {
        ignored.insert(ignored.end(), {"predictor.*", "queue*"});
        return Family{.name = "MoCo v3",
                      .network = network,
                      .readable = true,
                      .groups = {"state_dict", "", "model"},
                      .encoder = encoder,
                      .renames = {{"module.", ""}},
                      .keys = std::move(keys),
                      .required = required,
                      .certain = std::move(required),
                      .ignored = std::move(ignored),
                      .traits = traits};
    };
    const KeyRules base{{"base_encoder.*", "*"}};
    const KeyRules momentum{{"momentum_encoder.*", "*"}};
    const Patterns besideBase{"base_encoder.head.*", "base_encoder.fc.*", "momentum_encoder.*"};
    const Patterns besideMomentum{"momentum_encoder.head.*", "momentum_encoder.fc.*", "base_encoder.*"};
    return {
        refused("MoCo v3 with a convolutional stem", {"base_encoder.patch_embed.proj.#.weight"}),
        family("base_encoder", Network::VisionTransformer, base,
               {"base_encoder.patch_embed.proj.weight", "base_encoder.blocks.#.attn.qkv.weight"}, besideBase),
        family("momentum_encoder", Network::VisionTransformer, momentum,
               {"momentum_encoder.patch_embed.proj.weight", "momentum_encoder.blocks.#.attn.qkv.weight"},
               besideMomentum),
        family("base_encoder", Network::ResNet50, base, {"base_encoder.layer1.#.conv1.weight"}, besideBase),
        family("momentum_encoder", Network::ResNet50, momentum, {"momentum_encoder.layer1.#.conv1.weight"},
               besideMomentum),
    };
}

std::vector<Family> plainFamilies() {
    return {
        {.name = "MAE",
         .readable = true,
         .groups = {"model", "", "state_dict"},
         .renames = kWrappers,
         .required = with(kVit, {"decoder_embed.weight"}),
         .certain = {"decoder_embed.weight"},
         .ignored = {"mask_token", "decoder_*"},
         .traits = {.positions = PositionRule::Bicubic, .heads = kTimmHeads}},
        {.name = "iBOT",
         .readable = true,
         .groups = {"state_dict", ""},
         .renames = kWrappers,
         .required = with(kVit, {"masked_embed"}),
         .certain = {"masked_embed"},
         .ignored = with(kHeads, {"masked_embed"})},
        {.name = "iBOT",
         .readable = true,
         .groups = {"teacher", "student"},
         .renames = kWrappers,
         .required = with(kVit, {"head.last_layer2.*"}),
         .certain = {"head.last_layer2.*"},
         .ignored = with(kHeads, {"masked_embed"})},
        // The supervised baseline of dino train, which has its positions from the reference.
        {.name = "supervised ViT",
         .readable = true,
         .groups = {"teacher", "student"},
         .renames = kWrappers,
         .required = with(kVit, {"head.weight"})},
        // MoCo v3's linear probes look like that as well, and their small network has 12 heads.
        {.name = "supervised ViT (MoCo v3's probe or timm)",
         .readable = true,
         .groups = {"state_dict"},
         .renames = {{"module.", "module:"}},
         .keys = {{"module:*", "*"}},
         .required = {"module:patch_embed.proj.weight", "module:head.weight", "module:cls_token"},
         .forbidden = {"module:blocks.#.ls1.gamma", "module:dist_token", "module:fc_norm.*"},
         .traits = {.positions = PositionRule::Antialiased, .heads = {{384, {6, 12}}}}},
        {.name = "DeiT",
         .readable = true,
         .groups = kTop,
         .renames = kWrappers,
         .required = with(kVit, {"dist_token"}),
         .certain = {"dist_token"},
         .ignored = {"head_dist.*"},
         .traits = kTimm},
        {.name = "supervised ViT (DeiT, timm)",
         .readable = true,
         .groups = kTop,
         .renames = kWrappers,
         .keys = timmKeys(),
         .required = with(kVit, {"head.weight", "cls_token"}),
         .ignored = {"pre_logits.*"},
         .traits = kTimm},
        refused("a ViT without [CLS]", with(kVit, {"head.weight"})),
        {.name = "MAE (transformers)",
         .readable = true,
         .groups = kTop,
         .renames = kTransformers,
         .keys = transformersVitKeys(),
         .required = {"embeddings.patch_embeddings.projection.weight",
                      "encoder.layer.#.layernorm_before.weight", "embeddings.cls_token",
                      "decoder.decoder_embed.weight"},
         .certain = {"decoder.decoder_embed.weight"},
         .ignored = {"decoder.*"},
         .traits = {.positions = PositionRule::Bicubic, .epsilon = 1e-12, .heads = kTimmHeads},
         .hasConfig = true},
        {.name = "ViT (transformers)",
         .readable = true,
         .groups = kTop,
         .renames = kTransformers,
         .keys = transformersVitKeys(),
         .required = {"embeddings.patch_embeddings.projection.weight",
                      "encoder.layer.#.layernorm_before.weight", "embeddings.cls_token"},
         .certain = {"encoder.layer.#.layernorm_before.weight"},
         .ignored = {"embeddings.mask_token", "pooler.*", "distillation_classifier.*"},
         .traits = {.positions = PositionRule::Bicubic, .epsilon = 1e-12, .heads = kTimmHeads},
         .hasConfig = true},
        refused("another model of transformers", {"*embeddings.patch_embeddings.projection.weight"}),
        // MAE's encoder files name and wrap their tensors as many wrap DINO's, but their positions are fixed.
        // iBOT's wrap them so as well.
        {.name = "MAE",
         .readable = true,
         .groups = {"model"},
         .renames = kWrappers,
         .required = kVit,
         .zeroClsPosition = true,
         .ignored = {"mask_token"},
         .traits = {.positions = PositionRule::Bicubic, .heads = kTimmHeads}},
        {.name = "iBOT", .readable = true, .groups = {"state_dict"}, .renames = kWrappers, .required = kVit},
    };
}

std::vector<Family> resNetFamilies() {
    const Family dino{.name = "DINO",
                      .network = Network::ResNet50,
                      .readable = true,
                      .groups = {"teacher", "student", "", "state_dict"},
                      .renames = kWrappers,
                      .required = kResNet,
                      .forbidden = {"fc.weight"},
                      .certain = {"head.last_layer.*"},
                      .ignored = {"head.mlp.*", "head.last_layer.*"}};
    Family supervised = dino;
    supervised.name = "supervised ResNet (torchvision)";
    supervised.groups = kAnywhere;
    supervised.keys = torchvisionResNetKeys();
    supervised.required = with(kResNet, {"fc.weight"});
    supervised.forbidden = {};
    supervised.certain = {"fc.weight"};
    supervised.ignored = {};
    return {supervised, dino};
}

std::vector<Family> makeFamilies() {
    // The marked ones come before the plain ViT whose names they contain.
    std::vector<Family> all = mocoFamilies();
    add(all, refusedFamilies());
    add(all, dinov3Families());
    add(all, dinov2Families());
    add(all, plainFamilies());
    add(all, resNetFamilies());
    add(all, {{.name = "DINO",
               .readable = true,
               .groups = {"teacher", "student", "", "model"},
               .renames = kWrappers,
               .required = kVit,
               .forbidden = {"masked_embed"},
               .certain = {"head.last_layer.*"},
               .ignored = {"head.mlp.*", "head.last_layer.*"},
               .traits = kReference},
              // With a head for both tasks only the student is marked, and the teacher's place is before it.
              {.name = "iBOT",
               .readable = true,
               .groups = {"student"},
               .renames = kWrappers,
               .required = with(kVit, {"masked_embed"}),
               .certain = {"masked_embed"},
               .ignored = with(kHeads, {"masked_embed"})},
              {.name = "DINO linear probe",
               .network = Network::LinearClassifier,
               .readable = true,
               .groups = {"state_dict", ""},
               .renames = kWrappers,
               .required = {"linear.weight", "linear.bias"},
               .certain = {"linear.weight"}}});
    return all;
}

bool isDigit(char character) {
    return character >= '0' && character <= '9';
}

/// Takes a number off the front of `text`; empty where there is none.
std::string_view takeNumber(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && isDigit(text[length]))
        ++length;
    const std::string_view number = text.substr(0, length);
    text.remove_prefix(length);
    return number;
}

/// `name`, which `from` must match, in terms of `to`; nothing where it does not match.
std::optional<std::string> translate(std::string_view from, std::string_view to, std::string_view name) {
    std::vector<std::string_view> numbers;
    std::string_view rest;
    bool open = false;
    for (; !from.empty() && !open; from.remove_prefix(1)) {
        if (from[0] == '*') {
            rest = std::exchange(name, {});
            open = true;
        } else if (from[0] == '#' || from[0] == '~') {
            const std::string_view number = takeNumber(name);
            if (number.empty()) return std::nullopt;
            if (from[0] == '#') numbers.push_back(number);
        } else if (name.empty() || name[0] != from[0]) {
            return std::nullopt;
        } else {
            name.remove_prefix(1);
        }
    }
    if (!name.empty()) return std::nullopt;
    std::string result;
    std::size_t used = 0;
    for (const char letter : to) {
        if (letter == '*') {
            result += rest;
        } else if (letter == '#' && used < numbers.size()) {
            result += numbers[used++];
        } else if (letter == '~') {
            result += '0';
        } else {
            result += letter;
        }
    }
    return result;
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

std::string renamed(const Family& family, std::string_view name) {
    std::string result(name);
    for (const auto& [from, to] : family.renames) {
        if (std::string_view(result).starts_with(from)) result.replace(0, from.size(), to);
    }
    return result;
}

ReferenceKey referenceKey(const Family& family, std::string_view name) {
    for (const KeyRule& rule : family.keys) {
        if (auto found = translate(rule.from, rule.to, name)) {
            return {std::move(*found), rule.part, rule.parts};
        }
    }
    return {std::string(name), 0, 1};
}

std::vector<ReferenceKey> namesInFile(const Family& family, std::string_view reference, bool swiGlu) {
    std::vector<ReferenceKey> found;
    for (const KeyRule& rule : family.keys) {
        const bool applies =
            rule.when == KeyRule::When::Always || (rule.when == KeyRule::When::SwiGlu) == swiGlu;
        if (!applies) continue;
        auto name = translate(rule.to, rule.from, reference);
        if (!name) continue;
        const bool first = std::none_of(found.begin(), found.end(), [&](const ReferenceKey& key) {
            return key.part == rule.part || key.parts != rule.parts;
        });
        if (first) found.push_back({std::move(*name), rule.part, rule.parts});
    }
    if (found.empty()) found.push_back({std::string(reference), 0, 1});
    return found;
}

}  // namespace dinoscope
