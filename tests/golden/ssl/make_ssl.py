#!/usr/bin/env python3
"""Golden values for self-distillation, the formulas of the DINO paper written out in PyTorch (needs torch, timm,
numpy, safetensors and ../vit/vit.safetensors). Writes ssl.safetensors beside this script.

  schedule.*      cosine schedules and the teacher's temperature
  head.*          a projection head: weights, input, output, gradients (and one with batch norm)
  loss.*          logits, centre, loss, entropy, gradient of the student, the next centre
  adamw|sgd|lars  parameters after each of three steps
  clip.*          gradients clipped one by one
  drop.*          features and gradients of two groups of views with stochastic depth
  train.*         four whole steps of a small network: losses, gradients of the first, parameters after the last
"""
import copy
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from timm.models.vision_transformer import VisionTransformer

HERE = pathlib.Path(__file__).parent
OUT = {}


def cosine(base, final, epochs, per_epoch, warmup_epochs=0, start=0.0):
    warmup = np.linspace(start, base, warmup_epochs * per_epoch)
    steps = np.arange(epochs * per_epoch - len(warmup))
    curve = final + 0.5 * (base - final) * (1 + np.cos(math.pi * steps / len(steps)))
    return torch.from_numpy(np.concatenate([warmup, curve]))


def schedules():
    OUT["schedule.rate"] = cosine(5e-4, 1e-6, 10, 7, 3)
    OUT["schedule.decay"] = cosine(0.04, 0.4, 10, 7)
    OUT["schedule.momentum"] = cosine(0.996, 1.0, 4, 5)
    OUT["schedule.temperature"] = torch.from_numpy(
        np.concatenate([np.linspace(0.04, 0.07, 5), np.ones(4) * 0.07]))


class Head(torch.nn.Module):
    def __init__(self, dim, hidden, bottleneck, out, batch_norm=False):
        super().__init__()
        layers = []
        for i in range(2):
            layers.append(torch.nn.Linear(dim if i == 0 else hidden, hidden))
            if batch_norm:
                layers.append(torch.nn.BatchNorm1d(hidden))
            layers.append(torch.nn.GELU())
        layers.append(torch.nn.Linear(hidden, bottleneck))
        self.mlp = torch.nn.Sequential(*layers)
        self.weight_g = torch.nn.Parameter(torch.ones(out, 1), requires_grad=False)
        self.weight_v = torch.nn.Parameter(torch.randn(out, bottleneck) * 0.3)

    def forward(self, x):
        x = F.normalize(self.mlp(x), dim=-1)
        return x @ (self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True)).T

    def named(self):
        names = {"weight_g": "last_layer.weight_g", "weight_v": "last_layer.weight_v"}
        for name, value in self.state_dict(keep_vars=True).items():
            yield names.get(name, name), value


def heads():
    for key, batch_norm in [("head", False), ("headbn", True)]:
        torch.manual_seed(11)
        head = Head(12, 20, 8, 15, batch_norm)
        x = torch.randn(6, 12, requires_grad=True)
        direction = torch.randn(6, 15)
        for name, value in head.named():
            OUT[f"{key}.weights.{name}"] = value.detach().clone()
        out = head(x)
        (out * direction).sum().backward()
        OUT[f"{key}.input"], OUT[f"{key}.output"], OUT[f"{key}.direction"] = x.detach(), out.detach(), direction
        OUT[f"{key}.gradient.input"] = x.grad
        for name, value in head.named():
            if value.grad is not None:
                OUT[f"{key}.gradient.{name}"] = value.grad


def paired_loss(student, targets, crops, temperature):
    """Equation 3: every view of the student against both targets, but its own."""
    total, pairs = 0.0, 0
    for t, q in enumerate(targets):
        for v, z in enumerate(student.chunk(crops)):
            if v == t:
                continue
            total = total + torch.sum(-q * F.log_softmax(z / temperature, dim=-1), dim=-1).mean()
            pairs += 1
    return total / pairs


def sinkhorn(logits, temperature, iterations=3):
    q = torch.exp((logits / temperature).double() - (logits / temperature).max()).T  # [K, B]
    q /= q.sum()
    for _ in range(iterations):
        q /= q.sum(dim=1, keepdim=True)
        q /= q.shape[0]
        q /= q.sum(dim=0, keepdim=True)
        q /= q.shape[1]
    return (q * q.shape[1]).T.float()


