#!/usr/bin/env python3
"""Golden values for the Vision Transformer, from timm (needs torch, timm, safetensors).

A small network with weights large enough that attention is far from uniform. On its native grid timm does all the
work; off that grid positions follow the rule of facebookresearch/dino: bicubic (a = -0.75) at the scale
(n + 0.1) / side, not antialiased. Writes vit.safetensors beside this script:

  weights.<name>           the state dict
  <H>x<W>.image            float32 [1, 3, H, W]
  <H>x<W>.tokens           float32 [tokens, dim], after the last norm
  <H>x<W>.layer<i>         float32 [heads, tokens, tokens], the whole matrix of probabilities of layer i
"""
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from timm.models.vision_transformer import VisionTransformer

SIDE, PATCH, DIM, DEPTH, HEADS = 4, 8, 32, 3, 2


def make_network():
    torch.manual_seed(7)
    network = VisionTransformer(img_size=SIDE * PATCH, patch_size=PATCH, embed_dim=DIM, depth=DEPTH,
                                num_heads=HEADS, num_classes=0, dynamic_img_size=True)
    for name, parameter in network.named_parameters():
        if "norm" in name and name.endswith("weight"):
            torch.nn.init.normal_(parameter, 1.0, 0.2)
        elif "qkv.weight" in name:
            torch.nn.init.normal_(parameter, 0.0, 0.35)
        else:
            torch.nn.init.normal_(parameter, 0.0, 0.15)
    for block in network.blocks:
        block.attn.fused_attn = False
    return network.eval()


def positions(network, rows, columns):
    learnt = network.pos_embed
    if rows == SIDE and columns == SIDE:
        return learnt
    grid = learnt[:, 1:].reshape(1, SIDE, SIDE, DIM).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, scale_factor=((rows + 0.1) / SIDE, (columns + 0.1) / SIDE), mode="bicubic")
    assert grid.shape[-2:] == (rows, columns)
    return torch.cat([learnt[:, :1], grid.permute(0, 2, 3, 1).reshape(1, rows * columns, DIM)], dim=1)


@torch.no_grad()
def run(network, image):
    matrices = []
    hooks = [block.attn.attn_drop.register_forward_hook(lambda _module, _inputs, output: matrices.append(output))
             for block in network.blocks]
    rows, columns = image.shape[2] // PATCH, image.shape[3] // PATCH
    patches = network.patch_embed.proj(image).flatten(2).transpose(1, 2)
    x = torch.cat([network.cls_token, patches], dim=1) + positions(network, rows, columns)
    for block in network.blocks:
        x = block(x)
    x = network.norm(x)
    for hook in hooks:
        hook.remove()
    return x[0], [matrix[0] for matrix in matrices]


def main():
    network = make_network()
    tensors = {"weights." + name: value.clone() for name, value in network.state_dict().items()}
    for height, width in [(32, 32), (48, 40), (24, 64), (8, 8), (72, 16)]:
        image = torch.randn(1, 3, height, width)
        tokens, matrices = run(network, image)
        if (height, width) == (32, 32):
            assert torch.allclose(tokens, network.forward_features(image)[0], atol=1e-6)
        key = f"{height}x{width}."
        tensors[key + "image"] = image
        tensors[key + "tokens"] = tokens.contiguous()
        for layer, matrix in enumerate(matrices):
            tensors[f"{key}layer{layer}"] = matrix.contiguous()
    save_file(tensors, pathlib.Path(__file__).with_name("vit.safetensors"))


if __name__ == "__main__":
    main()
