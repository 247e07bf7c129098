#!/usr/bin/env python3
"""Small checkpoints of each family, in the names and the format that the family publishes, and what an independent
implementation makes of them (needs torch, timm, transformers, safetensors). Writes beside this script, for each family
<name>.pth or <name>.safetensors (transformers: a folder <name> with model.safetensors and config.json), and
expected.safetensors, which holds for each of the sizes

  <name>.<H>x<W>.image     float32 [1, 3, H, W]
  <name>.<H>x<W>.tokens    float32 [tokens, dim], after the last norm
  <name>.<H>x<W>.layer<i>  float32 [heads, tokens, tokens], the probabilities of layer i

timm computes where it has the network, transformers what is in its own names. Off the native grid, where timm's rule is
not the family's, positions come from torch.nn.functional.interpolate as the family's own code calls it: size and
scale_factor are said at each family below.
"""
import pathlib
import shutil
from functools import partial

import timm.layers
import torch
import torch.nn as nn
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from timm.layers import SwiGLUPacked, resample_abs_pos_embed
from timm.models.deit import VisionTransformerDistilled
from timm.models.eva import Eva
from timm.models.vision_transformer import VisionTransformer

HERE = pathlib.Path(__file__).parent
PATCH, SIDE, DIM, DEPTH, HEADS, HIDDEN = 4, 4, 32, 2, 2, 48
SIZES = [(16, 16), (24, 20), (8, 36)]
expected = {}


def randomise(module, seed):
    torch.manual_seed(seed)
    for name, parameter in module.named_parameters():
        if name.endswith("weight") and parameter.ndim == 1:
            nn.init.normal_(parameter, 1.0, 0.2)
        elif "gamma" in name or "lambda1" in name:
            nn.init.normal_(parameter, 0.5, 0.3)
        elif any(part in name for part in ("qkv.weight", "query.weight", "key.weight", "q_proj.weight", "k_proj.weight")):
            nn.init.normal_(parameter, 0.0, 0.35)
        else:
            nn.init.normal_(parameter, 0.0, 0.15)
    for block in getattr(module, "blocks", []):
        block.attn.fused_attn = False
    return module.eval()


def vit(seed, network=VisionTransformer, **more):
    options = dict(img_size=SIDE * PATCH, patch_size=PATCH, embed_dim=DIM, depth=DEPTH, num_heads=HEADS,
                   mlp_ratio=HIDDEN / DIM, num_classes=0, dynamic_img_size=True)
    return randomise(network(**{**options, **more}), seed)


@torch.no_grad()
def run_timm(network, image, positions=None):
    """`positions` replaces those of the network's own rule: float32 [1, prefix + patches, dim]."""
    matrices = []
    hooks = [block.attn.attn_drop.register_forward_hook(lambda _m, _i, output: matrices.append(output))
             for block in network.blocks]
    if positions is None:
        x = network.forward_features(image)
    else:
        prefix = [network.cls_token] + ([network.dist_token] if hasattr(network, "dist_token") else [])
        patches = network.patch_embed.proj(image).flatten(2).transpose(1, 2)
        x = torch.cat(prefix + [patches], dim=1) + positions
        for block in network.blocks:
            x = block(x)
        x = network.norm(x)
    for hook in hooks:
        hook.remove()
    return x[0], [matrix[0] for matrix in matrices]


def record(name, seed, run):
    for height, width in SIZES:
        torch.manual_seed(1000 * seed + height)
        image = torch.randn(1, 3, height, width)
        tokens, matrices = run(image)
        key = f"{name}.{height}x{width}."
        expected[key + "image"] = image
        expected[key + "tokens"] = tokens.contiguous()
        for layer, matrix in enumerate(matrices):
            expected[f"{key}layer{layer}"] = matrix.contiguous()


