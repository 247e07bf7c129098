#!/usr/bin/env python3
"""Golden values for ResNet-50 by torchvision (needs torch, torchvision, safetensors). Writes resnet.safetensors beside
this script. The weights are a formula, so that they need not be kept: value i of a convolution is
sqrt(24 / fan_out) * (u / 2^32 - 1/2) with u = (2654435761 i^2 + 40503 h i + h) mod 2^32 and h the sum of
(position + 1) * byte over its name; norms stay as made. Whole numbers are the same on every processor, and a square
keeps rows of a matrix apart (those of sin(a i + h) lie in a plane, and batch norm then divides by next to nothing).
All in double: a batch norm over few numbers makes much of float's rounding.

  images, features   two groups of views and their pooled features, batch norm in training
  direction          what the features are multiplied with for the gradients
  gradient.*         gradients of a few parameters
  mean.*             a running mean after both groups
  seen.*             an image, its last map and features by the running statistics of then
"""
import math
import pathlib

import torch
import torchvision
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent


def fill(name, weight):
    fan_out = weight.shape[0] * weight.shape[2] * weight.shape[3]
    start = sum((i + 1) * byte for i, byte in enumerate(name.encode()))
    i = torch.arange(weight.numel())
    drawn = (i * i * 2654435761 + i * (40503 * start) + start) % (1 << 32)
    values = math.sqrt(24 / fan_out) * (drawn.double() / (1 << 32) - 0.5)
    weight.data.copy_(values.view_as(weight))


def main():
    torch.manual_seed(1)
    network = torchvision.models.resnet50()
    network.fc = torch.nn.Identity()
    network.double()
    for name, weight in network.named_parameters():
        if weight.ndim == 4:
            fill(name, weight)
    groups = [torch.randn(3, 3, 64, 64).double(), torch.randn(4, 3, 32, 32).double()]
    features = torch.cat([network(group) for group in groups])
    direction = torch.randn_like(features)
    (features * direction).sum().backward()
    gradients = dict(network.named_parameters())
    out = {"images0": groups[0].float(), "images1": groups[1].float(), "features": features.detach(), "direction": direction,
           "mean.layer1.0.bn1.running_mean": network.layer1[0].bn1.running_mean}
    for name in ["conv1.weight", "layer2.0.bn3.weight", "layer4.2.bn3.bias"]:
        out["gradient." + name] = gradients[name].grad
    image = torch.randn(1, 3, 64, 96)
    maps = []
    network.layer4.register_forward_hook(lambda _module, _inputs, output: maps.append(output.detach()))
    with torch.no_grad():
        out["seen.features"] = network.eval()(image.double())
    out["seen.image"], out["seen.map"] = image, maps[0]
    save_file({k: v.contiguous() for k, v in out.items()}, HERE / "resnet.safetensors")


if __name__ == "__main__":
    main()
