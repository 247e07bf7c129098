#!/usr/bin/env python3
"""Loads exported weights as other programs do. Exit status 77 where torch, timm or safetensors are not there.

check_export.py timm FILE NETWORK EXPECTED NAME   into a network of timm, every name and shape, and compares its tokens
check_export.py training FILE dict|namespace      as torch.load takes it
"""
import argparse
import sys
from functools import partial

try:
    import torch
    import torch.nn as nn
    from safetensors.torch import load_file
    from timm.layers import SwiGLUPacked
    from timm.models.deit import VisionTransformerDistilled
    from timm.models.eva import Eva
    from timm.models.vision_transformer import VisionTransformer
except ImportError:
    sys.exit(77)

PATCH, SIDE, DIM, DEPTH, HEADS = 4, 4, 32, 2, 2


def network_for(kind, state):
    hidden = state["blocks.0.mlp.fc2.weight"].shape[1]
    shape = dict(img_size=SIDE * PATCH, patch_size=PATCH, embed_dim=DIM, depth=DEPTH, num_heads=HEADS,
                 mlp_ratio=hidden / DIM, num_classes=0)
    if kind == "deit":
        return VisionTransformerDistilled(**{**shape, "num_classes": 6})
    if kind == "dinov2":
        return VisionTransformer(**shape, init_values=1.0)
    if kind == "dinov2_registers":
        return VisionTransformer(**{**shape, "mlp_ratio": 2 * hidden / DIM}, init_values=1.0, reg_tokens=3,
                                 no_embed_class=True, mlp_layer=SwiGLUPacked, act_layer=nn.SiLU)
    if kind.startswith("dinov3"):
        return Eva(**shape, qkv_fused=True, init_values=1.0, rope_type="dinov3", rope_temperature=100,
                   rope_rotate_half=True, use_rot_pos_emb=True, use_abs_pos_emb=False, num_reg_tokens=4,
                   use_fc_norm=False, norm_layer=partial(nn.LayerNorm, eps=1e-5),
                   qkv_bias=kind == "dinov3", **(dict(swiglu_mlp=True, swiglu_align_to=8) if kind == "dinov3_swiglu" else {}))
    return VisionTransformer(**{**shape, "num_classes": 5 if kind == "vit5" else 0})


@torch.no_grad()
def check_timm(file, kind, expected_file, name):
    state = load_file(file)
    network = network_for(kind, state).eval()
    # The second head of a distilled DeiT is no part of what is kept.
    found = network.load_state_dict(state, strict=kind != "deit")
    assert not found.unexpected_keys and all(key.startswith("head_dist.") for key in found.missing_keys), found
    expected = load_file(expected_file)
    tokens = network.forward_features(expected[f"{name}.16x16.image"])[0]
    off = (tokens - expected[f"{name}.16x16.tokens"]).abs().max().item()
    assert off < 1e-4, f"the tokens are off by {off}"


def check_training(file, kind):
    checkpoint = torch.load(file, map_location="cpu", weights_only=kind == "dict")
    assert isinstance(checkpoint["args"], dict if kind == "dict" else argparse.Namespace)
    arguments = checkpoint["args"] if kind == "dict" else vars(checkpoint["args"])
    assert arguments["arch"] == "vit_small", arguments
    assert set(checkpoint) >= {"student", "teacher", "optimizer", "epoch", "dino_loss"}, list(checkpoint)
    assert all(torch.isfinite(value).all() for value in checkpoint["teacher"].values())


if __name__ == "__main__":
    {"timm": check_timm, "training": check_training}[sys.argv[1]](*sys.argv[2:])
