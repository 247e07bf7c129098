#!/usr/bin/env python3
"""Golden values for what the method is compared with, written out in PyTorch in double precision (needs torch, timm,
numpy, safetensors, ../vit/vit.safetensors and the views in ssl.safetensors). Writes ablations.safetensors beside this
script.

  predictor.head|headbn.*  the head of a student with a predictor: weights, input, output, gradients (and batch norm)
  predictor.*              three steps of such a student and a teacher without: losses, gradients of the first, and
                           parameters and centre after the last
  supervised.*             three steps of the baseline with labels: the same
"""
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from make_ssl import DIM, Head, Network, paired_loss

HERE = pathlib.Path(__file__).parent
OUT = {}
# What objective_test.cpp has as well.
IMAGES, CROPS, CLASSES = 3, 5, 4
RATES, DECAYS, MOMENTA = [0.02, 0.01, 0.005], [0.04, 0.1, 0.2], [0.9, 0.95, 0.99]
TEMPERATURE, CLIP = 0.05, 0.3
LABELS = [[2, 0, 3], [1, 1, 0], [3, 2, 0]]
KEPT_GRADIENTS = ("head.", "backbone.blocks.1.", "backbone.cls_token", "backbone.norm.")
KEPT = ["backbone.blocks.1.mlp.fc1.weight", "backbone.cls_token"]


class PredictorHead(Head):
    """A network more between the projection and the unit sphere (Grill et al. 2020, figure 2), of two layers."""

    def __init__(self, dim, hidden, bottleneck, out, batch_norm=False):
        super().__init__(dim, hidden, bottleneck, out, batch_norm)
        first, last = torch.nn.Linear(bottleneck, hidden), torch.nn.Linear(hidden, bottleneck)
        norm = [torch.nn.BatchNorm1d(hidden)] if batch_norm else []
        self.predictor = torch.nn.Sequential(first, *norm, torch.nn.GELU(), last)

    def forward(self, x):
        prediction = self.predictor(self.mlp(x))
        unit = prediction / prediction.norm(dim=-1, keepdim=True)
        return unit @ (self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True)).T


def heads():
    for key, batch_norm in [("predictor.head", False), ("predictor.headbn", True)]:
        torch.manual_seed(21)
        head = PredictorHead(12, 20, 8, 15, batch_norm)
        x = torch.randn(6, 12, requires_grad=True)
        direction = torch.randn(6, 15) / 10
        for name, value in head.named():
            OUT[f"{key}.weights.{name}"] = value.detach().clone()
        out = head(x)
        (out * direction).sum().backward()
        OUT[f"{key}.input"], OUT[f"{key}.output"], OUT[f"{key}.direction"] = x.detach(), out.detach(), direction
        OUT[f"{key}.gradient.input"] = x.grad
        for name, value in head.named():
            if value.grad is not None:
                OUT[f"{key}.gradient.{name}"] = value.grad


def backbone_weights():
    weights = load_file(HERE.parent / "vit" / "vit.safetensors")
    return {k[8:]: v.double() for k, v in weights.items() if k.startswith("weights.")}


def views(step):
    inputs = load_file(HERE / "ssl.safetensors")
    return [inputs[f"train.{step}.{kind}"].double() for kind in ["globals", "locals"]]


def sgd_step(named, momenta, step, frozen):
    """Clips each gradient alone, then momentum 0.9; biases and what has one dimension do not decay."""
    for name, value in named:
        if value.grad is None or (frozen and "last_layer" in name):
            continue
        change = value.grad * min(1, CLIP / (value.grad.norm() + 1e-6))
        if value.ndim > 1:
            change = change + DECAYS[step] * value.data
        momenta[name] = momenta.get(name, 0) * 0.9 + change
        value.data -= RATES[step] * momenta[name]


def keep_start(key, student):
    for name, value in student:
        if name.startswith("head."):
            OUT[f"{key}.start.{name}"] = value.detach().clone()


def keep_gradients(key, student):
    for name, value in student:
        if value.grad is not None and name.startswith(KEPT_GRADIENTS):
            OUT[f"{key}.gradient.{name}"] = value.grad.clone()


def keep_end(key, losses, networks, names):
    OUT[f"{key}.losses"] = torch.tensor(losses)
    for kind, named in networks.items():
        found = dict(named)
        for name in KEPT + names:
            if name in found:
                OUT[f"{key}.{kind}.{name}"] = found[name].detach().clone()


def predictor():
    torch.manual_seed(22)
    student, teacher = Network(backbone_weights()), Network(backbone_weights())
    student.head = PredictorHead(DIM, 48, 16, 24)
    teacher.head = Head(DIM, 48, 16, 24)
    shared = {k: v for k, v in student.head.state_dict().items() if not k.startswith("predictor.")}
    teacher.head.load_state_dict(shared)
    keep_start("predictor", student.named())
    momenta, centre, losses = {}, torch.zeros(1, 24), []
    for step in range(3):
        globals_, locals_ = views(step)
        with torch.no_grad():
            targets = teacher([globals_])
        q = F.softmax((targets - centre) / TEMPERATURE, dim=-1)
        loss = paired_loss(student([globals_, locals_]), q.chunk(2), CROPS, 0.1)
        student.zero_grad()
        loss.backward()
        if step == 0:
            keep_gradients("predictor", student.named())
        sgd_step(student.named(), momenta, step, frozen=step == 0)
        followed = dict(student.named())
        for name, value in teacher.named():  # the predictor has nobody who follows it
            value.data = MOMENTA[step] * value.data + (1 - MOMENTA[step]) * followed[name].data
        centre = centre * 0.9 + targets.mean(0, keepdim=True) * 0.1
        losses.append(loss.item())
    OUT["predictor.centre"] = centre
    keep_end("predictor", losses, {"student": student.named(), "teacher": teacher.named()},
             ["head.mlp.0.weight", "head.predictor.0.weight", "head.predictor.2.bias", "head.last_layer.weight_v"])


def supervised():
    """-log of the softmax at the label, its mean over the images, of the first global view alone."""
    torch.manual_seed(23)
    network = Network(backbone_weights())
    weight = torch.nn.Parameter(torch.randn(CLASSES, DIM) * 0.3)
    bias = torch.nn.Parameter(torch.randn(CLASSES) * 0.3)
    student = [("backbone." + name, value) for name, value in network.backbone.named_parameters()]
    student += [("head.weight", weight), ("head.bias", bias)]
    keep_start("supervised", student)
    OUT["supervised.labels"] = torch.tensor(LABELS)
    momenta, losses = {}, []
    for step in range(3):
        logits = network.features(views(step)[0][:IMAGES]) @ weight.T + bias
        right = logits[torch.arange(IMAGES), torch.tensor(LABELS[step])]
        loss = (logits.exp().sum(dim=1).log() - right).sum() / IMAGES
        for _, value in student:
            value.grad = None
        loss.backward()
        if step == 0:
            keep_gradients("supervised", student)
        sgd_step(student, momenta, step, frozen=False)
        losses.append(loss.item())
    keep_end("supervised", losses, {"student": student, "teacher": student}, ["head.weight", "head.bias"])


def main():
    torch.set_default_dtype(torch.float64)
    for part in [heads, predictor, supervised]:
        part()
    kept = {k: v.float() if v.is_floating_point() and not k.endswith("losses") else v for k, v in OUT.items()}
    save_file({k: v.contiguous() for k, v in kept.items()}, HERE / "ablations.safetensors")


if __name__ == "__main__":
    main()
