#!/usr/bin/env python3
"""Golden values for Vision Transformers of the sizes that people use, from timm (needs numpy, torch, timm, safetensors).
Writes vit_sizes.safetensors beside this script. Positions are on their native grid, where timm does all the work.

Weights and image are a formula, so that they need not be kept: value i of a tensor is
mean + sqrt(12) deviation 2^-32 (mix(mix(i) + start(name)) - 2^31), uniform, all of it in double and then rounded to
float; mix() is "lowbias32" of Chris Wellons, start() the polynomial of a name's bytes at 31, both modulo 2^32.
The deviations (see deviation() below) keep what a layer gives at the size of what it is given, with attention that is
not uniform, and tokens small enough before the first block that the epsilon of its norm shows. Rounding then stays
rounding: in float32 timm differs from itself in double, which is what is kept, by some 1e-6.

  <size>.attention   float32 [heads, tokens], what [CLS] looks at in the last layer
  <size>.feature     float32 [dim], [CLS] after the last norm
  formula            float32 [64], the formula itself: that of a tensor of this name around 1 with deviation 0.1
"""
import functools
import math
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from timm.models.vision_transformer import VisionTransformer

# Patch, side of the image, dim, depth, heads.
SIZES = {"tiny": (16, 224, 192, 12, 3), "small": (8, 112, 384, 12, 6), "base": (16, 112, 768, 12, 12),
         "large": (16, 112, 1024, 24, 16)}


def mix(x):
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7feb352d)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846ca68b)
    return x ^ (x >> np.uint32(16))


def formula(name, shape, mean, deviation):
    start = functools.reduce(lambda sum, byte: (31 * sum + byte) % (1 << 32), name.encode(), 0)
    drawn = mix(mix(np.arange(math.prod(shape), dtype=np.uint32)) + np.uint32(start))
    values = mean + math.sqrt(12) * deviation * 2.0 ** -32 * (drawn.astype(np.float64) - 2.0 ** 31)
    return torch.from_numpy(values.astype(np.float32)).view(shape)


def deviation(name, shape):
    if name in ("cls_token", "pos_embed", "patch_embed.proj.bias"):
        return 0.02
    if name.endswith("bias") or len(shape) == 1:
        return 0.1
    fan_in = math.prod(shape[1:])
    factor = 0.02 if name.startswith("patch_embed") else 1.5 if "qkv" in name else 1.0
    return factor / math.sqrt(fan_in)


def make_network(patch, side, dim, depth, heads):
    network = VisionTransformer(img_size=side, patch_size=patch, embed_dim=dim, depth=depth, num_heads=heads,
                                num_classes=0, norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6))
    for name, parameter in network.named_parameters():
        mean = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        parameter.data = formula(name, tuple(parameter.shape), mean, deviation(name, parameter.shape))
    for block in network.blocks:
        block.attn.fused_attn = False  # the matrix of probabilities is asked for
    return network.eval()


@torch.no_grad()
def run(network, image):
    matrices = []
    hook = network.blocks[-1].attn.attn_drop.register_forward_hook(
        lambda _module, _inputs, output: matrices.append(output))
    tokens = network.forward_features(image)
    hook.remove()
    return {"attention": matrices[0][0, :, 0], "feature": tokens[0, 0]}


def main():
    tensors = {"formula": formula("formula", (64,), 1.0, 0.1)}
    for size, (patch, side, *shape) in SIZES.items():
        network = make_network(patch, side, *shape)
        image = formula("image", (1, 3, side, side), 0.0, 1.0)
        rounded = run(network, image)
        for name, values in run(network.double(), image.double()).items():
            error = (rounded[name] - values).abs().max() / values.abs().max()
            print(f"{size}: {name} {list(values.shape)}, largest {values.abs().max():.4f}, off by {error:.1e} in float32")
            tensors[f"{size}.{name}"] = values.float().contiguous()
    save_file(tensors, pathlib.Path(__file__).with_name("vit_sizes.safetensors"))


if __name__ == "__main__":
    main()