def losses():
    torch.manual_seed(12)
    crops, images, out = 5, 4, 17
    student = torch.randn(crops * images, out, requires_grad=True)
    teacher = torch.randn(2 * images, out) * 2
    centre = torch.randn(1, out) * 0.5
    OUT["loss.student"], OUT["loss.teacher"], OUT["loss.centre"] = student.detach(), teacher, centre
    q = F.softmax((teacher - centre) / 0.05, dim=-1)
    loss = paired_loss(student, q.chunk(2), crops, 0.1)
    loss.backward()
    OUT["loss.value"], OUT["loss.gradient"] = loss.detach(), student.grad.clone()
    OUT["loss.entropy"] = torch.special.entr(q).sum(-1).mean()
    OUT["loss.nextcentre"] = centre * 0.9 + teacher.mean(0, keepdim=True) * 0.1
    student.grad = None
    loss = paired_loss(student, sinkhorn(teacher, 0.05).chunk(2), crops, 0.1)
    loss.backward()
    OUT["loss.sinkhorn.value"], OUT["loss.sinkhorn.gradient"] = loss.detach(), student.grad.clone()
    student.grad = None
    total, pairs = 0.0, 0
    for t, q in enumerate(F.normalize(teacher, dim=-1).chunk(2)):
        for v, z in enumerate(F.normalize(student, dim=-1).chunk(crops)):
            if v != t:
                total, pairs = total + ((z - q) ** 2).sum(-1).mean(), pairs + 1
    (total / pairs).backward()
    OUT["loss.mse.value"], OUT["loss.mse.gradient"] = (total / pairs).detach(), student.grad.clone()


def lars_step(parameters, momenta, rate, decay):
    for name, p in parameters.items():
        change = p.grad
        if p.ndim != 1:
            change = change + decay * p.data
            weight_norm, change_norm = p.data.norm(), change.norm()
            if weight_norm > 0 and change_norm > 0:
                change = change * (0.001 * weight_norm / change_norm)
        momenta[name] = momenta[name] * 0.9 + change
        p.data -= rate * momenta[name]


def optimizers():
    torch.manual_seed(13)
    start = {"a.weight": torch.randn(4, 3), "a.bias": torch.randn(4), "b.weight": torch.randn(1, 2, 2)}
    gradients = [{k: torch.randn_like(v) for k, v in start.items()} for _ in range(3)]
    rates, decays = [1e-2, 2e-2, 5e-3], [0.1, 0.2, 0.3]
    for k, v in start.items():
        OUT["optimizer.start." + k] = v.clone()
        for i in range(3):
            OUT[f"optimizer.gradient{i}.{k}"] = gradients[i][k]
    for kind in ["adamw", "sgd", "lars"]:
        parameters = {k: torch.nn.Parameter(v.clone()) for k, v in start.items()}
        momenta = {k: torch.zeros_like(v) for k, v in start.items()}
        regular = [p for k, p in parameters.items() if not k.endswith("bias")]
        other = [parameters["a.bias"]]
        groups = [{"params": regular}, {"params": other, "weight_decay": 0.0}]
        optimizer = (torch.optim.AdamW(groups) if kind == "adamw" else
                     torch.optim.SGD(groups, lr=0, momentum=0.9) if kind == "sgd" else None)
        for i in range(3):
            for k, p in parameters.items():
                p.grad = gradients[i][k].clone()
            if optimizer is None:
                lars_step(parameters, momenta, rates[i], decays[i])
            else:
                for n, group in enumerate(optimizer.param_groups):
                    group["lr"] = rates[i]
                    group["weight_decay"] = decays[i] if n == 0 else 0.0
                optimizer.step()
            for k, p in parameters.items():
                OUT[f"{kind}.{i}.{k}"] = p.detach().clone()


def clip():
    torch.manual_seed(14)
    for i, size in enumerate([0.1, 1.0, 30.0]):
        gradient = torch.randn(5, 4) * size
        factor = 0.5 / (gradient.norm(2) + 1e-6)
        OUT[f"clip.{i}.before"] = gradient
        OUT[f"clip.{i}.after"] = gradient * factor if factor < 1 else gradient.clone()


SIDE, PATCH, DIM = 4, 8, 32


class Network(torch.nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.backbone = VisionTransformer(img_size=SIDE * PATCH, patch_size=PATCH, embed_dim=DIM, depth=3,
                                          num_heads=2, num_classes=0, dynamic_img_size=True)
        self.backbone.load_state_dict(weights)
        self.head = Head(DIM, 48, 16, 24)

    def features(self, images):
        net = self.backbone
        rows, columns = images.shape[2] // PATCH, images.shape[3] // PATCH
        patches = net.patch_embed.proj(images).flatten(2).transpose(1, 2)
        positions = net.pos_embed
        if (rows, columns) != (SIDE, SIDE):
            grid = positions[:, 1:].reshape(1, SIDE, SIDE, DIM).permute(0, 3, 1, 2)
            grid = F.interpolate(grid, scale_factor=((rows + 0.1) / SIDE, (columns + 0.1) / SIDE), mode="bicubic")
            positions = torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).flatten(1, 2)], dim=1)
        x = torch.cat([net.cls_token.expand(len(images), -1, -1), patches], dim=1) + positions
        for block in net.blocks:
            x = block(x)
        return net.norm(x)[:, 0]

    def forward(self, groups):
        return self.head(torch.cat([self.features(group) for group in groups]))

    def named(self):
        for name, value in self.backbone.named_parameters():
            yield "backbone." + name, value
        for name, value in self.head.named():
            yield "head." + name, value