def learnt(network, prefix=1, **how):
    """Positions by F.interpolate; offset=0.1 gives a scale_factor, else a size is given."""
    offset = how.pop("offset", None)

    def positions(image):
        rows, columns = image.shape[2] // PATCH, image.shape[3] // PATCH
        table = network.pos_embed
        if (rows, columns) == (SIDE, SIDE):
            return table
        grid = table[:, prefix:].reshape(1, SIDE, SIDE, DIM).permute(0, 3, 1, 2)
        if offset is None:
            grid = F.interpolate(grid, size=(rows, columns), mode="bicubic", align_corners=False, **how)
        else:
            grid = F.interpolate(grid, scale_factor=((rows + offset) / SIDE, (columns + offset) / SIDE), mode="bicubic")
        assert grid.shape[-2:] == (rows, columns)
        return torch.cat([table[:, :prefix], grid.permute(0, 2, 3, 1).reshape(1, rows * columns, DIM)], dim=1)

    return positions


def clone(state):
    return {name: value.clone() for name, value in state.items()}


def mae():
    network = vit(1)
    # MAE's positions are fixed, sines and cosines of the patches' places; [CLS] has none, by which its files are told.
    network.pos_embed.data[:, 0] = 0
    positions = learnt(network)
    record("mae", 1, lambda image: run_timm(network, image, positions(image)))
    state = clone(network.state_dict())
    torch.save({"model": state}, HERE / "mae_encoder.pth")
    full = dict(state, mask_token=torch.zeros(1, 1, 16), decoder_pos_embed=torch.zeros(1, 17, 16))
    for name in ("decoder_embed", "decoder_pred", "decoder_norm", "decoder_blocks.0.attn.qkv"):
        full[name + ".weight"], full[name + ".bias"] = torch.zeros(2, 2), torch.zeros(2)
    torch.save({"model": full, "epoch": 3}, HERE / "mae_pretraining.pth")


def moco():
    state = {}
    for encoder, seed in (("base_encoder", 2), ("momentum_encoder", 3)):
        network = vit(seed)
        positions = learnt(network)
        record("moco_" + encoder, seed, lambda image: run_timm(network, image, positions(image)))
        for name, value in network.state_dict().items():
            state[f"module.{encoder}.{name}"] = value.clone()
        state[f"module.{encoder}.head.0.weight"] = torch.zeros(2, DIM)
    state["module.predictor.0.weight"] = torch.zeros(2, 2)
    torch.save({"epoch": 300, "arch": "vit_small", "state_dict": state}, HERE / "moco.pth")


def ibot():
    network = vit(4)
    positions = learnt(network, offset=0.1)
    record("ibot", 4, lambda image: run_timm(network, image, positions(image)))
    state = clone(network.state_dict())
    torch.save({"state_dict": state}, HERE / "ibot_backbone.pth")
    student = {"module.backbone." + name: value + 1 for name, value in state.items()}
    student["module.backbone.masked_embed"] = torch.zeros(1, DIM)
    teacher = {"backbone." + name: value for name, value in state.items()}
    for names, prefix in ((student, "module."), (teacher, "")):
        for layer in ("head.mlp.0.weight", "head.last_layer.weight_v", "head.last_layer2.weight_v"):
            names[prefix + layer] = torch.zeros(2, 2)
    torch.save({"student": student, "teacher": teacher, "epoch": 7}, HERE / "ibot_training.pth")


def deit():
    network = vit(5, VisionTransformerDistilled, num_classes=6)

    def positions(image):
        size = image.shape[2] // PATCH, image.shape[3] // PATCH
        return resample_abs_pos_embed(network.pos_embed, new_size=size, num_prefix_tokens=2)

    record("deit_distilled", 5, lambda image: run_timm(network, image, positions(image)))
    torch.save({"model": clone(network.state_dict())}, HERE / "deit_distilled.pth")


def timm_supervised():
    network = vit(6, num_classes=5)
    record("timm_supervised", 6, lambda image: run_timm(network, image))
    save_file(clone(network.state_dict()), HERE / "timm_supervised.safetensors")


