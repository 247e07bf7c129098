#!/usr/bin/env python3
"""Resumes from a training checkpoint as main_dino.py of facebookresearch/dino does: loads it weights-only, student,
teacher, loss and optimizer into modules of PyTorch, every name and shape, and takes a step. Exit status 77 where there
is no torch, or no torchvision for a ResNet-50.

check_checkpoint.py FILE ARCHITECTURE OPTIMIZER STEPS    of a run of one epoch with a frozen last layer, on 32 px
"""
import sys

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    if sys.argv[2] == "resnet50":
        import torchvision
except ImportError:
    sys.exit(77)

SIDE, DIM, DEPTH, HEADS = 32, 192, 12, 3
# What each optimizer remembers of a parameter.
STATES = {"adamw": {"step", "exp_avg", "exp_avg_sq"}, "sgd": {"momentum_buffer"}, "lars": {"mu"}}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(DIM, eps=1e-6)
        self.attn = nn.ModuleDict({"qkv": nn.Linear(DIM, 3 * DIM), "proj": nn.Linear(DIM, DIM)})
        self.norm2 = nn.LayerNorm(DIM, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(DIM, 4 * DIM), "fc2": nn.Linear(4 * DIM, DIM)})

    def forward(self, x):
        q, k, v = self.attn["qkv"](self.norm1(x)).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        x = x + self.attn["proj"](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class VisionTransformer(nn.Module):
    def __init__(self, patch):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, DIM))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + (SIDE // patch) ** 2, DIM))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, DIM, patch, patch)})
        self.blocks = nn.Sequential(*[Block() for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(DIM, eps=1e-6)

    def forward(self, images):
        patches = self.patch_embed["proj"](images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(images), -1, -1), patches], dim=1) + self.pos_embed
        return self.norm(self.blocks(x))[:, 0]


class Head(nn.Module):
    """DINOHead with its own numbers: three layers of 2048, a bottleneck of 256."""

    def __init__(self, dim, out, batch_norm, norm_last_layer=True):
        super().__init__()
        layers = []
        for width in [dim, 2048]:
            layers += [nn.Linear(width, 2048), *([nn.BatchNorm1d(2048)] if batch_norm else []), nn.GELU()]
        self.mlp = nn.Sequential(*layers, nn.Linear(2048, 256))
        self.last_layer = nn.utils.weight_norm(nn.Linear(256, out, bias=False))
        self.last_layer.weight_g.data.fill_(1)
        self.last_layer.weight_g.requires_grad = not norm_last_layer

    def forward(self, x):
        return self.last_layer(F.normalize(self.mlp(x), dim=-1))


class Network(nn.Module):
    """MultiCropWrapper."""

    def __init__(self, arguments, **head):
        super().__init__()
        if arguments["arch"] == "resnet50":
            self.backbone = torchvision.models.resnet50()
            self.backbone.fc = nn.Identity()
        else:
            self.backbone = VisionTransformer(arguments["patch_size"])
        dim = 2048 if arguments["arch"] == "resnet50" else DIM
        self.head = Head(dim, arguments["out_dim"], arguments["use_bn_in_head"], **head)

    def forward(self, images):
        return self.head(self.backbone(images))


class Wrapped(nn.Module):
    """DistributedDataParallel, as far as names go."""

    def __init__(self, module):
        super().__init__()
        self.module = module


class Loss(nn.Module):
    def __init__(self, out):
        super().__init__()
        self.register_buffer("center", torch.zeros(1, out))


class Lars(torch.optim.Optimizer):
    """utils.LARS: You et al. 2017; what has one dimension is neither decayed nor scaled."""

    def __init__(self, groups):
        super().__init__(groups, dict(lr=0, weight_decay=0, momentum=0.9, eta=0.001, weight_decay_filter=None,
                                      lars_adaptation_filter=None))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                change = p.grad
                if p.ndim != 1:
                    change = change + group["weight_decay"] * p
                    change = change * (group["eta"] * p.norm() / change.norm())
                mu = self.state[p]["mu"]
                mu.mul_(group["momentum"]).add_(change)
                p.sub_(group["lr"] * mu)


def make_optimizer(kind, module):
    """utils.get_params_groups."""
    trained = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    plain = [p for name, p in trained if name.endswith(".bias") or p.ndim == 1]
    regularised = [p for name, p in trained if not (name.endswith(".bias") or p.ndim == 1)]
    groups = [{"params": regularised}, {"params": plain, "weight_decay": 0.0}]
    if kind == "adamw":
        return torch.optim.AdamW(groups)
    return torch.optim.SGD(groups, lr=0, momentum=0.9) if kind == "sgd" else Lars(groups)


def check_state(optimizer, kind, student, steps):
    """The state of every parameter is its own: of its shape, and of the last layer, which was frozen, empty."""
    for name, p in student.named_parameters():
        if not p.requires_grad:
            continue
        state = optimizer.state[p]
        assert set(state) == STATES[kind], (name, list(state))
        frozen = "last_layer" in name
        if kind == "adamw":
            taken = state["step"].item()
            assert taken == (0 if frozen else steps), f"{name}: {taken} steps"
        for key in STATES[kind] - {"step"}:
            assert state[key].shape == p.shape and state[key].isfinite().all(), (name, key)
            # A bias can have a gradient of 0: before a batch norm, and of keys.
            assert p.ndim == 1 or frozen != state[key].any().item(), (name, key)
    decays = [group["weight_decay"] for group in optimizer.param_groups]
    assert decays[0] > 0 and decays[1] == 0, decays


def take_step(optimizer, student, teacher, centre):
    torch.manual_seed(1)
    views = torch.randn(2, 4, 3, SIDE, SIDE)
    with torch.no_grad():
        targets = F.softmax((teacher(views[0]) - centre) / 0.04, dim=-1)
    loss = -(targets * F.log_softmax(student(views[1]) / 0.1, dim=-1)).sum(dim=-1).mean()
    assert loss.isfinite(), loss
    loss.backward()
    before = {name: p.detach().clone() for name, p in student.named_parameters()}
    for group in optimizer.param_groups:
        group["lr"] = 0.1
    optimizer.step()
    for name, p in student.named_parameters():
        assert p.isfinite().all(), name
        assert p.ndim == 1 or p.equal(before[name]) != p.requires_grad, name


def main(path, architecture, kind, steps):
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    assert set(checkpoint) >= {"student", "teacher", "optimizer", "epoch", "args", "dino_loss"}, list(checkpoint)
    arguments = checkpoint["args"]
    assert isinstance(arguments, dict)
    assert (arguments["arch"], arguments["optimizer"]) == (architecture, kind), arguments
    assert checkpoint["epoch"] == 1

    student = Wrapped(Network(arguments, norm_last_layer=arguments["norm_last_layer"]))
    teacher = Network(arguments)
    if any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in student.modules()):
        teacher = Wrapped(teacher)  # for the sake of what is synchronised
    loss = Loss(arguments["out_dim"])
    for key, module in {"student": student, "teacher": teacher, "dino_loss": loss}.items():
        module.load_state_dict(checkpoint[key], strict=True)
    # An optimizer's state has numbers for names: they count parameters of the same shape in this order.
    names = [name for name, _ in student.named_parameters()]
    assert [name for name in checkpoint["student"] if name in set(names)] == names

    optimizer = make_optimizer(kind, student)
    optimizer.load_state_dict(checkpoint["optimizer"])
    check_state(optimizer, kind, student, steps)
    take_step(optimizer, student.module, getattr(teacher, "module", teacher), loss.center)


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
