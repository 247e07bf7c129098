#include "engine/weights/family_keys.h"

namespace dinoscope {

namespace {

constexpr KeyRule::When kGelu = KeyRule::When::Gelu;
constexpr KeyRule::When kSwiGlu = KeyRule::When::SwiGlu;

/// What transformers calls alike in its encoders of ViT, DeiT and DINOv2; the projections as version 5 has
/// them in memory too.
KeyRules transformersEncoder(KeyRules more) {
    KeyRules rules{
        {"embeddings.position_embeddings", "pos_embed"},
        {"embeddings.patch_embeddings.projection.*", "patch_embed.proj.*"},
        {"embeddings.cls_token", "cls_token"},
        {"encoder.layer.#.attention.attention.query.*", "blocks.#.attn.qkv.*", 0, 3},
        {"encoder.layer.#.attention.attention.key.*", "blocks.#.attn.qkv.*", 1, 3},
        {"encoder.layer.#.attention.attention.value.*", "blocks.#.attn.qkv.*", 2, 3},
        {"encoder.layer.#.attention.output.dense.*", "blocks.#.attn.proj.*"},
        {"encoder.layer.#.attention.q_proj.*", "blocks.#.attn.qkv.*", 0, 3},
        {"encoder.layer.#.attention.k_proj.*", "blocks.#.attn.qkv.*", 1, 3},
        {"encoder.layer.#.attention.v_proj.*", "blocks.#.attn.qkv.*", 2, 3},
        {"encoder.layer.#.attention.o_proj.*", "blocks.#.attn.proj.*"},
        {"layernorm.*", "norm.*"},
        {"classifier.*", "head.*"},
    };
    rules.insert(rules.end(), more.begin(), more.end());
    return rules;
}

}  // namespace

const KeyRules& dinov2Keys() {
    static const KeyRules rules{
        {"blocks.#.mlp.w12.*", "blocks.#.mlp.fc1.*", 0, 1, kSwiGlu},
        {"blocks.#.mlp.w3.*", "blocks.#.mlp.fc2.*", 0, 1, kSwiGlu},
    };
    return rules;
}

const KeyRules& dinov3Keys() {
    static const KeyRules rules{
        {"storage_tokens", "register_tokens"},
        {"blocks.#.mlp.w1.*", "blocks.#.mlp.fc1.*", 0, 2, kSwiGlu},
        {"blocks.#.mlp.w2.*", "blocks.#.mlp.fc1.*", 1, 2, kSwiGlu},
        {"blocks.#.mlp.w3.*", "blocks.#.mlp.fc2.*", 0, 1, kSwiGlu},
    };
    return rules;
}

const KeyRules& timmKeys() {
    static const KeyRules rules{{"reg_token", "register_tokens"}};
    return rules;
}

const KeyRules& timmDinov3Keys() {
    static const KeyRules rules{
        {"reg_token", "register_tokens"},
        {"blocks.#.gamma_1", "blocks.#.ls1.gamma"},
        {"blocks.#.gamma_2", "blocks.#.ls2.gamma"},
        {"blocks.#.attn.q_bias", "blocks.#.attn.qkv.bias", 0, 3},
        {"blocks.#.attn.v_bias", "blocks.#.attn.qkv.bias", 2, 3},
        {"blocks.#.mlp.fc1_g.*", "blocks.#.mlp.fc1.*", 0, 2, kSwiGlu},
        {"blocks.#.mlp.fc1_x.*", "blocks.#.mlp.fc1.*", 1, 2, kSwiGlu},
    };
    return rules;
}

const KeyRules& transformersVitKeys() {
    static const KeyRules rules = transformersEncoder({
        {"embeddings.distillation_token", "dist_token"},
        {"encoder.layer.#.layernorm_before.*", "blocks.#.norm1.*"},
        {"encoder.layer.#.layernorm_after.*", "blocks.#.norm2.*"},
        {"encoder.layer.#.intermediate.dense.*", "blocks.#.mlp.fc1.*"},
        {"encoder.layer.#.output.dense.*", "blocks.#.mlp.fc2.*"},
        {"encoder.layer.#.mlp.*", "blocks.#.mlp.*"},
        {"cls_classifier.*", "head.*"},
    });
    return rules;
}

const KeyRules& transformersDinov2Keys() {
    static const KeyRules rules = transformersEncoder({
        {"embeddings.register_tokens", "register_tokens"},
        {"encoder.layer.#.norm1.*", "blocks.#.norm1.*"},
        {"encoder.layer.#.norm2.*", "blocks.#.norm2.*"},
        {"encoder.layer.#.layer_scale1.lambda1", "blocks.#.ls1.gamma"},
        {"encoder.layer.#.layer_scale2.lambda1", "blocks.#.ls2.gamma"},
        {"encoder.layer.#.mlp.weights_in.*", "blocks.#.mlp.fc1.*", 0, 1, kSwiGlu},
        {"encoder.layer.#.mlp.weights_out.*", "blocks.#.mlp.fc2.*", 0, 1, kSwiGlu},
        {"encoder.layer.#.mlp.gate_proj.*", "blocks.#.mlp.fc1.*", 0, 2, kSwiGlu},
        {"encoder.layer.#.mlp.up_proj.*", "blocks.#.mlp.fc1.*", 1, 2, kSwiGlu},
        {"encoder.layer.#.mlp.down_proj.*", "blocks.#.mlp.fc2.*", 0, 1, kSwiGlu},
        {"encoder.layer.#.mlp.*", "blocks.#.mlp.*"},
    });
    return rules;
}

const KeyRules& transformersDinov3Keys() {
    static const KeyRules rules{
        {"embeddings.cls_token", "cls_token"},
        {"embeddings.register_tokens", "register_tokens"},
        {"embeddings.patch_embeddings.*", "patch_embed.proj.*"},
        {"layer.#.attention.q_proj.*", "blocks.#.attn.qkv.*", 0, 3},
        {"layer.#.attention.k_proj.*", "blocks.#.attn.qkv.*", 1, 3},
        {"layer.#.attention.v_proj.*", "blocks.#.attn.qkv.*", 2, 3},
        {"layer.#.attention.o_proj.*", "blocks.#.attn.proj.*"},
        {"layer.#.norm1.*", "blocks.#.norm1.*"},
        {"layer.#.norm2.*", "blocks.#.norm2.*"},
        {"layer.#.layer_scale1.lambda1", "blocks.#.ls1.gamma"},
        {"layer.#.layer_scale2.lambda1", "blocks.#.ls2.gamma"},
        {"layer.#.mlp.gate_proj.*", "blocks.#.mlp.fc1.*", 0, 2, kSwiGlu},
        {"layer.#.mlp.up_proj.*", "blocks.#.mlp.fc1.*", 1, 2, kSwiGlu},
        {"layer.#.mlp.up_proj.*", "blocks.#.mlp.fc1.*", 0, 1, kGelu},
        {"layer.#.mlp.down_proj.*", "blocks.#.mlp.fc2.*"},
    };
    return rules;
}

const KeyRules& torchvisionResNetKeys() {
    static const KeyRules rules{{"fc.*", "head.*"}};
    return rules;
}

}  // namespace dinoscope