def dinov2():
    network = vit(7, init_values=1.0)
    positions = learnt(network, offset=0.1)
    record("dinov2", 7, lambda image: run_timm(network, image, positions(image)))
    state = dict(clone(network.state_dict()), mask_token=torch.zeros(1, DIM))
    torch.save(state, HERE / "dinov2.pth")
    # As FSDP's training leaves it: blocks in chunks, below the teacher, with both heads.
    chunked = {}
    for name, value in state.items():
        parts = name.split(".")
        if parts[0] == "blocks":
            name = ".".join(["blocks", "0" if parts[1] == "0" else "1"] + parts[1:])
        chunked["backbone." + name] = value
    chunked["dino_head.mlp.0.weight"] = chunked["ibot_head.last_layer.weight_v"] = torch.zeros(2, 2)
    torch.save({"teacher": chunked}, HERE / "dinov2_chunked.pth")


def dinov2_registers():
    """With the SwiGLU of the giant. The official file adds the position of [CLS] when it runs, timm beforehand."""
    network = vit(8, init_values=1.0, reg_tokens=3, no_embed_class=True, mlp_layer=SwiGLUPacked,
                  mlp_ratio=2 * HIDDEN / DIM, act_layer=nn.SiLU)
    record("dinov2_registers", 8, lambda image: run_timm(network, image))
    state = clone(network.state_dict())
    save_file(state, HERE / "dinov2_registers_timm.safetensors")
    official = {}
    for name, value in state.items():
        name = name.replace("reg_token", "register_tokens").replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3")
        official[name] = value
    position = torch.full((1, 1, DIM), 0.25)
    official["cls_token"] = official["cls_token"] - position
    official["pos_embed"] = torch.cat([position, official["pos_embed"]], dim=1)
    official["mask_token"] = torch.zeros(1, DIM)
    torch.save(official, HERE / "dinov2_registers.pth")