def train():
    torch.manual_seed(15)
    vit = load_file(HERE.parent / "vit" / "vit.safetensors")
    student = Network({k[8:]: v for k, v in vit.items() if k.startswith("weights.")})
    teacher = copy.deepcopy(student)
    for name, value in student.named():
        if name.startswith("head."):
            OUT["train.start." + name] = value.detach().clone()
    images, steps, local = 3, 4, 3
    groups = [{"params": [p for n, p in student.named() if p.requires_grad and p.ndim > 1]},
              {"params": [p for n, p in student.named() if p.requires_grad and p.ndim == 1], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups)
    rates, decays = cosine(2e-3, 1e-5, steps, 1, 2), cosine(0.04, 0.4, steps, 1)
    momenta = cosine(0.9, 1.0, steps, 1)
    centre = torch.zeros(1, 24)
    values = []
    for step in range(steps):
        globals_ = torch.randn(2 * images, 3, 32, 32)
        locals_ = torch.randn(local * images, 3, 16, 16)
        OUT[f"train.{step}.globals"], OUT[f"train.{step}.locals"] = globals_, locals_
        for n, group in enumerate(optimizer.param_groups):
            group["lr"] = rates[step].item()
            group["weight_decay"] = decays[step].item() if n == 0 else 0.0
        with torch.no_grad():
            targets = teacher([globals_])
        q = F.softmax((targets - centre) / 0.05, dim=-1)
        loss = paired_loss(student([globals_, locals_]), q.chunk(2), 2 + local, 0.1)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            for name, value in student.named():
                if value.grad is not None:
                    OUT["train.gradient." + name] = value.grad.clone()
        for name, value in student.named():
            if value.grad is not None:
                factor = 0.3 / (value.grad.norm(2) + 1e-6)
                if factor < 1:
                    value.grad.mul_(factor)
                if step < 2 and "last_layer" in name:
                    value.grad = None
        optimizer.step()
        with torch.no_grad():
            m = momenta[step].item()
            for (_, s), (_, t) in zip(student.named(), teacher.named()):
                t.mul_(m).add_((1 - m) * s)
            centre = centre * 0.9 + targets.mean(0, keepdim=True) * 0.1
        values.append(loss.item())
    OUT["train.losses"] = torch.tensor(values, dtype=torch.float64)
    OUT["train.centre"] = centre
    for kind, network in [("student", student), ("teacher", teacher)]:
        for name in ["backbone.blocks.1.mlp.fc1.weight", "head.mlp.0.weight", "head.last_layer.weight_v"]:
            OUT[f"train.{kind}.{name}"] = dict(network.named())[name].detach().clone()


MASK = (1 << 64) - 1


def mix(value):
    """SplitMix64's finaliser."""
    value = (value + 0x9e3779b97f4a7c15) & MASK
    value = ((value ^ (value >> 30)) * 0xbf58476d1ce4e5b9) & MASK
    value = ((value ^ (value >> 27)) * 0x94d049bb133111eb) & MASK
    return value ^ (value >> 31)


def drop_path(rate=0.5):
    """Masks of 0 or 1 / keep times each branch; a sample's key is its number plus 7, block b keeps 1 - rate * b / 2."""
    torch.manual_seed(16)
    vit = load_file(HERE.parent / "vit" / "vit.safetensors")
    network = Network({k[8:]: v for k, v in vit.items() if k.startswith("weights.")})
    net = network.backbone
    groups, features, first = [torch.randn(5, 3, 32, 32), torch.randn(6, 3, 16, 16)], [], 0
    for g, images in enumerate(groups):
        OUT[f"drop.group{g}"] = images
        keys = range(first + 7, first + 7 + len(images))
        first += len(images)

        def mask(block, branch):
            keep = 1 - rate * block / 2
            drawn = [(mix(mix(key) ^ (2 * block + branch)) >> 11) + 0.5 for key in keys]
            return torch.tensor([1 / keep if d * 2.0 ** -53 < keep else 0.0 for d in drawn])[:, None, None]

        blocks = list(net.blocks)
        net.blocks = torch.nn.Sequential()
        tokens = []
        norm, net.norm = net.norm, torch.nn.Identity()
        hook = net.norm.register_forward_hook(lambda module, inputs, output: tokens.append(output))
        network.features(images)
        hook.remove()
        net.norm, net.blocks, x = norm, torch.nn.Sequential(*blocks), tokens[0]
        for b, block in enumerate(blocks):
            x = x + mask(b, 0) * block.attn(block.norm1(x))
            x = x + mask(b, 1) * block.mlp(block.norm2(x))
        features.append(norm(x)[:, 0])
    features = torch.cat(features)
    OUT["drop.direction"] = torch.randn_like(features)
    (features * OUT["drop.direction"]).sum().backward()
    OUT["drop.features"] = features.detach()
    for name, value in net.named_parameters():
        if name in ["pos_embed", "cls_token", "norm.weight"] or name.startswith("blocks.2."):
            OUT["drop.gradient." + name] = value.grad


def main():
    for part in [schedules, heads, losses, optimizers, clip, drop_path, train]:
        part()
    save_file({k: v.contiguous() for k, v in OUT.items()}, HERE / "ssl.safetensors")


if __name__ == "__main__":
    main()