def dinov3(name, seed, **more):
    network = randomise(Eva(img_size=SIDE * PATCH, patch_size=PATCH, embed_dim=DIM, depth=DEPTH, num_heads=HEADS,
                            mlp_ratio=HIDDEN / DIM, num_classes=0, qkv_fused=True, init_values=1.0,
                            rope_type="dinov3", rope_temperature=100, rope_rotate_half=True,
                            use_rot_pos_emb=True, use_abs_pos_emb=False, num_reg_tokens=4, use_fc_norm=False,
                            dynamic_img_size=True, norm_layer=partial(nn.LayerNorm, eps=1e-5), **more), seed)
    record(name, seed, lambda image: run_timm(network, image))
    state = clone(network.state_dict())
    save_file(state, HERE / f"{name}_timm.safetensors")
    official = {"rope_embed.periods": 100 ** (2 * torch.arange(DIM // HEADS // 4).float() / (DIM // HEADS // 2)),
                "mask_token": torch.zeros(1, DIM)}
    for key, value in state.items():
        if key.endswith("v_bias"):
            continue
        if key.endswith("q_bias"):
            # What the mask leaves out counts for nothing, whatever it is.
            value = torch.cat([value, torch.full((DIM,), 3.0), state[key.replace("q_bias", "v_bias")]])
            mask = torch.cat([torch.ones(DIM), torch.zeros(DIM), torch.ones(DIM)])
            key = key.replace("q_bias", "qkv.bias")
            official[key + "_mask"] = mask
        # timm's SwiGLU calls the layers so; the official one numbers them.
        for old, new in (("reg_token", "storage_tokens"), ("gamma_1", "ls1.gamma"), ("gamma_2", "ls2.gamma"),
                         ("mlp.fc1_g", "mlp.w1"), ("mlp.fc1_x", "mlp.w2")):
            key = key.replace(old, new)
        if more.get("swiglu_mlp"):
            key = key.replace("mlp.fc2", "mlp.w3")
        official[key] = value.clone()
    torch.save(official, HERE / f"{name}.pth")


def hugging_face(name, seed, kind, config, has_config=True, prepare=None, **call):
    """`call`: further arguments of the network, or of an image what they are."""
    config._attn_implementation = "eager"
    network = randomise(kind(config), seed)
    if prepare:
        prepare(network)
    body = getattr(network, "vit", network)

    @torch.no_grad()
    def run(image):
        more = {key: value(image) if callable(value) else value for key, value in call.items()}
        output = body(pixel_values=image, output_attentions=True, **more)
        return output.last_hidden_state[0], [matrix[0] for matrix in output.attentions]

    record(name, seed, run)
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    network.save_pretrained(folder)
    if not has_config:
        (folder / "config.json").unlink()


def transformers_families():
    shape = dict(hidden_size=DIM, num_hidden_layers=DEPTH, num_attention_heads=HEADS, patch_size=PATCH,
                 image_size=SIDE * PATCH)
    resized = dict(interpolate_pos_encoding=True)
    hugging_face("hf_vit", 20, transformers.ViTForImageClassification,
                 transformers.ViTConfig(**shape, intermediate_size=HIDDEN, layer_norm_eps=1e-3), **resized)
    hugging_face("hf_dino", 21, transformers.ViTModel, transformers.ViTConfig(**shape, intermediate_size=HIDDEN),
                 has_config=False, **resized)
    hugging_face("hf_dinov2", 22, transformers.Dinov2Model, transformers.Dinov2Config(**shape, mlp_ratio=2))
    hugging_face("hf_dinov2_registers", 23, transformers.Dinov2WithRegistersModel,
                 transformers.Dinov2WithRegistersConfig(**shape, num_register_tokens=3, use_swiglu_ffn=True, mlp_ratio=2))
    hugging_face("hf_dinov3", 24, transformers.DINOv3ViTModel,
                 transformers.DINOv3ViTConfig(**shape, num_register_tokens=4, intermediate_size=HIDDEN,
                                              use_gated_mlp=True, hidden_act="silu"))
    hugging_face("hf_dinov3_plain", 25, transformers.DINOv3ViTModel,
                 transformers.DINOv3ViTConfig(**shape, num_register_tokens=4, intermediate_size=HIDDEN))


def transformers_mae():
    """Before training, with its decoder. Nothing is masked, and patches keep their order: they are sorted by noise."""

    def no_cls_position(network):
        network.vit.embeddings.position_embeddings.data[:, 0] = 0

    def in_order(image):
        return torch.arange(image.shape[2] * image.shape[3] // PATCH**2).float()[None]

    hugging_face("hf_mae", 26, transformers.ViTMAEForPreTraining,
                 transformers.ViTMAEConfig(hidden_size=DIM, num_hidden_layers=DEPTH, num_attention_heads=HEADS,
                                           patch_size=PATCH, image_size=SIDE * PATCH, intermediate_size=HIDDEN,
                                           layer_norm_eps=1e-6, mask_ratio=0.0, decoder_hidden_size=16,
                                           decoder_num_hidden_layers=1, decoder_num_attention_heads=2,
                                           decoder_intermediate_size=16),
                 prepare=no_cls_position, noise=in_order, interpolate_pos_encoding=True)


def linear_probe():
    torch.save({"epoch": 100, "state_dict": {"module.linear.weight": torch.ones(10, 128), "module.linear.bias": torch.zeros(10)},
                "best_acc": 77.0}, HERE / "linear_probe.pth")


def main():
    mae()
    moco()
    ibot()
    deit()
    timm_supervised()
    dinov2()
    dinov2_registers()
    dinov3("dinov3", 9, qkv_bias=True)
    dinov3("dinov3_swiglu", 10, qkv_bias=False, swiglu_mlp=True, swiglu_align_to=8)
    transformers_families()
    transformers_mae()
    linear_probe()
    save_file(expected, HERE / "expected.safetensors")


if __name__ == "__main__":
    main()
